package envelope

import (
	"net/netip"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/session"
	"postern/internal/verdict"
)

// own is the options of a host that sends for example.org.
var own = DomainOptions{Own: []string{"Example.ORG"}, Outside: []string{"198.51.100.0/24"}}

// sentBy makes the envelope sender, and changes the session further.
func sentOf(local, domain string, change func(s *session.Session)) func(s *session.Session) {
	return func(s *session.Session) {
		s.HasSender, s.Sender = true, addr.Address{Local: local, Domain: domain}
		if change != nil {
			change(s)
		}
	}
}

func TestOwnSender(t *testing.T) {
	checktest.Run(t, OwnSender(own), []checktest.Case{
		{Name: "stranger", Symbol: "FORGED_OWN_SENDER", Fires: true, Session: sentOf("ceo", "example.org", nil), Evidence: "ceo@example.org"},
		{Name: "subdomain", Symbol: "FORGED_OWN_SENDER", Fires: true, Session: sentOf("ceo", "mail.Example.org", nil)},
		{Name: "other domain", Symbol: "FORGED_OWN_SENDER"},
		{Name: "domain that only ends alike", Symbol: "FORGED_OWN_SENDER", Session: sentOf("ceo", "notexample.org", nil)},
		{Name: "bounce", Symbol: "FORGED_OWN_SENDER", Session: sentOf("", "", nil)},
		{Name: "logged in", Symbol: "FORGED_OWN_SENDER", Session: sentOf("ceo", "example.org", func(s *session.Session) { s.User = "ceo" })},
		{Name: "local", Symbol: "FORGED_OWN_SENDER", Session: sentOf("ceo", "example.org", func(s *session.Session) { s.Client.Local = true })},
		{Name: "service of ours", Symbol: "FORGED_OWN_SENDER", Session: sentOf("news", "example.org", func(s *session.Session) {
			s.Client.IP = netip.MustParseAddr("198.51.100.9")
		})},
	})
}

func TestOwnFrom(t *testing.T) {
	from := func(who string) string {
		return strings.Replace(checktest.Clean, "From: Alice Example <alice@example.com>", "From: "+who, 1)
	}
	checktest.Run(t, OwnFrom(own), []checktest.Case{
		{Name: "stranger", Symbol: "FORGED_OWN_FROM", Fires: true, Message: from("The boss <ceo@example.org>"), Evidence: "ceo@example.org"},
		{Name: "second of two", Symbol: "FORGED_OWN_FROM", Fires: true, Message: from("a@example.com, ceo@example.org")},
		{Name: "other domain", Symbol: "FORGED_OWN_FROM"},
		{Name: "in the name only", Symbol: "FORGED_OWN_FROM", Message: from(`"ceo@example.org" <a@example.com>`)},
		{Name: "logged in", Symbol: "FORGED_OWN_FROM", Message: from("ceo@example.org"), Session: func(s *session.Session) { s.User = "ceo" }},
	})
}

// TestOwnRefused wants the mail refused where the options say so, and a check
// without domains to do nothing.
func TestOwnRefused(t *testing.T) {
	strict := own
	strict.Refuse = []string{"sender"}
	s := checktest.Session()
	sentOf("ceo", "example.org", nil)(s)
	found := checktest.Find(t, OwnSender(strict), &check.Transaction{Session: s, Now: checktest.Now})
	if len(found) != 1 || found[0].Decision == nil || found[0].Decision.Action != verdict.Reject || found[0].Decision.Reply.Code != 550 {
		t.Errorf("found %+v, want a refusal", found)
	}
	if found := checktest.Find(t, OwnSender(DomainOptions{}), &check.Transaction{Session: s, Now: checktest.Now}); len(found) != 0 {
		t.Errorf("without domains: %+v", found)
	}
}

func TestDomainOptions(t *testing.T) {
	bad := DomainOptions{Own: []string{"a b"}, Addresses: []string{"here"}, Outside: []string{"1.2.3.4/99"}, Refuse: []string{"everything"}}
	err := bad.Validate()
	for _, want := range []string{"own[0]", "addresses[0]", "outside", "refuse[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
	if err := own.Validate(); err != nil {
		t.Error(err)
	}
}
