package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
	"postern/internal/unit"
)

const zone = `
; an ordinary domain
example.com            A     192.0.2.10
example.com            A     192.0.2.11
example.com            AAAA  2001:db8::10
example.com            MX    20 mx2.example.com.
example.com            MX    10 MX1.Example.com.
example.com            NS    ns.example.net
example.com            TXT   "v=spf1 " "-all"
example.com            TXT   another
www.example.com  60    CNAME example.com
far.example.com        CNAME www.example.com
out.example.com        CNAME gone.example.org
text.example.com       TXT   x
loop1.example.com      CNAME loop2.example.com
loop2.example.com      CNAME loop1.example.com
self.example.com       CNAME self.example.com
null.example.com       MX    0 .
a_b.example.com        A     192.0.2.12
xn--bcher-kva.example  A     192.0.2.13
*.wild.example.com     A     192.0.2.14
1.2.0.192.in-addr.arpa PTR   Mail.Example.COM.
0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR six.example.com
caa.example.com        TYPE257 data
"a b.example.com"      A     192.0.2.16
blank.example.com      CNAME "a b.example.com"
"back\\slash.example.com" A 192.0.2.17
mapped.example.com     AAAA  ::ffff:192.0.2.15
`

// describe gives an answer, or why there is none, in one line.
func describe(v any, err error) string {
	switch {
	case errors.Is(err, dns.ErrNotFound):
		return "not found"
	case errors.Is(err, dns.ErrNoData):
		return "no data"
	case errors.Is(err, dns.ErrTemporary):
		return "temporary: " + err.Error()
	case err != nil:
		return "error: " + err.Error()
	}
	return fmt.Sprint(v)
}

