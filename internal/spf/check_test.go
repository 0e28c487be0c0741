package spf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/unit"
)

// counting counts the questions asked of a zone.
type counting struct {
	zone
	questions int
}

func (c *counting) A(ctx context.Context, name string) ([]netip.Addr, error) {
	c.questions++
	return c.zone.A(ctx, name)
}

func (c *counting) AAAA(ctx context.Context, name string) ([]netip.Addr, error) {
	c.questions++
	return c.zone.AAAA(ctx, name)
}

func (c *counting) MX(ctx context.Context, name string) ([]dns.MX, error) {
	c.questions++
	return c.zone.MX(ctx, name)
}

func (c *counting) TXT(ctx context.Context, name string) ([]string, error) {
	c.questions++
	return c.zone.TXT(ctx, name)
}

func (c *counting) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	c.questions++
	return c.zone.PTR(ctx, ip)
}

// request is a mail of a@a.example.
func request() Request {
	return Request{
		IP: netip.MustParseAddr("192.0.2.1"), HELO: "mail.a.example",
		Sender: addr.Address{Local: "a", Domain: "a.example"},
	}
}

// TestHostileRecords evaluates records meant to do harm: the result is right,
// and the questions are few.
func TestHostileRecords(t *testing.T) {
	var networks strings.Builder
	for i := range 700 {
		fmt.Fprintf(&networks, " ip4:10.%d.%d.0", i/256, i%256)
	}
	tests := []struct {
		name, record string
		want         Code
		questions    int
	}{
		{"10,000 characters", "v=spf1" + networks.String() + " ip4:192.0.2.1 -all", Pass, 1},
		{"no match", "v=spf1" + networks.String() + " -all", Fail, 1},
		{"an error at its end", "v=spf1 ip4:192.0.2.1" + networks.String() + " !", PermError, 1},
		{"blanks", "v=spf1" + strings.Repeat(" ", 10000) + "-all", Fail, 1},
		{"many mechanisms", "v=spf1" + strings.Repeat(" mx:ten.example", 3000), PermError, 111},
		{"many dead names", "v=spf1" + strings.Repeat(" a:dead.example", 3000), PermError, 4},
		{"includes itself", "v=spf1" + strings.Repeat(" include:a.example", 3000), PermError, 11},
		{"redirects to itself", "v=spf1 redirect=a.example", PermError, 11},
		{"macro bomb", "v=spf1 exists:" + strings.Repeat("%{L}%{S}%{i}.", 700) + "b.example -all", Fail, 2},
		{"empty macros", "v=spf1 exists:" + strings.Repeat("%{l9r}", 1600) + "%{d} -all", Fail, 2},
		{"bomb of names", "v=spf1 exists:" + strings.Repeat("%{p}.", 1000) + "b.example -all", Fail, 13},
		{"bomb in exp", "v=spf1 -all exp=" + strings.Repeat("%{p}.", 1000) + "b.example", Fail, 13},
		{"one long term", "v=spf1 a:" + strings.Repeat("a", 10000) + ".example -all", Fail, 2},
		{"one long word", "v=spf1 " + strings.Repeat("a", 10000), PermError, 1},
		{"an open macro", "v=spf1 a:%{" + strings.Repeat("d", 10000), PermError, 1},
		{"percent signs", "v=spf1 a:" + strings.Repeat("%", 10001), PermError, 1},
		{"over the bound", "v=spf1" + strings.Repeat(" ip4:192.0.2.1", 10000), PermError, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			z := zone{}
			z.at("a.example").txt = []string{tt.record}
			z.at("host.example").a = []netip.Addr{netip.MustParseAddr("203.0.113.1")}
			reverse := z.at("1.2.0.192.in-addr.arpa")
			for i := range 100 {
				z.at("ten.example").mx = append(z.at("ten.example").mx[:min(i, 9)], dns.MX{Host: "host.example"})
				reverse.ptr = append(reverse.ptr, fmt.Sprintf("n%d.example", i))
			}
			r := &counting{zone: z}
			c, err := New(DefaultOptions(), r)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Check(t.Context(), request())
			if got.Code != tt.want {
				t.Errorf("got %v, want %v: %s", got.Code, tt.want, clipTo(describe(got), 300))
			}
			if r.questions > tt.questions {
				t.Errorf("asked %d questions, want at most %d", r.questions, tt.questions)
			}
		})
	}
}

// stuck never answers questions of one type before the context ends.
type stuck struct {
	zone
	kind dns.Type
}

