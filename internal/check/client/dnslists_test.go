package client

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/dns"
	"postern/internal/dns/dnstest"
	"postern/internal/dnslist"
	"postern/internal/session"
)

const listZone = `
2.0.0.127.bl.example      A 127.0.0.2
8.8.8.8.bl.example        A 127.0.0.2
2.0.0.127.wl.example      A 127.0.0.2
8.8.8.8.wl.example        A 127.0.0.2
test.dom.example          A 127.0.1.2
evil.example.dom.example  A 127.0.1.2
2.0.0.127.dead.example    A 127.255.255.254
`

func code(t *testing.T, text string) []dnslist.Code {
	c, err := dnslist.ParseCode(text)
	if err != nil {
		t.Fatal(err)
	}
	return []dnslist.Code{c}
}

// testLists makes lists of addresses (bl, wl, dead) and of domains.
func testLists(t *testing.T, s *dnstest.Server) *dnslist.Set {
	t.Helper()
	set, err := dnslist.New(dnslist.DefaultOptions(), map[string]dnslist.ListOptions{
		"bl":   {Zone: "bl.example", Ask: []string{"client"}, Codes: code(t, "127.0.0.2 RBL_TEST 3")},
		"wl":   {Zone: "wl.example", Ask: []string{"client"}, Codes: code(t, "127.0.0.2 RWL_TEST -1"), Allow: true},
		"dom":  {Zone: "dom.example", Ask: []string{"helo", "reverse", "sender"}, Codes: code(t, "127.0.1.2 DOM_TEST 3")},
		"dead": {Zone: "dead.example", Ask: []string{"client"}, Codes: code(t, "127.0.0.2 DEAD_TEST 3")},
		"url":  {Zone: "url.example", Ask: []string{"url"}, Codes: code(t, "127.0.0.2 URL_TEST 3")},
	}, dnslist.Environment{Resolver: s.Resolver(t, func(o *dns.Options) { o.Attempts = 1 })})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	set.Probe(t.Context())
	return set
}

func from(ip string) func(*session.Session) {
	return func(s *session.Session) { s.Client.IP = netip.MustParseAddr(ip) }
}

func TestDNSLists(t *testing.T) {
	server := dnstest.New(t, listZone)
	ours, err := addr.ParseNetworks([]string{"8.8.4.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	server.Set("4.4.8.8.bl.example", "A", "127.0.0.2")
	server.Fail("5.8.8.8.wl.example", dnstest.ServFail)
	server.Set("5.8.8.8.bl.example", "A", "127.0.0.2")
	c := DNSLists(testLists(t, server), ours)
	both := func(f ...func(*session.Session)) func(*session.Session) {
		return func(s *session.Session) {
			for _, one := range f {
				one(s)
			}
		}
	}
	user := func(s *session.Session) { s.User = "alice" }
	sender := func(s *session.Session) { s.Sender.Domain = "evil.example" }
	cases := []checktest.Case{
		{Name: "listed", Symbol: "RBL_TEST", Fires: true, Session: from("8.8.8.8"), Evidence: "client 8.8.8.8 in bl.example (127.0.0.2)"},
		{Name: "not listed", Symbol: "RBL_TEST", Session: from("9.9.9.9")},
		{Name: "logged in", Symbol: "RBL_TEST", Session: both(from("8.8.8.8"), user)},
		{Name: "network of ours", Symbol: "RBL_TEST", Session: from("8.8.4.4")},
		{Name: "private", Symbol: "RBL_TEST", Session: from("10.0.0.1")},
		{Name: "another list fails", Symbol: "RBL_TEST", Fires: true, Session: from("8.8.8.5")},
		{Name: "good sender", Symbol: "RWL_TEST", Fires: true, Session: from("8.8.8.8")},
		{Name: "no good sender", Symbol: "RWL_TEST", Session: from("9.9.9.9")},
		{Name: "HELO", Symbol: "DOM_TEST", Fires: true, Session: called("Evil.example"), Evidence: "helo evil.example"},
		{Name: "reverse name", Symbol: "DOM_TEST", Fires: true, Session: named("evil.example"), Evidence: "reverse evil.example"},
		{Name: "sender", Symbol: "DOM_TEST", Fires: true, Session: sender, Evidence: "sender evil.example"},
		{Name: "before the sender", Symbol: "DOM_TEST", Session: both(sender, func(s *session.Session) { s.HasSender = false })},
		{Name: "literal in HELO", Symbol: "DOM_TEST", Session: called("[192.0.2.1]")},
		{Name: "ordinary names", Symbol: "DOM_TEST"},
		{Name: "switched off", Symbol: "DNS_LIST_OFF", Fires: true, Session: from("9.9.9.9"), Evidence: "dead: it refuses to answer us (127.255.255.254)"},
		{Name: "nobody asked", Symbol: "DNS_LIST_OFF", Session: user},
		{Name: "never", Symbol: "DEAD_TEST", Session: from("8.8.8.8")},
		{Name: "beside a hit", Symbol: "DNS_LIST_FAILED", Fires: true, Session: from("8.8.8.5"), Evidence: "asking DNS list wl.example"},
		{Name: "all answer", Symbol: "DNS_LIST_FAILED", Session: from("8.8.8.8")},
	}
	runCases(t, c, cases)
}

// runCases is checktest.Run for a check with a symbol that cannot fire, that
// of the dead list.
func runCases(t *testing.T, c check.Check, cases []checktest.Case) {
	t.Helper()
	info := c.Info()
	symbols := info.Symbols[:0:0]
	for _, s := range info.Symbols {
		if s.Name != "DEAD_TEST" {
			symbols = append(symbols, s)
		}
		if s.Name == "URL_TEST" {
			t.Error("declares what it does not ask for")
		}
	}
	info.Symbols = symbols
	checktest.Run(t, check.New(info, c.Run), cases)
}

// TestDNSListsFail has no list answer: that is an error, not a clean client.
func TestDNSListsFail(t *testing.T) {
	server := dnstest.New(t, listZone)
	server.Set("2.0.0.127.dead.example", "A", "127.0.0.2")
	c := DNSLists(testLists(t, server), addr.Networks{})
	server.Fail("", dnstest.ServFail)
	s := checktest.Session()
	from("9.9.9.9")(s)
	err := c.Run(t.Context(), &check.Transaction{Session: s, Now: checktest.Now}, new(check.Report))
	if err == nil || !strings.Contains(err.Error(), "asking DNS list bl.example") {
		t.Errorf("got %v", err)
	}
}

// TestDNSListsLate has one list answer too late: what the others say counts.
func TestDNSListsLate(t *testing.T) {
	server := dnstest.New(t, listZone)
	c := DNSLists(testLists(t, server), addr.Networks{})
	server.Delay("8.8.8.8.wl.example", time.Hour)
	s := checktest.Session()
	from("8.8.8.8")(s)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	var out check.Report
	if err := c.Run(ctx, &check.Transaction{Session: s, Now: checktest.Now}, &out); err != nil {
		t.Fatal(err)
	}
	if f := out.Found(); len(f) == 0 || f[0].Symbol != "RBL_TEST" {
		t.Errorf("found %v", f)
	}
}
