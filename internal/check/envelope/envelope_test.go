package envelope

import (
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
	"postern/internal/session"
)

// quietOnClean gives one case a symbol in which the clean mail must not show
// it, for all symbols of a check but those named.
func quietOnClean(c check.Check, except ...string) []checktest.Case {
	var cases []checktest.Case
next:
	for _, s := range c.Info().Symbols {
		for _, e := range except {
			if e == s.Name {
				continue next
			}
		}
		cases = append(cases, checktest.Case{Name: "clean mail", Symbol: s.Name})
	}
	return cases
}

// sentBy changes the envelope sender.
func sentBy(local, domain string) func(*session.Session) {
	return func(s *session.Session) { s.Sender = addr.Address{Local: local, Domain: domain} }
}

// sentTo changes the envelope recipients.
func sentTo(addresses ...string) func(*session.Session) {
	return func(s *session.Session) {
		s.Recipients = nil
		for _, a := range addresses {
			local, domain, _ := strings.Cut(a, "@")
			s.Recipients = append(s.Recipients, session.Recipient{Address: addr.Address{Local: local, Domain: domain}})
		}
	}
}

// shownTo is the clean mail with another To field.
func shownTo(to string) string {
	return strings.Replace(checktest.Clean, "Bob Example <bob@example.net>", to, 1)
}

// shownFrom is the clean mail with another From field.
func shownFrom(from string) string {
	return strings.Replace(checktest.Clean, "Alice Example <alice@example.com>", from, 1)
}

func TestSender(t *testing.T) {
	unknown := func(s *session.Session) { s.HasSender = false; s.Sender = addr.Address{} }
	checktest.Run(t, Sender(), append(quietOnClean(Sender()), []checktest.Case{
		{Name: "no domain", Symbol: "ENVFROM_INVALID", Fires: true, Session: sentBy("alice", "")},
		{Name: "blank in domain", Symbol: "ENVFROM_INVALID", Fires: true, Session: sentBy("alice", "exam ple.com")},
		{Name: "two dots", Symbol: "ENVFROM_INVALID", Fires: true, Session: sentBy("alice", "example..com")},
		{Name: "long label", Symbol: "ENVFROM_INVALID", Fires: true, Session: sentBy("a", strings.Repeat("a", 64)+".com")},
		{Name: "literal", Symbol: "ENVFROM_INVALID", Session: sentBy("alice", "[192.0.2.1]")},
		{Name: "null sender", Symbol: "ENVFROM_INVALID", Session: sentBy("", "")},
		{Name: "one label", Symbol: "HFILTER_FROMHOST_NOT_FQDN", Fires: true, Session: sentBy("root", "localhost")},
		{Name: "literal", Symbol: "HFILTER_FROMHOST_NOT_FQDN", Session: sentBy("root", "[192.0.2.1]")},
		{Name: "null sender", Symbol: "HFILTER_FROM_BOUNCE", Fires: true, Session: sentBy("", "")},
		{Name: "not known", Symbol: "HFILTER_FROM_BOUNCE", Session: unknown},
		{Name: "Gmail", Symbol: "FREEMAIL_ENVFROM", Fires: true, Session: sentBy("alice", "gmail.com")},
		{Name: "apache", Symbol: "ENVFROM_SERVICE_ACCT", Fires: true, Session: sentBy("Apache", "example.com")},
		{Name: "tag", Symbol: "TAGGED_FROM", Fires: true, Session: sentBy("alice+shop", "example.com"), Evidence: "shop"},
	}...))
}