func (s stuck) TXT(ctx context.Context, name string) ([]string, error) {
	if s.kind == dns.TypeTXT {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.zone.TXT(ctx, name)
}

func (s stuck) PTR(ctx context.Context, _ netip.Addr) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTimeout(t *testing.T) {
	for _, kind := range []dns.Type{dns.TypeTXT, dns.TypePTR} {
		z := zone{}
		z.at("a.example").txt = []string{"v=spf1 ptr -all"}
		o := DefaultOptions()
		o.Timeout = unit.Duration(time.Millisecond)
		c, err := New(o, stuck{z, kind})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Check(t.Context(), request()); got.Code != TempError || got.Reason == "" {
			t.Errorf("%v: got %v (%s), want temperror and a reason", kind, got.Code, got.Reason)
		}
	}
}

func TestIdentities(t *testing.T) {
	z := zone{}
	z.at("a.example").txt = []string{"v=spf1 -all"}
	z.at("mail.a.example").txt = []string{"v=spf1 ip4:192.0.2.1 -all"}
	c, err := New(DefaultOptions(), z)
	if err != nil {
		t.Fatal(err)
	}
	q := request()
	if got := c.Check(t.Context(), q); got.Code != Fail || got.Identity != MailFrom || got.Domain != "a.example" {
		t.Errorf("MAIL FROM: got %v by %v %s", got.Code, got.Identity, got.Domain)
	}
	if got := c.CheckHELO(t.Context(), q); got.Code != Pass || got.Identity != HELO || got.Domain != "mail.a.example" {
		t.Errorf("HELO: got %v by %v %s", got.Code, got.Identity, got.Domain)
	}
	q.IP = netip.Addr{}
	if got := c.Check(t.Context(), q); got.Code != None || got.Reason == "" {
		t.Errorf("no address: got %v (%s)", got.Code, got.Reason)
	}
	c.ReceivedSPF(q, c.Check(t.Context(), q))
	q.IP = netip.MustParseAddr("fe80::1%eth0")
	if got := c.ReceivedSPF(q, c.Check(t.Context(), q)); !strings.Contains(got, `client-ip="fe80::1";`) {
		t.Errorf("the zone of an address is in %s", got)
	}
}

func TestOptions(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	o := Options{MaxVoidLookups: -1, BestGuess: true, BestGuessRecord: "v=spf1 b", TrustedForwarders: []string{"192.0.2.0/24", "mx.example"}}
	_, err := New(o, zone{})
	for _, key := range []string{"max_void_lookups", "timeout", "best_guess_record", "trusted_forwarders[1]"} {
		if err == nil || !strings.Contains(err.Error(), key+": ") {
			t.Errorf("the error %v says nothing of %s", err, key)
		}
	}
	var bad *unit.KeyError
	if !errors.As(err, &bad) {
		t.Errorf("%T is no KeyError", err)
	}
}

// FuzzCheck evaluates any record and demands that nothing breaks, that the
// questions stay few and that the header is well formed.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{
		"v=spf1 a mx/24//64 ptr:%{d} include:b.example ip4:192.0.2.0/24 ip6:::/0 exists:%{ir}.%{l1r-}.b.example ~all exp=%{p}.a.example",
		"v=spf1 redirect=%{o} foo=%{h}", "v=spf1 -all exp=a.example", "no record",
	} {
		f.Add(s, "a", "mail.a.example", true)
	}
	f.Fuzz(func(t *testing.T, record, local, helo string, six bool) {
		z := zone{}
		for _, name := range []string{"a.example", "b.example"} {
			n := z.at(name)
			n.txt = []string{record}
			n.mx = []dns.MX{{Host: "b.example"}, {Host: ""}}
			n.a = []netip.Addr{netip.MustParseAddr("192.0.2.9")}
		}
		z.at("1.2.0.192.in-addr.arpa").ptr = []string{"b.example", "", "..", "a.example."}
		r := &counting{zone: z}
		c, err := New(DefaultOptions(), r)
		if err != nil {
			t.Fatal(err)
		}
		q := request()
		q.Sender.Local, q.HELO = local, helo
		if six {
			q.IP = netip.MustParseAddr("2001:db8::1")
		}
		got := c.Check(t.Context(), q)
		if r.questions > 1+MaxLookups*(1+MaxMX)+1+MaxPTR+1 {
			t.Errorf("%d questions", r.questions)
		}
		if got.Lookups > MaxLookups || !within(got.Explanation, ' ') || len(got.Explanation) > maxExplanation {
			t.Errorf("out of bounds: %+v", got)
		}
		header := c.ReceivedSPF(q, got)
		for line := range strings.SplitSeq(header, "\n\t") {
			if !within(line, ' ') || len(line) > 990 {
				t.Errorf("bad line %q in the header", line)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	z := zone{}
	z.at("a.example").txt = []string{"site-verification=0123456789", "v=spf1 include:_spf.b.example include:c.example a mx ip4:198.51.100.0/24 -all"}
	z.at("_spf.b.example").txt = []string{"v=spf1 include:n1.b.example include:n2.b.example ~all"}
	z.at("n1.b.example").txt = []string{"v=spf1" + strings.Repeat(" ip4:203.0.113.0/24 ip6:2001:db8:1::/48", 8) + " ~all"}
	z.at("n2.b.example").txt = []string{"v=spf1" + strings.Repeat(" ip4:203.0.113.0/24 ip6:2001:db8:2::/48", 8) + " ~all"}
	z.at("c.example").txt = []string{"v=spf1 ip4:203.0.113.0/24 exists:%{ir}.list.c.example ?all"}
	z.at("a.example").a = []netip.Addr{netip.MustParseAddr("198.51.100.9")}
	z.at("a.example").mx = []dns.MX{{Host: "a.example", Preference: 10}}
	c, err := New(DefaultOptions(), z)
	if err != nil {
		b.Fatal(err)
	}
	for _, bm := range []struct {
		name, ip string
		want     Code
	}{{"pass", "198.51.100.20", Pass}, {"fail", "192.0.2.1", Fail}} {
		b.Run(bm.name, func(b *testing.B) {
			q := request()
			q.IP = netip.MustParseAddr(bm.ip)
			b.ReportAllocs()
			for b.Loop() {
				if got := c.Check(b.Context(), q); got.Code != bm.want {
					b.Fatalf("got %v: %s", got.Code, describe(got))
				}
			}
		})
	}
}
