package content

import (
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
	"postern/internal/session"
)

// FuzzHeaderChecks runs the checks on the header on anything: they must come
// to an end, and report nothing but what they declare.
func FuzzHeaderChecks(f *testing.F) {
	for _, seed := range []string{
		checktest.Clean, "", "\n\n", "From:\nTo:\nSubject:\nDate:\nMessage-ID:\nReply-To:\n\n",
		mailWith("From: \"a@b.example\u200b\" <@>", "Reply-To: <>, x@", "Message-ID: <@>"),
		mailWith("Subject: =?utf-8?Q?=00?= w w w. $ 1 http://", "To: a@b, , ;:", "Disposition-Notification-To: @"),
		mailWith("X-PHP-Originating-Script: 0:/.", "X-Authentication-Warning: :", "List-Id: <", "X-Priority: 9"),
	} {
		f.Add([]byte(seed), "alice", "example.com")
	}
	checks := headerChecks()
	f.Fuzz(func(t *testing.T, raw []byte, local, domain string) {
		s := checktest.Session()
		sentBy(local, domain)(s)
		for _, s := range []*session.Session{s, {}} {
			tx := &check.Transaction{Session: s, Now: checktest.Now, Message: message.Parse(raw, message.DefaultLimits())}
			for _, c := range checks {
				mustDeclare(t, c, checktest.Find(t, c, tx))
			}
		}
	})
}

// mustDeclare demands that a check declares what it found.
func mustDeclare(t *testing.T, c check.Check, found []check.Found) {
	t.Helper()
next:
	for _, f := range found {
		for _, s := range c.Info().Symbols {
			if s.Name == f.Symbol {
				continue next
			}
		}
		t.Errorf("%s reports %q, which it does not declare", c.Info().Name, f.Symbol)
	}
}
