package dnslist_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/dns/dnstest"
	"postern/internal/dnslist"
	"postern/internal/unit"
)

// zone has a list of addresses, one of domains, one of good senders and one
// of hashed mail addresses.
const zone = `
2.0.0.127.bl.example      A   127.0.0.2
2.0.0.127.bl.example      TXT "test point"
8.8.8.8.bl.example        A   127.0.0.2
8.8.8.8.bl.example        A   127.0.0.10
8.8.8.8.bl.example        TXT "listed for spam"
8.8.8.8.bl.example        TXT "see https://bl.example/"
9.8.8.8.bl.example        A   127.0.0.99
1.8.8.8.bl.example        A   127.0.0.1
2.8.8.8.bl.example        A   127.255.255.1
3.8.8.8.bl.example        TXT "no address"
4.8.8.8.bl.example        A   127.0.0.2
4.8.8.8.bl.example        TXT "evil\n\001text"
5.8.8.8.bl.example        CNAME 8.8.8.8.bl.example
7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.bl.example A 127.0.0.2
test.dom.example          A   127.0.1.2
evil.example.dom.example  A   127.0.1.2
2.0.0.127.wl.example      A   127.0.5.1
7.8.8.8.wl.example        A   127.0.5.3
test.hash.example         A   127.0.0.2
fc2398a73dd54d6237c4fdb58fd7d75347cf5af3.hash.example A 127.0.0.2
2.0.0.127.bits.example    A   127.0.0.14
8.8.8.8.bits.example      A   127.0.0.6
`

func mustCodes(lines ...string) []dnslist.Code {
	var list []dnslist.Code
	for _, l := range lines {
		c, err := dnslist.ParseCode(l)
		if err != nil {
			panic(err)
		}
		list = append(list, c)
	}
	return list
}

func lists() map[string]dnslist.ListOptions {
	return map[string]dnslist.ListOptions{
		"bl": {Zone: "bl.example", Ask: []string{"client"}, Advice: "ask bl.example",
			Codes: mustCodes("127.0.0.2 BL_ONE 2 one", "127.0.0.[10..11] BL_TWO 3 two", "* BL_REST 0 rest")},
		"dom":  {Zone: "dom.example", Ask: []string{"helo", "sender", "url"}, Registrable: true, Codes: mustCodes("127.0.1.2 DOM 4")},
		"wl":   {Zone: "wl.example", Ask: []string{"client"}, Allow: true, Codes: mustCodes("127.0.[0..255].3 WL_HI -1")},
		"hash": {Zone: "hash.example", Ask: []string{"email"}, Codes: mustCodes("127.0.0.2 HASHED 3")},
		"bits": {Zone: "bits.example", Ask: []string{"url_address"}, Codes: mustCodes("&2 BIT_TWO 2", "&4 BIT_FOUR 4", "&8 BIT_EIGHT 8")},
	}
}

// bench is a set of lists with all that a test moves.
type bench struct {
	*dnslist.Set
	server *dnstest.Server
	clock  *clock
	log    *logged
}

