package identity

import (
	"context"
	"net/netip"
	"testing"

	"postern/internal/addr"
	"postern/internal/check/checktest"
	"postern/internal/dns"
	"postern/internal/session"
	"postern/internal/spf"
)

// records is a resolver that knows text records and one address, that of
// bare.example.
type records map[string]string

func (r records) TXT(_ context.Context, name string) ([]string, error) {
	switch text, ok := r[name]; {
	case text == "slow":
		return nil, dns.ErrTemporary
	case ok:
		return []string{text}, nil
	}
	return nil, dns.ErrNotFound
}

func (r records) A(_ context.Context, name string) ([]netip.Addr, error) {
	if name == "bare.example" {
		return []netip.Addr{netip.MustParseAddr("192.0.2.200")}, nil
	}
	return nil, dns.ErrNoData
}

func (records) AAAA(context.Context, string) ([]netip.Addr, error) { return nil, dns.ErrNoData }

func (records) MX(context.Context, string) ([]dns.MX, error) { return nil, dns.ErrNoData }

func (records) PTR(context.Context, netip.Addr) ([]string, error) { return nil, dns.ErrNoData }

func TestSPF(t *testing.T) {
	o := spf.DefaultOptions()
	o.BestGuess = true
	o.TrustedForwarders = []string{"198.51.100.0/24"}
	checker, err := spf.New(o, records{
		"pass.example":     "v=spf1 include:net.example -all",
		"net.example":      "v=spf1 ip4:192.0.2.0/24",
		"fail.example":     "v=spf1 ip4:203.0.113.1 -all exp=why.fail.example",
		"why.fail.example": "not by %{c}",
		"soft.example":     "v=spf1 ~all",
		"neutral.example":  "v=spf1 ip4:203.0.113.1",
		"wrong.example":    "v=spf1 -al",
		"slow.example":     "slow",
		"open.example":     "v=spf1 ALL",
		"half.example":     "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 ip6:2000::/3 -all",
		"bare.example.com": "v=spf1 a:bare.example/0 -all",
		"shut.example":     "v=spf1 -include:open.example",
		"mail.example.com": "v=spf1 -all",
	})
	if err != nil {
		t.Fatal(err)
	}
	from := func(domain string, more ...func(*session.Session)) func(*session.Session) {
		return func(s *session.Session) {
			s.Sender = addr.Address{Local: "a", Domain: domain}
			for _, f := range more {
				f(s)
			}
		}
	}
	at := func(ip string) func(*session.Session) {
		return func(s *session.Session) { s.Client.IP = netip.MustParseAddr(ip) }
	}
	bounce := func(s *session.Session) { s.Sender = addr.Address{} }
	checktest.Run(t, SPF(checker), []checktest.Case{
		{Name: "by an include", Symbol: "R_SPF_ALLOW", Fires: true, Session: from("pass.example"),
			Evidence: "pass.example include:net.example > net.example ip4:192.0.2.0/24"},
		{Name: "another client", Symbol: "R_SPF_ALLOW", Session: from("pass.example", at("203.0.113.1"))},
		{Name: "best guess", Symbol: "R_SPF_ALLOW", Session: from("bare.example")},
		{Name: "everybody", Symbol: "R_SPF_ALLOW", Session: from("open.example")},
		{Name: "-all", Symbol: "R_SPF_FAIL", Fires: true, Session: from("fail.example"), Evidence: "not by 192.0.2.1"},
		{Name: "HELO of a bounce", Symbol: "R_SPF_FAIL", Fires: true, Session: bounce, Evidence: "helo mail.example.com"},
		{Name: "minus before an include", Symbol: "R_SPF_FAIL", Fires: true, Session: from("shut.example")},
		{Name: "HELO of other mail", Symbol: "R_SPF_FAIL", Session: from("pass.example")},
		{Name: "trusted forwarder", Symbol: "R_SPF_FAIL", Session: from("fail.example", at("198.51.100.9"))},
		{Name: "private network", Symbol: "R_SPF_FAIL", Session: from("fail.example", at("10.1.2.3"))},
		{Name: "address not known", Symbol: "R_SPF_FAIL", Session: from("fail.example", func(s *session.Session) { s.Client.IP = netip.Addr{} })},
		{Name: "no MAIL", Symbol: "R_SPF_FAIL", Session: from("fail.example", func(s *session.Session) { s.HasSender = false })},
		{Name: "~all", Symbol: "R_SPF_SOFTFAIL", Fires: true, Session: from("soft.example")},
		{Name: "-all", Symbol: "R_SPF_SOFTFAIL", Session: from("fail.example")},
		{Name: "trusted forwarder", Symbol: "R_SPF_SOFTFAIL", Session: from("soft.example", at("198.51.100.9"))},
		{Name: "no match", Symbol: "R_SPF_NEUTRAL", Fires: true, Session: from("neutral.example")},
		{Name: "~all", Symbol: "R_SPF_NEUTRAL", Session: from("soft.example")},
		{Name: "no record", Symbol: "R_SPF_NA", Fires: true, Session: from("none.example")},
		{Name: "no domain", Symbol: "R_SPF_NA", Fires: true, Session: from("[192.0.2.1]")},
		{Name: "no answer", Symbol: "R_SPF_NA", Session: from("slow.example")},
		{Name: "syntax", Symbol: "R_SPF_PERMFAIL", Fires: true, Session: from("wrong.example"), Evidence: `"-al"`},
		{Name: "no answer", Symbol: "R_SPF_PERMFAIL", Session: from("slow.example")},
		{Name: "no answer", Symbol: "R_SPF_DNSFAIL", Fires: true, Session: from("slow.example"), Evidence: "slow.example"},
		{Name: "no record", Symbol: "R_SPF_DNSFAIL", Session: from("none.example")},
		{Name: "all", Symbol: "R_SPF_PLUSALL", Fires: true, Session: from("open.example")},
		{Name: "in halves", Symbol: "R_SPF_PLUSALL", Fires: true, Session: from("half.example")},
		{Name: "in halves, IPv6", Symbol: "R_SPF_PLUSALL", Fires: true, Session: from("half.example", at("2001:db8::1"))},
		{Name: "by an address", Symbol: "R_SPF_PLUSALL", Fires: true, Session: from("bare.example.com")},
		{Name: "minus before an include", Symbol: "R_SPF_PLUSALL", Session: from("shut.example")},
		{Name: "pass", Symbol: "R_SPF_PLUSALL", Session: from("pass.example")},
		{Name: "fail", Symbol: "SPF_FORWARDER", Fires: true, Session: from("fail.example", at("198.51.100.9")), Evidence: "fail"},
		{Name: "softfail", Symbol: "SPF_FORWARDER", Fires: true, Session: from("soft.example", at("198.51.100.9")), Evidence: "softfail"},
		{Name: "no failure", Symbol: "SPF_FORWARDER", Session: from("open.example", at("198.51.100.9"))},
		{Name: "another client", Symbol: "SPF_FORWARDER", Session: from("fail.example")},
		{Name: "near", Symbol: "SPF_BEST_GUESS", Fires: true, Session: from("bare.example")},
		{Name: "far", Symbol: "SPF_BEST_GUESS", Session: from("bare.example", at("203.0.113.1"))},
		{Name: "has a record", Symbol: "SPF_BEST_GUESS", Session: from("pass.example")},
	})
}