func TestRecipients(t *testing.T) {
	checktest.Run(t, Recipients(), append(quietOnClean(Recipients(), "TO_MATCH_ENVRCPT_ALL"), []checktest.Case{
		{Name: "others", Symbol: "FORGED_RECIPIENTS", Fires: true, Session: sentTo("carol@example.org"), Evidence: "carol@example.org"},
		{Name: "nobody named", Symbol: "FORGED_RECIPIENTS", Fires: true, Message: shownTo("undisclosed-recipients:;")},
		{Name: "no recipient known", Symbol: "FORGED_RECIPIENTS", Session: sentTo()},
		{Name: "all", Symbol: "TO_MATCH_ENVRCPT_ALL", Fires: true},
		{Name: "tagged", Symbol: "TO_MATCH_ENVRCPT_ALL", Fires: true, Session: sentTo("bob+list@example.net")},
		{Name: "others", Symbol: "TO_MATCH_ENVRCPT_ALL", Session: sentTo("carol@example.org")},
		{Name: "one of two", Symbol: "TO_MATCH_ENVRCPT_SOME", Fires: true, Session: sentTo("bob@example.net", "carol@example.net")},
		{Name: "report to two", Symbol: "HFILTER_RCPT_BOUNCEMOREONE", Fires: true, Session: func(s *session.Session) {
			sentBy("", "")(s)
			sentTo("a@example.net", "b@example.net")(s)
		}},
		{Name: "report to one", Symbol: "HFILTER_RCPT_BOUNCEMOREONE", Session: sentBy("", "")},
		{Name: "GMX", Symbol: "FREEMAIL_ENVRCPT", Fires: true, Session: sentTo("bob@gmx.de")},
		{Name: "tag", Symbol: "TAGGED_RCPT", Fires: true, Session: sentTo("bob+shop@example.net"), Evidence: "shop"},
	}...))
}

// TestAliasOfTheDomain shows that a recipient in a domain that To names
// weighs less than one that nothing explains.
func TestAliasOfTheDomain(t *testing.T) {
	for name, want := range map[string]float64{"carol@example.net": 0.25, "carol@example.org": 1} {
		s := checktest.Session()
		sentTo(name)(s)
		var r check.Report
		tx := &check.Transaction{Session: s, Now: checktest.Now, Message: parse(checktest.Clean)}
		if err := Recipients().Run(t.Context(), tx, &r); err != nil {
			t.Fatal(err)
		}
		if f := r.Found(); len(f) != 1 || f[0].Weight != want {
			t.Errorf("%s: found %v, want FORGED_RECIPIENTS with weight %v", name, f, want)
		}
	}
}

func TestFrom(t *testing.T) {
	checktest.Run(t, From(), append(quietOnClean(From(), "FROM_EQ_ENVFROM"), []checktest.Case{
		{Name: "same", Symbol: "FROM_EQ_ENVFROM", Fires: true},
		{Name: "other", Symbol: "FROM_EQ_ENVFROM", Session: sentBy("bounce", "example.com")},
		{Name: "other", Symbol: "FROM_NEQ_ENVFROM", Fires: true, Session: sentBy("bounce", "example.com"), Evidence: "bounce@example.com"},
		{Name: "null sender", Symbol: "FROM_NEQ_ENVFROM", Session: sentBy("", "")},
		{Name: "other owner", Symbol: "FORGED_SENDER", Fires: true, Session: sentBy("x", "example.org")},
		{Name: "other host", Symbol: "FORGED_SENDER", Session: sentBy("x", "bounce.example.com")},
		{Name: "Sender explains it", Symbol: "FORGED_SENDER", Session: sentBy("x", "example.org"),
			Message: strings.Replace(checktest.Clean, "Subject:", "Sender: s@example.org\nSubject:", 1)},
		{Name: "VERP", Symbol: "ENVFROM_VERP", Fires: true, Session: sentBy("list-bounces+bob=example.net", "example.org")},
		{Name: "other address", Symbol: "ENVFROM_VERP", Session: sentBy("list-bounces+carol=example.net", "example.org")},
		{Name: "tag first", Symbol: "ENVFROM_PRVS", Fires: true, Session: sentBy("prvs=1234abcdef=alice", "example.com")},
		{Name: "tag last", Symbol: "ENVFROM_PRVS", Fires: true, Session: sentBy("prvs=alice=1234abcdef", "example.com")},
		{Name: "Barracuda", Symbol: "ENVFROM_PRVS", Fires: true, Session: sentBy("btv1==2345abcdefghij==alice", "example.com"),
			Message: shownFrom("alice@example.com")},
		{Name: "of another", Symbol: "ENVFROM_PRVS", Session: sentBy("prvs=1234abcdef=carol", "example.com")},
	}...))
}

func parse(text string) *message.Message {
	return message.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")), message.DefaultLimits())
}
