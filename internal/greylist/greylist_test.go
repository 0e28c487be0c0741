package greylist

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/store/sqlite"
	"postern/internal/store/storetest"
	"postern/internal/unit"
)

func mail(ip, from, to string) Request {
	sender, _ := addr.ParsePath(from)
	recipient, _ := addr.ParsePath(to)
	return Request{ClientIP: netip.MustParseAddr(ip), Sender: sender, Recipient: recipient}
}

// TestAtOnce: the same mail by many connections comes back once.
func TestAtOnce(t *testing.T) {
	m := storetest.NewMemory()
	o := DefaultOptions()
	var now atomic.Int64
	now.Store(start.Unix())
	clock := func() time.Time { return time.Unix(now.Load(), 0) }
	g, err := New(o, m, Whitelists{}, Identity{}, clock)
	if err != nil {
		t.Fatal(err)
	}
	r := mail("192.0.2.1", "a@example.com", "b@example.org")
	count := func(want Decision) (n int64) {
		var all sync.WaitGroup
		var hits atomic.Int64
		for range 16 {
			all.Go(func() {
				if g.Check(t.Context(), r).Decision == want {
					hits.Add(1)
				}
			})
		}
		all.Wait()
		return hits.Load()
	}
	if n := count(Wait); n != 16 {
		t.Errorf("%d of 16 wait", n)
	}
	now.Add(400)
	if n := count(FirstPass); n != 1 {
		t.Errorf("%d of 16 are the first to pass", n)
	}
	rec, _, err := m.Get(t.Context(), g.ask(&r, clock()).key(kindClient, "192.0.2.1"))
	if err != nil || rec.Numbers[numberCount] != 1 {
		t.Errorf("the client counts %+v, %v", rec, err)
	}
	if s := g.Status(); s.Waits != 16 || s.FirstPasses != 1 || s.Reasons[ReasonPassedBefore] != 15 || !s.Health.OK {
		t.Errorf("status %+v", s)
	}
}

// TestFault: the store fails at any time.
func TestFault(t *testing.T) {
	for _, c := range []struct {
		open bool
		want Decision
	}{{true, Pass}, {false, Unknown}} {
		m := storetest.NewMemory()
		o := DefaultOptions()
		o.FailOpen = c.open
		g, err := New(o, m, Whitelists{}, Identity{}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		r := mail("192.0.2.1", "a@example.com", "b@example.org")
		m.Fail(errors.New("no disk"))
		a := g.Check(t.Context(), r)
		if a.Decision != c.want || a.Reason != ReasonUnavailable || !strings.Contains(a.Evidence(), "no disk") {
			t.Errorf("got %v, %s", a.Decision, a.Evidence())
		}
		if s := g.Status(); s.Health.OK || s.Reasons[ReasonUnavailable] != 1 {
			t.Errorf("status %+v", s)
		}
		m.Fail(nil)
		if a := g.Check(t.Context(), r); a.Decision != Wait {
			t.Errorf("with the disk back: %v, %s", a.Decision, a.Evidence())
		}
	}
}

// TestNeverWaitsAgain: whatever the order of attempts and of the clock, who
// passed never waits again within MaxAge, and nobody waits longer than the
// delay after the clock stood still.
func TestNeverWaitsAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, semantics := range []string{SemanticsPostgrey, SemanticsGld, SemanticsSqlgrey} {
		o := DefaultOptions()
		o.Semantics = semantics
		g := newGreylist(t, o)
		passed := map[string]time.Time{}
		now := start
		for range 20000 {
			now = now.Add(time.Duration(random.IntN(2400)-1000) * time.Second)
			r := mail(fmt.Sprintf("192.0.%d.1", random.IntN(5)), fmt.Sprintf("u%d@x%d.example", random.IntN(3), random.IntN(3)),
				fmt.Sprintf("r%d@example.org", random.IntN(5)))
			r.Time = now
			key := fmt.Sprint(r.ClientIP, r.Sender, r.Recipient)
			a := g.Check(t.Context(), r)
			last, ok := passed[key]
			switch {
			case a.Decision != Wait:
				passed[key] = now
			case ok && now.Sub(last) < time.Duration(g.s.maxAge)*time.Second:
				t.Fatalf("%s: %s passed at %v and waits at %v: %s", semantics, key, last, now, a.Evidence())
			case a.Wait > time.Duration(g.s.delay+1)*time.Second || a.Wait <= 0:
				t.Fatalf("%s: waits %v", semantics, a.Wait)
			}
		}
		if len(passed) < 20 {
			t.Errorf("%s: only %d passed", semantics, len(passed))
		}
	}
}

