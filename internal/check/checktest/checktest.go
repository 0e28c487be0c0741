// Package checktest is the test bed of checks: a table of messages in each of
// which a symbol must be found or must not.
package checktest

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
)

// Case is one transaction and what is to be found in it.
type Case struct {
	// Name of the case.
	Name string
	// Symbol that the case is about.
	Symbol string
	// Fires tells whether the symbol must be found, or must not.
	Fires bool
	// Session changes the usual session (see Session); may be nil.
	Session func(s *session.Session)
	// Message is the mail, with LF line ends that become CRLF unless Raw is
	// set; "" stands for Clean. Raw takes the bytes as they are.
	Message string
	Raw     bool
	// Evidence must stand somewhere in the evidence, if not empty.
	Evidence string
}

// Now is the time of every test transaction.
var Now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Clean is an ordinary short mail in which nothing is wrong.
const Clean = `Received: from mail.example.com (mail.example.com [192.0.2.1])
	by mx.example.net (Postfix) with ESMTPS id 4A1B2C3D4E
	for <bob@example.net>; Mon,  2 Mar 2026 11:59:58 +0000 (UTC)
Date: Mon, 2 Mar 2026 11:59:30 +0000
From: Alice Example <alice@example.com>
To: Bob Example <bob@example.net>
Subject: Minutes of the meeting
Message-ID: <20260302115930.4711@mail.example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Dear Bob,

here are the minutes of our meeting. Please tell me what is missing.

Alice
`

// Session is the usual session: mail.example.com [192.0.2.1] delivers a
// message of alice@example.com to bob@example.net.
func Session() *session.Session {
	return &session.Session{
		Door:    "test",
		Started: Now,
		Client: session.Client{
			IP:   netip.MustParseAddr("192.0.2.1"),
			Name: "mail.example.com", ReverseName: "mail.example.com", NameKnown: true,
		},
		HELO:       "mail.example.com",
		HasSender:  true,
		Sender:     addr.Address{Local: "alice", Domain: "example.com"},
		Recipients: []session.Recipient{{Address: addr.Address{Local: "bob", Domain: "example.net"}}},
		MTAName:    "mx.example.net",
	}
}

// Run runs the check on every case, and demands that every symbol the check
// declares has a case in which it fires and one in which it does not.
func Run(t *testing.T, c check.Check, cases []Case) {
	t.Helper()
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, tc := range cases {
		if tc.Fires {
			fires[tc.Symbol] = true
		} else {
			quiet[tc.Symbol] = true
		}
		t.Run(tc.Symbol+"/"+tc.Name, func(t *testing.T) { tc.run(t, c) })
	}
	for _, s := range c.Info().Symbols {
		if !fires[s.Name] || !quiet[s.Name] {
			t.Errorf("%s: needs a case in which it fires (has: %v) and one in which it must not (has: %v)",
				s.Name, fires[s.Name], quiet[s.Name])
		}
		if s.Description == "" || s.Group == "" {
			t.Errorf("%s: needs a group and a description", s.Name)
		}
	}
}

func (tc Case) run(t *testing.T, c check.Check) {
	found := Find(t, c, tc.transaction())
	for _, f := range found {
		if !declared(c, f.Symbol) {
			t.Errorf("reports %s, which it does not declare", f.Symbol)
		}
	}
	i := slices.IndexFunc(found, func(f check.Found) bool { return f.Symbol == tc.Symbol })
	switch {
	case tc.Fires && i < 0:
		t.Errorf("%s not found; found %v", tc.Symbol, found)
	case !tc.Fires && i >= 0:
		t.Errorf("%s found with evidence %q", tc.Symbol, found[i].Evidence)
	case tc.Fires && !strings.Contains(strings.Join(found[i].Evidence, "\n"), tc.Evidence):
		t.Errorf("%s: evidence %q does not contain %q", tc.Symbol, found[i].Evidence, tc.Evidence)
	}
}

// Find runs a check on a transaction and gives what it found.
func Find(t *testing.T, c check.Check, tx *check.Transaction) []check.Found {
	t.Helper()
	var r check.Report
	if err := c.Run(t.Context(), tx, &r); err != nil {
		t.Fatalf("check %s: %v", c.Info().Name, err)
	}
	return r.Found()
}

func (tc Case) transaction() *check.Transaction {
	s := Session()
	if tc.Session != nil {
		tc.Session(s)
	}
	text := tc.Message
	if text == "" {
		text = Clean
	}
	if !tc.Raw {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	tx := &check.Transaction{Session: s, Now: Now, Message: message.Parse([]byte(text), message.DefaultLimits())}
	if len(s.Recipients) > 0 {
		tx.Recipient = &s.Recipients[0]
	}
	return tx
}

func declared(c check.Check, symbol string) bool {
	for _, s := range c.Info().Symbols {
		if s.Name == symbol {
			return true
		}
	}
	return false
}