func newBench(t testing.TB, all map[string]dnslist.ListOptions, change ...func(*dnslist.Options)) *bench {
	t.Helper()
	b := &bench{server: dnstest.New(t, zone), clock: &clock{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}, log: &logged{}}
	o := b.server.Options()
	o.Attempts, o.Timeout = 1, unit.Duration(5*time.Second)
	r, err := dns.New(o, dns.Environment{Now: b.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	lo := dnslist.DefaultOptions()
	for _, c := range change {
		c(&lo)
	}
	b.Set, err = dnslist.New(lo, all, dnslist.Environment{Resolver: r, Log: slog.New(slog.NewTextHandler(b.log, nil)), Now: b.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.Close()
		_ = r.Close()
	})
	return b
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logged keeps what is logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func ip(s string) dnslist.Item { return dnslist.Address(netip.MustParseAddr(s)) }

func symbols(hits []dnslist.Hit, err error) string {
	var list []string
	for _, h := range hits {
		list = append(list, h.Code.Symbol)
	}
	if err != nil {
		list = append(list, err.Error())
	}
	return strings.Join(list, " ")
}

func TestCheck(t *testing.T) {
	b := newBench(t, lists())
	for _, tt := range []struct {
		name string
		kind dnslist.Kind
		item dnslist.Item
		want string
	}{
		{"two answers", dnslist.Client, ip("8.8.8.8"), "BL_ONE BL_TWO"},
		{"IPv4 in IPv6", dnslist.Client, ip("::ffff:8.8.8.8"), "BL_ONE BL_TWO"},
		{"through an alias", dnslist.Client, ip("8.8.8.5"), "BL_ONE BL_TWO"},
		{"answer that no code knows", dnslist.Client, ip("8.8.8.9"), "BL_REST"},
		{"127.0.0.1", dnslist.Client, ip("8.8.8.1"), ""},
		{"127.255.255.1", dnslist.Client, ip("8.8.8.2"), ""},
		{"no address record", dnslist.Client, ip("8.8.8.3"), ""},
		{"not listed", dnslist.Client, ip("8.8.4.4"), ""},
		{"good sender", dnslist.Client, ip("8.8.8.7"), "WL_HI"},
		{"IPv6", dnslist.Client, ip("2a00:1450:0:1:2:3:4:567"), "BL_ONE"},
		{"test point", dnslist.Client, ip("127.0.0.2"), ""},
		{"nothing", dnslist.Client, dnslist.Item{}, ""},
		{"domain", dnslist.Sender, dnslist.Domain("evil.example"), "DOM"},
		{"domain below", dnslist.HELO, dnslist.Domain("mail.evil.example"), "DOM"},
		{"domain of another kind", dnslist.Reverse, dnslist.Domain("evil.example"), ""},
		{"domain where an address is wanted", dnslist.Client, dnslist.Domain("evil.example"), ""},
		{"bits", dnslist.URLAddress, ip("8.8.8.8"), "BIT_TWO BIT_FOUR"},
	} {
		if got := symbols(b.Check(t.Context(), tt.kind, tt.item)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for a, want := range map[addr.Address]string{
		{Local: "Alice+tag", Domain: "example.com"}: "HASHED",
		{Local: "bob", Domain: "example.com"}:       "",
		{Local: "alice", Domain: "[192.0.2.1]"}:     "",
		{}:                                          "",
	} {
		if got := symbols(b.CheckEmail(t.Context(), a)); got != want {
			t.Errorf("%v: got %q, want %q", a, got, want)
		}
	}
	if n := b.server.Asked("2.0.0.127.bl.example", "A"); n != 1 {
		t.Errorf("the test point was asked for %d times", n)
	}
}

// TestNeverAsked checks that nobody hears of addresses of ours.
func TestNeverAsked(t *testing.T) {
	private := lists()["bl"]
	private.Reserved, private.Zone = true, "own.example"
	private.Codes = mustCodes("127.0.0.2 OWN 1")
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"], "own": private})
	for _, s := range []string{"10.0.0.1", "127.0.0.1", "192.168.1.1", "192.0.2.1", "169.254.1.1", "fe80::1", "::1", "2001:db8::1"} {
		if got := symbols(b.Check(t.Context(), dnslist.Client, ip(s))); got != "" {
			t.Errorf("%s: %s", s, got)
		}
		r, err := b.Lookup(t.Context(), "bl.example", nil, ip(s))
		if err != nil || r.Listed || r.Asked {
			t.Errorf("%s: %+v, %v", s, r, err)
		}
	}
	for q := range b.server.AskedNames() {
		if strings.HasSuffix(q.Name, ".bl.example") && q.Name != "2.0.0.127.bl.example" && q.Name != "1.0.0.127.bl.example" {
			t.Errorf("asked for %s", q.Name)
		}
	}
	b.server.Set("2.0.0.127.own.example", "A", "127.0.0.2")
	b.server.Set("1.0.0.10.own.example", "A", "127.0.0.2")
	b.clock.Pass(time.Hour)
	b.Probe(t.Context())
	if got := symbols(b.Check(t.Context(), dnslist.Client, ip("10.0.0.1"))); got != "OWN" {
		t.Errorf("a list of our own network: %q", got)
	}
}

func TestLookup(t *testing.T) {
	b := newBench(t, lists())
	b.server.Set("example.tld.rhsbl.example", "A", "127.0.0.2")
	b.server.Set("example.tld.rhsbl.example", "TXT", "RHSBL test")
	b.server.Set("8.8.8.8.odd.example", "A", "10.0.0.1")
	for _, tt := range []struct {
		name, zone, filter string
		item               dnslist.Item
		want               string
	}{
		{"listed", "bl.example", "", ip("8.8.8.8"), "[127.0.0.2 127.0.0.10] listed for spam / see https://bl.example/"},
		{"test point", "bl.example", "", ip("127.0.0.2"), "[127.0.0.2] test point"},
		{"zone in capitals", "BL.example.", "", ip("8.8.8.8"), "[127.0.0.2 127.0.0.10] listed for spam / see https://bl.example/"},
		{"filter", "bl.example", "127.0.0.10", ip("8.8.8.8"), "[127.0.0.10] listed for spam / see https://bl.example/"},
		{"other filter", "bl.example", "127.0.0.[3..9]", ip("8.8.8.8"), "not listed"},
		{"not listed", "bl.example", "", ip("8.8.4.4"), "not listed"},
		{"127.0.0.1", "bl.example", "", ip("8.8.8.1"), "not listed"},
		{"127.0.0.1 named", "bl.example", "127.0.0.1", ip("8.8.8.1"), "[127.0.0.1] "},
		{"127.0.0.1 not quite named", "bl.example", "127.0.[0..255].[0..255]", ip("8.8.8.1"), "not listed"},
		{"control characters", "bl.example", "", ip("8.8.8.4"), "[127.0.0.2] eviln001text"},
		{"domain", "rhsbl.example", "", dnslist.Domain("a@Example.TLD"), "[127.0.0.2] RHSBL test"},
		{"no domain", "rhsbl.example", "", dnslist.Domain("[1.2.3.4]"), "not asked"},
		{"outside of 127/8", "odd.example", "", ip("8.8.8.8"), "not listed"},
		{"outside of 127/8, named", "odd.example", "10.0.0.1", ip("8.8.8.8"), "[10.0.0.1] "},
		{"zone that is none", "..", "", ip("8.8.8.8"), `".." is not the name of a DNS list`},
	} {
		var f *dnslist.Filter
		if tt.filter != "" {
			var err error
			if f, err = dnslist.ParseFilter(tt.filter); err != nil {
				t.Fatal(err)
			}
		}
		r, err := b.Lookup(t.Context(), tt.zone, f, tt.item)
		got := fmt.Sprintf("%v %s", r.Addrs, r.Reason)
		switch {
		case err != nil:
			got = err.Error()
		case !r.Asked:
			got = "not asked"
		case !r.Listed:
			got = "not listed"
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if n := b.server.Asked("4.4.8.8.bl.example", "TXT"); n != 0 {
		t.Error("asked for the text of what is not listed")
	}
}

// TestReason checks that a text cannot do harm in a reply.
func TestReason(t *testing.T) {
	b := newBench(t, lists())
	b.server.Set("4.8.8.8.bl.example", "TXT", "evil\r\n250 ok\x00\xffé"+strings.Repeat("x", 600))
	r, err := b.Lookup(t.Context(), "bl.example", nil, ip("8.8.8.4"))
	if err != nil || len(r.Reason) != 500 || !strings.HasPrefix(r.Reason, "evil  250 ok    x") {
		t.Errorf("got %q, %v", r.Reason, err)
	}
	b.server.Fail("8.8.8.8.bl.example", dnstest.ServFail)
}

// TestRestrictionZones watches zones that only restrictions name.
func TestRestrictionZones(t *testing.T) {
	b := newBench(t, nil)
	if err := b.Watch("no list", false); err == nil {
		t.Error("watches a zone that cannot be")
	}
	b.server.Set("8.8.8.8.private.example", "A", "127.0.0.2") // without test points
	b.server.Set("*.wild.example", "A", "127.0.0.2")
	if err := b.Watch("wild.example", false); err != nil {
		t.Fatal(err)
	}
	r, err := b.Lookup(t.Context(), "private.example", nil, ip("8.8.8.8"))
	if err != nil || !r.Listed {
		t.Errorf("a list without test points: %+v, %v", r, err)
	}
	if _, err := b.Lookup(t.Context(), "wild.example", nil, ip("8.8.8.8")); !errors.Is(err, dnslist.ErrOff) {
		t.Errorf("a list of everything: %v", err)
	}
	if _, err := b.Lookup(t.Context(), "list.dsbl.org", nil, ip("8.8.8.8")); !errors.Is(err, dnslist.ErrOff) {
		t.Errorf("a list that was shut down: %v", err)
	}
	st := b.Status()
	if i := slices.IndexFunc(st, func(s dnslist.ListStatus) bool { return s.Zone == "list.dsbl.org" }); i < 0 || st[i].Advice != "take it out: the list was shut down in 2008" {
		t.Errorf("%+v", st)
	} else {
		st = slices.Delete(st, i, i+1)
	}
	if len(st) != 2 || st[0].Zone != "wild.example" || st[0].State != "off" || !strings.Contains(st[1].Note, "test point") {
		t.Errorf("%+v", st)
	}
}

// TestKeys checks that a customer's key is seen by the list only.
func TestKeys(t *testing.T) {
	keyed := lists()["bl"]
	keyed.Key = "s3cret"
	b := newBench(t, map[string]dnslist.ListOptions{"keyed": keyed})
	b.server.Set("2.0.0.127.s3cret.bl.example", "A", "127.0.0.2")
	b.server.Set("8.8.8.8.s3cret.bl.example", "A", "127.0.0.2")
	b.server.Set("8.8.8.8.s3cret.zen.dq.spamhaus.net", "A", "127.0.0.2")
	b.server.Set("8.8.8.8.s3cret.zen.dq.spamhaus.net", "TXT", "s3cret.zen.dq.spamhaus.net says no")
	hits, err := b.Check(t.Context(), dnslist.Client, ip("8.8.8.8"))
	if err != nil || len(hits) != 1 || hits[0].Evidence() != "client 8.8.8.8 in bl.example (127.0.0.2)" {
		t.Errorf("%+v, %v", hits, err)
	}
	r, err := b.Lookup(t.Context(), "s3cret.zen.dq.spamhaus.net", nil, ip("8.8.8.8"))
	if err != nil || r.Zone != "zen.dq.spamhaus.net" || r.Reason != "zen.dq.spamhaus.net says no" {
		t.Errorf("%+v, %v", r, err)
	}
	b.server.Fail("", dnstest.ServFail)
	_, err = b.Check(t.Context(), dnslist.Client, ip("9.9.9.9"))
	b.clock.Pass(time.Hour)
	b.Probe(t.Context())
	b.clock.Pass(time.Hour)
	b.Probe(t.Context())
	if text := fmt.Sprint(b.Status(), b.log, err); strings.Contains(text, "s3cret") || !strings.Contains(text, "off") {
		t.Errorf("the key is told: %s", text)
	}
}

// TestRun has the lists examined by themselves.
func TestRun(t *testing.T) {
	b := newBench(t, lists())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() {
		b.Run(ctx)
		close(done)
	}()
	for slices.ContainsFunc(b.Status(), func(s dnslist.ListStatus) bool { return s.State != "works" }) {
		time.Sleep(5 * time.Millisecond) // the set tells nobody when it is done
	}
	cancel()
	<-done
}

func TestNewFaults(t *testing.T) {
	bad := map[string]dnslist.ListOptions{
		"a": {Zone: "..", Ask: []string{"clients"}, Refused: []string{"127.0.0"}, Probe: "x", Hash: "md4", Listed: "..", Addresses: "ipx"},
		"b": {Zone: "b.example", Ask: []string{"client"}, Allow: true, Codes: mustCodes("127.0.0.2 B 1")},
		"c": {Zone: "c.example", Ask: []string{"client"}, Codes: mustCodes("127.0.0.2 B 2")},
		"d": {Zone: "d.example", Ask: []string{"email", "client"}, HashLength: 70, Key: "a b", Codes: make([]dnslist.Code, 1)},
	}
	_, err := dnslist.New(dnslist.Options{}, bad, dnslist.Environment{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"timeout: ", "probe_interval: ", "failures: ", "a.zone: ", "a.ask[0]: ", "a.codes: ", "a.refused[0]: ", "a.probe: ", "a.hash: ", "a.listed: ",
		"a.addresses: ", "b.codes[0]: ", "c.codes[0]: B scores 1 elsewhere", "d.ask: ", "d.hash_length: ", "d.key: ", "d.codes[0]: is empty",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// TestDefaults checks the built-in lists by themselves.
func TestDefaults(t *testing.T) {
	all := dnslist.DefaultLists()
	b := newBench(t, all)
	const marks = 6 // the score at which mail is marked as spam
	for _, s := range b.Symbols() {
		if s.Score >= marks {
			t.Errorf("%s alone marks mail", s.Name)
		}
		if s.Description == "" || s.Group == "" {
			t.Errorf("%s has no description or group", s.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o := all[name]
		if o.IsEnabled() && strings.Contains(o.Advice, "register the") {
			t.Errorf("%s is on and needs registration", name)
		}
	}
}