// TestRestart: what was learned is there after a restart, unless the privacy
// key changed.
func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.db")
	check := func(key string, at time.Duration) Decision {
		s, err := sqlite.OpenRecords(t.Context(), path, sqlite.RecordsOptions{Now: func() time.Time { return start }})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		o := DefaultOptions()
		o.PrivacyKey = key
		g, err := New(o, s, Whitelists{}, Identity{}, func() time.Time { return start.Add(at) })
		if err != nil {
			t.Fatal(err)
		}
		return g.Check(t.Context(), mail("192.0.2.1", "a@example.com", "b@example.org")).Decision
	}
	for _, step := range []struct {
		key  string
		at   time.Duration
		want Decision
	}{
		{"", 0, Wait}, {"", 301 * time.Second, FirstPass}, {"", 302 * time.Second, Pass},
		{"secret", 303 * time.Second, Wait}, {"", 304 * time.Second, Pass},
	} {
		if got := check(step.key, step.at); got != step.want {
			t.Errorf("key %q at %v: %v, want %v", step.key, step.at, got, step.want)
		}
	}
}

func TestInstances(t *testing.T) {
	s := newInstances()
	for i := range 2 * maxInstances {
		if name := fmt.Sprint(i); !s.first(name) || s.first(name) {
			t.Fatalf("instance %d", i)
		}
	}
	if len(s.known) > maxInstances || !s.first("1") || !s.first("") || !s.first("") {
		t.Errorf("%d are remembered", len(s.known))
	}
	long := strings.Repeat("x", 10*maxInstanceLen)
	if !s.first(long) || s.first(long) {
		t.Error("a long name is not remembered")
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct{ semantics, text, action, want string }{
		{SemanticsPostgrey, "", "defer_if_permit", "DEFER_IF_PERMIT|Greylisted, please come back in 300 seconds"},
		{SemanticsPostgrey, "see https://example.org/%r for %m m", "defer", "DEFER|see https://example.org/example.net for 5 m"},
		{SemanticsGld, "", "defer_if_permit", "DEFER_IF_PERMIT|Greylisted"},
		{SemanticsGld, "450 4.2.0 Later", "defer_if_permit", "450|4.2.0 Later"},
		{SemanticsSqlgrey, "", "450", "450|Greylisted for 5 minutes"},
	} {
		o := DefaultOptions()
		o.Semantics, o.Text, o.Action = c.semantics, c.text, c.action
		a := newGreylist(t, o).Check(t.Context(), mail("192.0.2.1", "a@example.com", "b@example.net"))
		if got := a.Action + "|" + a.Text; got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestOff(t *testing.T) {
	o := DefaultOptions()
	o.Mode = ModeOff
	if a := newGreylist(t, o).Check(t.Context(), mail("192.0.2.1", "a@example.com", "b@example.net")); a.Reason != ReasonOff {
		t.Errorf("got %s", a.Evidence())
	}
}

func TestValidate(t *testing.T) {
	for _, semantics := range []string{SemanticsPostgrey, SemanticsGld, SemanticsSqlgrey} {
		o := DefaultOptions()
		o.Semantics = semantics
		if err := o.Validate(); err != nil {
			t.Errorf("%s: %v", semantics, err)
		}
	}
	long, short := unit.Duration(72*time.Hour), unit.Duration(0)
	many := 5000
	for key, change := range map[string]func(*Options){
		"mode":                    func(o *Options) { o.Mode = "x" },
		"semantics":               func(o *Options) { o.Semantics = "milter-greylist" },
		"source":                  func(o *Options) { o.Source = "x" },
		"delay":                   func(o *Options) { o.Delay = &short },
		"retry_window":            func(o *Options) { o.Delay = &long },
		"max_age":                 func(o *Options) { o.MaxAge = new(unit.Duration(time.Hour)) },
		"ipv4_prefix":             func(o *Options) { o.IPv4Prefix = 0 },
		"ipv6_prefix":             func(o *Options) { o.IPv6Prefix = 129 },
		"auto_whitelist_clients":  func(o *Options) { o.AutoWhitelistClients = &many },
		"max_records":             func(o *Options) { o.MaxRecords = 1 },
		"score_to":                func(o *Options) { o.ScoreTo = 1 },
		"action":                  func(o *Options) { o.Action = "reject" },
		"text":                    func(o *Options) { o.Text = "a\nb" },
		"header":                  func(o *Options) { o.Header = "no colon" },
		"opt_method":              func(o *Options) { o.OptMethod = "x" },
		"opt_in[0]":               func(o *Options) { o.OptIn = []string{"a b"} },
		"flush":                   func(o *Options) { o.Flush = 0 },
		"whitelist_clients[1]":    func(o *Options) { o.WhitelistClients = []string{"ok.example", "/x"} },
		"whitelist_recipients[0]": func(o *Options) { o.WhitelistRecipients = []string{"a b"} },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), key+": ") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	s, err := sqlite.OpenRecords(b.Context(), filepath.Join(b.TempDir(), "records.db"), sqlite.RecordsOptions{})
	if err != nil {
		b.Fatal(err)
	}
	g, err := New(DefaultOptions(), s, Whitelists{}, Identity{}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		g.Check(b.Context(), Request{
			ClientIP: netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}),
			Sender:   addr.Address{Local: fmt.Sprint("s", i), Domain: "example.com"}, Recipient: addr.Address{Local: "b", Domain: "example.org"},
		})
	}
	if err := s.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}