func TestLookups(t *testing.T) {
	r := dnstest.New(t, zone).Resolver(t)
	ctx := t.Context()
	ptr := func(ip string) string { return describe(r.PTR(ctx, netip.MustParseAddr(ip))) }
	long := strings.Repeat("a", 64)
	for _, tt := range []struct{ name, got, want string }{
		{"A", describe(r.A(ctx, "example.com")), "[192.0.2.10 192.0.2.11]"},
		{"A with dot and capitals", describe(r.A(ctx, "EXAMPLE.com.")), "[192.0.2.10 192.0.2.11]"},
		{"AAAA", describe(r.AAAA(ctx, "example.com")), "[2001:db8::10]"},
		{"addresses", describe(r.Addresses(ctx, "example.com")), "[192.0.2.10 192.0.2.11 2001:db8::10]"},
		{"addresses of one kind", describe(r.Addresses(ctx, "a_b.example.com")), "[192.0.2.12]"},
		{"addresses of none", describe(r.Addresses(ctx, "text.example.com")), "no data"},
		{"addresses of nothing", describe(r.Addresses(ctx, "gone.example.org")), "not found"},
		{"IPv4 in IPv6", describe(r.Addresses(ctx, "mapped.example.com")), "[192.0.2.15]"},
		{"MX sorted", describe(r.MX(ctx, "example.com")), "[{mx1.example.com 10} {mx2.example.com 20}]"},
		{"null MX", describe(r.MX(ctx, "null.example.com")), "[{ 0}]"},
		{"no MX", describe(r.MX(ctx, "a_b.example.com")), "no data"},
		{"NS", describe(r.NS(ctx, "example.com")), "[ns.example.net]"},
		{"TXT joined", describe(r.TXT(ctx, "example.com")), "[v=spf1 -all another]"},
		{"PTR", ptr("192.0.2.1"), "[mail.example.com]"},
		{"PTR of IPv4 in IPv6", ptr("::ffff:192.0.2.1"), "[mail.example.com]"},
		{"PTR of IPv6", ptr("2001:db8::10"), "[six.example.com]"},
		{"no PTR", ptr("192.0.2.2"), "not found"},
		{"PTR of nothing", describe(r.PTR(ctx, netip.Addr{})), "not found"},
		{"alias", describe(r.A(ctx, "www.example.com")), "[192.0.2.10 192.0.2.11]"},
		{"alias of an alias", describe(r.MX(ctx, "far.example.com")), "[{mx1.example.com 10} {mx2.example.com 20}]"},
		{"alias of nothing", describe(r.A(ctx, "out.example.com")), "not found"},
		{"aliases in a circle", describe(r.A(ctx, "loop1.example.com")), "temporary: dns: loop1.example.com A: no answer for now: the aliases lead in a circle"},
		{"alias of itself", describe(r.A(ctx, "self.example.com")), "temporary: dns: self.example.com A: no answer for now: the aliases lead in a circle"},
		{"other scripts", describe(r.A(ctx, "Bücher.example")), "[192.0.2.13]"},
		{"A-label", describe(r.A(ctx, "xn--bcher-kva.example")), "[192.0.2.13]"},
		{"wildcard", describe(r.A(ctx, "x.y.wild.example.com")), "[192.0.2.14]"},
		{"name without records", describe(r.A(ctx, "wild.example.com")), "no data"},
		{"empty", describe(r.A(ctx, "")), "not found"},
		{"empty label", describe(r.A(ctx, "a..example.com")), "not found"},
		{"two dots at the end", describe(r.A(ctx, "example.com..")), "not found"},
		{"long label", describe(r.A(ctx, long+".example.com")), "not found"},
		{"long name", describe(r.A(ctx, strings.Repeat("abcdefg.", 33)+"com")), "not found"},
		{"blank", describe(r.A(ctx, "a b.example.com")), "[192.0.2.16]"},
		{"alias with a blank", describe(r.A(ctx, "blank.example.com")), "[192.0.2.16]"},
		{"backslash", describe(r.A(ctx, `back\slash.example.com`)), "[192.0.2.17]"},
		{"zero octet", describe(r.A(ctx, "exam\x00ple.com")), "not found"},
		{"bad UTF-8", describe(r.A(ctx, "exam\xffple.com")), "not found"},
		{"root", describe(r.NS(ctx, ".")), "not found"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestAnswer(t *testing.T) {
	s := dnstest.New(t, zone)
	s.Authentic(true)
	r := s.Resolver(t, func(o *dns.Options) { o.TrustAD = true })
	want := dns.Answer{
		Name: "far.example.com", Type: dns.TypeAAAA, Canonical: "example.com", Authentic: true,
		Records: []dns.Record{{Name: "example.com", Type: dns.TypeAAAA, TTL: 300 * time.Second, Addr: netip.MustParseAddr("2001:db8::10")}},
	}
	for _, cached := range []bool{false, true} {
		got, err := r.Query(t.Context(), "far.example.com", dns.TypeAAAA)
		if err != nil {
			t.Fatal(err)
		}
		if got.TTL > time.Minute || got.TTL < 30*time.Second {
			t.Errorf("TTL is %s, want nearly that of the alias, 1m", got.TTL)
		}
		if age := time.Since(got.Time); age < 0 || age > time.Minute {
			t.Errorf("given %s ago", age)
		}
		got.TTL, got.Time = 0, time.Time{}
		if want.Cached = cached; !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	got, err := r.Query(t.Context(), "caa.example.com", 257)
	if err != nil || string(got.Records[0].Data) != "data" {
		t.Errorf("record of another type: %+v, %v", got, err)
	}
	if text := got.Records[0].String(); text != `caa.example.com. 300 IN TYPE257 \# 4 64617461` {
		t.Errorf("record in text: %s", text)
	}
	distrustful := s.Resolver(t)
	if got, err := distrustful.Query(t.Context(), "example.com", dns.TypeA); err != nil || got.Authentic {
		t.Errorf("a server that is not trusted: %+v, %v", got, err)
	}
}

func TestRecordText(t *testing.T) {
	r := dnstest.New(t, zone).Resolver(t)
	for typ, want := range map[dns.Type]string{
		dns.TypeA:   "example.com. 300 IN A 192.0.2.10",
		dns.TypeMX:  "example.com. 300 IN MX 20 mx2.example.com.",
		dns.TypeTXT: `example.com. 300 IN TXT "v=spf1 -all"`,
		dns.TypeNS:  "example.com. 300 IN NS ns.example.net.",
	} {
		a, err := r.Query(t.Context(), "example.com", typ)
		if err != nil || a.Records[0].String() != want {
			t.Errorf("%v: got %v, %v, want %s", typ, a.Records, err, want)
		}
	}
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)} }

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

// newResolver makes a resolver with a clock.
func newResolver(t testing.TB, o dns.Options, c *clock) *dns.Resolver {
	t.Helper()
	r, err := dns.New(o, dns.Environment{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// TestExpiry asks again and again while time passes, and counts the questions
// that reach the server.
func TestExpiry(t *testing.T) {
	for _, tt := range []struct {
		name   string
		set    func(*dnstest.Server)
		change func(*dns.Options)
		typ    dns.Type
		// fresh is the longest time after which the answer is still kept.
		fresh time.Duration
		ask   string
	}{
		{name: "own TTL", ask: "example.com", typ: dns.TypeA, fresh: 5*time.Minute - 1},
		{name: "TTL of the alias", ask: "www.example.com", typ: dns.TypeA, fresh: time.Minute - 1},
		{name: "capped", ask: "example.com", typ: dns.TypeA, fresh: 10*time.Second - 1,
			change: func(o *dns.Options) { o.MaxTTL = unit.Duration(10 * time.Second) }},
		{name: "not found", ask: "gone.example.org", typ: dns.TypeA, fresh: 20*time.Second - 1,
			set: func(s *dnstest.Server) { s.NegativeTTL(20 * time.Second) }},
		{name: "no data", ask: "a_b.example.com", typ: dns.TypeMX, fresh: 20*time.Second - 1,
			set: func(s *dnstest.Server) { s.NegativeTTL(20 * time.Second) }},
		{name: "not found, capped", ask: "gone.example.org", typ: dns.TypeA, fresh: 5*time.Minute - 1,
			set: func(s *dnstest.Server) { s.NegativeTTL(time.Hour) }},
		{name: "not found without SOA", ask: "gone.example.org", typ: dns.TypeA, fresh: -1,
			set: func(s *dnstest.Server) { s.NegativeTTL(-1) }},
		{name: "TTL of 0", ask: "zero.example.com", typ: dns.TypeA, fresh: -1,
			set: func(s *dnstest.Server) { s.SetTTL(0, "zero.example.com", "A", "192.0.2.1") }},
		{name: "failure", ask: "example.com", typ: dns.TypeA, fresh: 30*time.Second - 1,
			set:    func(s *dnstest.Server) { s.Fail("", dnstest.ServFail) },
			change: func(o *dns.Options) { o.Attempts = 1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := dnstest.New(t, zone), newClock()
			if tt.set != nil {
				tt.set(s)
			}
			o := s.Options()
			if tt.change != nil {
				tt.change(&o)
			}
			r := newResolver(t, o, c)
			ask := func() int {
				_, _ = r.Query(t.Context(), tt.ask, tt.typ)
				return s.Questions()
			}
			if n := ask(); n != 1 {
				t.Fatalf("the first question makes %d", n)
			}
			if tt.fresh >= 0 {
				c.Pass(tt.fresh)
				if n := ask(); n != 1 {
					t.Errorf("asked again after %s", tt.fresh)
				}
			}
			c.Pass(1)
			if n := ask(); n != 2 {
				t.Errorf("not asked again after %s", tt.fresh+1)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	patient := func(o *dns.Options) { o.Timeout = unit.Duration(10 * time.Second) }
	hasty := func(o *dns.Options) { o.Timeout, o.Attempts = unit.Duration(50*time.Millisecond), 2 }
	const good = "[192.0.2.10 192.0.2.11]"
	for _, tt := range []struct {
		name   string
		fault  dnstest.Fault
		change func(*dns.Options)
		want   string // or what it must contain
	}{
		{"delay", dnstest.Fault{Delay: 20 * time.Millisecond}, patient, good},
		{"one loss", dnstest.Fault{Lose: 1}, func(o *dns.Options) { o.Timeout = unit.Duration(2 * time.Second) }, good},
		{"loss", dnstest.Fault{Lose: dnstest.Always}, hasty, "no response in time from 127.0.0.1"},
		{"one SERVFAIL", dnstest.Fault{Fail: 1, RCode: dnstest.ServFail}, patient, good},
		{"SERVFAIL", dnstest.Fault{Fail: dnstest.Always, RCode: dnstest.ServFail}, patient, "SERVFAIL from 127.0.0.1"},
		{"REFUSED", dnstest.Fault{Fail: dnstest.Always, RCode: dnstest.Refused}, patient, "REFUSED from 127.0.0.1"},
		{"odd code", dnstest.Fault{Fail: dnstest.Always, RCode: 9}, patient, "RCODE9 from 127.0.0.1"},
		{"no EDNS", dnstest.Fault{NoEDNS: true}, patient, good},
		{"truncation", dnstest.Fault{Truncate: true}, patient, good},
		{"truncation without TCP", dnstest.Fault{Truncate: true, LoseTCP: true}, patient, "connection closed from 127.0.0.1"},
		{"wrong id", dnstest.Fault{WrongID: dnstest.Always}, patient, good},
		{"only wrong id", dnstest.Fault{WrongID: dnstest.Always, OnlyWrong: true}, hasty, "no response in time"},
		{"wrong question", dnstest.Fault{WrongQuestion: dnstest.Always}, patient, good},
		{"only wrong question", dnstest.Fault{WrongQuestion: dnstest.Always, OnlyWrong: true}, hasty, "no response in time"},
		{"garbage", dnstest.Fault{Garbage: []byte("garbage")}, hasty, "no response in time"},
		{"garbage behind a header", dnstest.Fault{Garbage: []byte("\xc0\xff\xff\xff"), Header: true}, patient, "the response cannot be read"},
		{"pointers in a circle", dnstest.Fault{Garbage: []byte("\xc0\x2f\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x01\x02\x03\x04"), Header: true}, patient, "the response cannot be read"},
		{"many records", dnstest.Fault{ExtraAnswers: 200}, patient, "127.1.0.199]"},
		{"NXDOMAIN with records", dnstest.Fault{ForceRCode: dnstest.NXDomain}, patient, "not found"},
		{"more than we read over UDP", dnstest.Fault{ExtraAnswers: 500, TooLarge: true}, patient, "127.1.1.243]"},
		{"referral", dnstest.Fault{Referral: true}, patient, "a referral"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := dnstest.New(t, zone)
			s.SetFault("", tt.fault)
			r := s.Resolver(t, tt.change)
			if got := describe(r.A(t.Context(), "example.com")); got != tt.want && (tt.want == good || !strings.Contains(got, tt.want)) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestStrays sends so many forged answers that TCP is used.
func TestStrays(t *testing.T) {
	s := dnstest.New(t, zone)
	s.SetFault("", dnstest.Fault{WrongID: dnstest.Always, Strays: 40})
	r := s.Resolver(t)
	if got := describe(r.A(t.Context(), "example.com")); got != "[192.0.2.10 192.0.2.11]" {
		t.Error(got)
	}
	if s.QuestionsTCP() != 1 {
		t.Errorf("%d questions over TCP, want 1", s.QuestionsTCP())
	}
}

func TestServersInTurn(t *testing.T) {
	bad, good := dnstest.New(t), dnstest.New(t, zone)
	bad.Fail("", dnstest.ServFail)
	r := good.Resolver(t, func(o *dns.Options) { o.Servers = []string{bad.Addr(), good.Addr()} })
	if got := describe(r.A(t.Context(), "example.com")); got != "[192.0.2.10 192.0.2.11]" {
		t.Error(got)
	}
}

// TestDownServer checks that a server that does not answer is asked last.
func TestDownServer(t *testing.T) {
	dead, good := dnstest.New(t), dnstest.New(t, zone)
	dead.Lose("", dnstest.Always)
	c := newClock()
	o := good.Options()
	o.Servers, o.Timeout = []string{dead.Addr(), good.Addr()}, unit.Duration(500*time.Millisecond)
	o.Attempts = 10
	r := newResolver(t, o, c)
	for i := range 5 {
		_, _ = r.A(t.Context(), fmt.Sprintf("n%d.example.org", i))
	}
	asked := dead.Questions()
	if asked < 3 || !r.Stats().Servers[0].Down {
		t.Errorf("asked %d times, %+v", asked, r.Stats().Servers)
	}
	c.Pass(time.Minute)
	dead.Heal()
	_, _ = r.A(t.Context(), "later.example.org")
	if dead.Questions() == asked || r.Stats().Servers[0].Down {
		t.Errorf("not asked again: %+v", r.Stats().Servers)
	}
}

func TestOneAliasAtATime(t *testing.T) {
	s := dnstest.New(t, zone)
	s.OneAlias(true)
	for i := range 15 {
		s.Set(fmt.Sprintf("c%d.example.com", i), "CNAME", fmt.Sprintf("c%d.example.com", i+1))
	}
	s.Set("c15.example.com", "A", "192.0.2.1")
	r := s.Resolver(t)
	for name, want := range map[string]string{
		"far.example.com":   "[192.0.2.10 192.0.2.11]",
		"c7.example.com":    "[192.0.2.1]",
		"c0.example.com":    "temporary: dns: c0.example.com A: no answer for now: the chain of aliases is too long",
		"loop1.example.com": "temporary: dns: loop1.example.com A: no answer for now: the aliases lead in a circle",
		"out.example.com":   "not found",
	} {
		if got := describe(r.A(t.Context(), name)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestOneFlight asks the same question many times at once.
func TestOneFlight(t *testing.T) {
	s := dnstest.New(t, zone)
	s.Delay("example.com", 200*time.Millisecond)
	r := s.Resolver(t)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if got := describe(r.A(t.Context(), "example.com")); got != "[192.0.2.10 192.0.2.11]" {
				t.Error(got)
			}
		})
	}
	wait.Wait()
	if n := s.Questions(); n != 1 {
		t.Errorf("%d questions arrived, want 1", n)
	}
	if st := r.Stats(); st.Questions != 50 || st.Coalesced+st.Cached != 49 {
		t.Errorf("%+v", st)
	}
}

// TestGivingUp checks that an answer is kept though nobody waits for it.
func TestGivingUp(t *testing.T) {
	s := dnstest.New(t, zone)
	s.Delay("example.com", 100*time.Millisecond)
	r := s.Resolver(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	_, err := r.A(ctx, "example.com")
	if !errors.Is(err, dns.ErrTemporary) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("giving up: %v", err)
	}
	if got := describe(r.A(t.Context(), "example.com")); got != "[192.0.2.10 192.0.2.11]" {
		t.Error(got)
	}
	if n := s.Questions(); n != 1 {
		t.Errorf("%d questions arrived, want 1", n)
	}
}

func TestClose(t *testing.T) {
	s := dnstest.New(t, zone)
	s.Lose("", dnstest.Always)
	r, err := dns.New(s.Options(), dns.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	go func() {
		_, err := r.A(t.Context(), "example.com")
		result <- err
	}()
	for s.Questions() == 0 {
		time.Sleep(time.Millisecond) // there is no event of a question's arrival
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, dns.ErrTemporary) {
		t.Errorf("question under way: %v", err)
	}
	if _, err := r.A(t.Context(), "example.com"); !errors.Is(err, dns.ErrTemporary) {
		t.Errorf("question afterwards: %v", err)
	}
}

func TestOverload(t *testing.T) {
	s := dnstest.New(t, zone)
	s.Lose("", dnstest.Always)
	r := s.Resolver(t, func(o *dns.Options) { o.InFlight = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() {
		_, _ = r.A(ctx, "one.example.com")
		close(done)
	}()
	for s.Questions() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := r.A(t.Context(), "two.example.com"); !errors.Is(err, dns.ErrTemporary) || !strings.Contains(err.Error(), "too many") {
		t.Errorf("%v", err)
	}
	cancel()
	<-done
}
