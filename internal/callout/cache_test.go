package callout

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/unit"
)

// TestTimeline is the life of answers, as verify(8) has it: at each moment an
// address is asked for, the server having changed its mind before.
func TestTimeline(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	type step struct {
		at     time.Duration
		says   string // to RCPT, from now on
		want   Status // the answer
		cached bool
		asked  int // times the server was asked in all, once everything rests
	}
	const yes, no, later = "250 2.1.5 Ok", "550 5.1.1 no", "450 4.2.1 later"
	for _, test := range []struct {
		name   string
		change func(*Options)
		steps  []step
	}{
		{"good address", nil, []step{
			{0, yes, OK, false, 1},
			{7 * day, yes, OK, true, 1},
			{7*day + hour, yes, OK, true, 2}, // refreshed in the background
			{38*day + hour, yes, OK, true, 3},
			{70 * day, yes, OK, false, 4}, // expired
		}},
		{"a failed probe does not overwrite a good answer", nil, []step{
			{0, yes, OK, false, 1},
			{8 * day, no, OK, true, 2},
			{8*day + 1000*time.Second, no, OK, true, 2}, // not again so soon
			{8*day + 1001*time.Second, later, OK, true, 3},
			{31 * day, no, OK, true, 4},
			{31*day + 2*time.Second, no, Bounced, false, 5},
		}},
		{"bad address", nil, []step{
			{0, no, Bounced, false, 1},
			{3 * hour, yes, Bounced, true, 1},
			{3*hour + time.Minute, yes, Bounced, true, 2}, // the old answer once more
			{3*hour + 2*time.Minute, yes, OK, true, 2},
		}},
		{"bad address expires", nil, []step{
			{0, no, Bounced, false, 1},
			{3*day + time.Second, no, Bounced, false, 2},
		}},
		{"deferred address", nil, []step{
			{0, later, Deferred, false, 1},
			{hour, no, Deferred, true, 1},
			{4 * hour, no, Deferred, true, 2},
			{4*hour + 1, no, Bounced, true, 2},
		}},
		{"no negative cache", func(o *Options) { o.NegativeCache = false }, []step{
			{0, no, Bounced, false, 1},
			{1, later, Deferred, false, 2},
			{2, yes, OK, false, 3},
			{3, no, OK, true, 3},
			{8 * day, no, OK, true, 4},
			{9 * day, no, OK, true, 5},
		}},
		{"the clock goes back", nil, []step{
			{9 * day, yes, OK, false, 1},
			{0, no, OK, true, 1},
			{17 * day, yes, OK, true, 2},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.host("example.org", "192.0.2.1")
			v := w.verifier(func(o *Options, _ *Environment) {
				if test.change != nil {
					test.change(o)
				}
			})
			start, asked := w.clock.Now(), 0
			for _, s := range test.steps {
				w.clock.add(start.Add(s.at).Sub(w.clock.Now()))
				f := w.server("192.0.2.1", script{replies: map[string]string{"RCPT": s.says}})
				got := v.Verify(t.Context(), sender(t, "User@example.org"))
				idle(v)
				asked += len(f.rcpt)
				if got.Status != s.want || got.Cached != s.cached || asked != s.asked {
					t.Errorf("at %v: %v, cached %v, asked %d times; want %v, %v, %d",
						s.at, got.Status, got.Cached, asked, s.want, s.cached, s.asked)
				}
			}
		})
	}
}

// TestSingleFlight: many mails at once ask once, also in other case, and none
// of their clients is asked.
func TestSingleFlight(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1", "192.0.2.2")
	gate := make(chan struct{})
	first := w.server("192.0.2.1", script{gate: gate, replies: map[string]string{"RCPT": "450 later"}})
	w.server("192.0.2.2", script{})
	v := w.verifier(nil)
	var results [21]Result
	var group sync.WaitGroup
	group.Go(func() { results[0] = v.Verify(t.Context(), sender(t, "user@example.org")) })
	<-first.rcpt
	for i := range results[1:] {
		q := sender(t, []string{"user@example.org", "USER@Example.Org"}[i%2])
		q.Client = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
		if i == 7 {
			q.Client = netip.MustParseAddr("192.0.2.2") // the exchanger to be asked next
		}
		group.Go(func() { results[i+1] = v.Verify(t.Context(), q) })
	}
	for joined(v) < 21 {
		time.Sleep(time.Millisecond) // nothing tells that somebody waits
	}
	close(gate)
	group.Wait()
	// The second exchanger waits for the answer itself: it is left alone.
	for i, r := range results {
		if r.Status != Skipped {
			t.Errorf("mail %d: %v %q", i, r.Status, r.Why())
		}
	}
	if d := w.dials(); !slices.Equal(d, []string{"192.0.2.1:25"}) {
		t.Errorf("connected to %q", d)
	}
}

// joined gives the number of clients that the probe under way serves.
func joined(v *Verifier) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.flights {
		return len(f.askers)
	}
	return 0
}

// faultyStore is a store that can fail.
type faultyStore struct {
	Store
	fails atomic.Bool
}

var errStore = errors.New("disk on fire")

func (s *faultyStore) Get(ctx context.Context, key string) (Entry, bool, error) {
	if s.fails.Load() {
		return Entry{}, false, errStore
	}
	return s.Store.Get(ctx, key)
}

func (s *faultyStore) Put(ctx context.Context, key string, e Entry, expires time.Time) error {
	if s.fails.Load() {
		return errStore
	}
	return s.Store.Put(ctx, key, e, expires)
}

// TestStoreFails: memory stands in, and the store is used again once it works.
func TestStoreFails(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	f := w.server("192.0.2.1", script{})
	store := &faultyStore{Store: NewMemory(10, w.clock.Now)}
	v := w.verifier(func(_ *Options, e *Environment) { e.Store = store })
	for i, fails := range []bool{true, true, false, false, true} {
		store.fails.Store(fails)
		if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != OK || got.Cached == (i%2 == 0) && i < 4 {
			t.Errorf("time %d: %v, cached %v", i, got.Status, got.Cached)
		}
		if s := v.Stats(); s.StoreFailing != fails {
			t.Errorf("time %d: store failing %v", i, s.StoreFailing)
		}
	}
	if len(f.rcpt) != 2 {
		t.Errorf("asked %d times, want 2", len(f.rcpt))
	}
}

// TestSharedStore: another host's probe is waited for, until it is lost; and
// answers outlive us.
func TestSharedStore(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	gate := make(chan struct{})
	f := w.server("192.0.2.1", script{gate: gate})
	store := NewMemory(10, w.clock.Now)
	share := func(_ *Options, e *Environment) { e.Store = store }
	one, two := w.verifier(share), w.verifier(share)
	q := sender(t, "user@example.org")
	var group sync.WaitGroup
	group.Go(func() { one.Verify(t.Context(), q) })
	<-f.rcpt
	if got := two.Verify(t.Context(), q); got.Status != Unknown || got.Why() != whyPending {
		t.Errorf("while the other asks: %v %q", got.Status, got.Why())
	}
	if s := two.Stats(); s.Probes != 0 {
		t.Error("both asked")
	}
	w.clock.add(1001 * time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() { two.Verify(ctx, q) })
	<-f.rcpt // the other's is lost
	cancel()
	close(gate)
	group.Wait()
	idle(one)
	idle(two)
	one.Close()
	two.Close()
	three := w.verifier(share)
	if got := three.Verify(t.Context(), q); got.Status != OK || !got.Cached {
		t.Errorf("after a restart: %v, cached %v", got.Status, got.Cached)
	}
}

// TestClose ends probes under way and leaves no mark of them.
func TestClose(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	f := w.server("192.0.2.1", script{replies: map[string]string{"RCPT": "hang"}})
	store := NewMemory(10, w.clock.Now)
	v := w.verifier(func(_ *Options, e *Environment) { e.Store = store })
	go func() { <-f.rcpt; v.Close() }()
	if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != Failure || got.Why() != "address verification problem" {
		t.Errorf("closed meanwhile: %v %q", got.Status, got.Why())
	}
	v.Close()
	if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != Failure {
		t.Errorf("closed before: %v", got.Status)
	}
	if n := store.Len(); n != 0 {
		t.Errorf("%d entries stay", n)
	}
}

// TestCloseDuringRefresh keeps the good answer, and does not hold the next
// refresh off.
func TestCloseDuringRefresh(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	w.server("192.0.2.1", script{})
	store := NewMemory(10, w.clock.Now)
	v := w.verifier(func(_ *Options, e *Environment) { e.Store = store })
	q := sender(t, "user@example.org")
	v.Verify(t.Context(), q)
	w.clock.add(8 * 24 * time.Hour)
	f := w.server("192.0.2.1", script{replies: map[string]string{"RCPT": "hang"}})
	if got := v.Verify(t.Context(), q); got.Status != OK {
		t.Error(got)
	}
	<-f.rcpt
	v.Close()
	e, found, _ := store.Get(t.Context(), v.target(q).key)
	if !found || e.Status != OK || !e.Probed.IsZero() {
		t.Errorf("kept %+v", e)
	}
}

// TestLimits bounds probes by domain and in all, for a minute.
func TestLimits(t *testing.T) {
	w := newWorld(t)
	v := w.verifier(func(o *Options, _ *Environment) {
		o.PerMinute, o.PerDomain, o.NextHopPerMinute = 5, 2, 3
		o.NextHops = []string{"* smtp:10.0.0.5"}
		o.NegativeCache = false
	})
	n := 0
	ask := func(domain string, kind Kind) Status {
		n++
		q := Request{Address: address(t, fmt.Sprintf("u%d@%s", n, domain)), Kind: kind}
		return v.Verify(t.Context(), q).Status
	}
	for i, step := range []struct {
		after  time.Duration
		domain string
		kind   Kind
		want   Status
	}{
		{0, "a.example.org", Sender, Bounced}, {0, "b.example.org", Sender, Bounced},
		{0, "c.example.org", Sender, Unknown}, // the same owner
		{time.Second, "example.net", Sender, Bounced}, {0, "example.com", Sender, Bounced}, {0, "example.co.uk", Sender, Bounced},
		{0, "other.co.uk", Sender, Unknown}, // five in all
		{0, "example.org", Recipient, Deferred}, {0, "example.org", Recipient, Deferred}, {0, "example.org", Recipient, Deferred},
		{0, "example.org", Recipient, Unknown}, // three to the next hop
		{59 * time.Second, "c.example.org", Sender, Bounced}, {0, "d.example.org", Sender, Bounced},
		{0, "e.example.org", Sender, Unknown},
		{time.Second, "example.org", Recipient, Deferred},
		{-time.Hour, "example.org", Recipient, Deferred}, // the clock goes back
	} {
		w.clock.add(step.after)
		if got := ask(step.domain, step.kind); got != step.want {
			t.Errorf("step %d, %s: %v, want %v", i, step.domain, got, step.want)
		}
	}
	if s := v.Stats(); s.Limited != 4 {
		t.Errorf("limited %d times", s.Limited)
	}
}

// TestLimitsStayBounded: a flood of domains leaves no more windows behind than
// can be busy.
func TestLimitsStayBounded(t *testing.T) {
	o := DefaultOptions()
	l := newLimits(&o)
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		l.take(fmt.Sprintf("d%d.example", i), now)
		now = now.Add(100 * time.Millisecond)
	}
	if len(l.domains) > 2*o.PerMinute {
		t.Errorf("%d windows", len(l.domains))
	}
}

// TestConcurrent lets so many probes run at a time and no more; a refused
// refresh gives the old answer.
func TestConcurrent(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	gate := make(chan struct{})
	f := w.server("192.0.2.1", script{gate: gate})
	v := w.verifier(func(o *Options, _ *Environment) { o.Concurrent = 2 })
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			q := Request{Address: address(t, fmt.Sprintf("u%d@example.org", i))}
			if got := v.Verify(t.Context(), q); got.Status != OK {
				t.Errorf("%d: %v", i, got)
			}
		})
	}
	for i := range 6 {
		<-f.rcpt
		if i == 0 {
			continue
		}
		// Two are there: as many connections as were let through and two more.
		if n := len(w.dials()); n > i+1 {
			t.Errorf("%d connections while %d may be done", n, i-1)
		}
		gate <- struct{}{}
	}
	gate <- struct{}{}
	group.Wait()
}

func TestMemory(t *testing.T) {
	c := clock{now: time.Unix(1000, 0)}
	m := NewMemory(2, c.Now)
	put := func(key string, d time.Duration) {
		if err := m.Put(t.Context(), key, Entry{Why: key}, c.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	has := func(key string) bool {
		e, found, err := m.Get(t.Context(), key)
		if err != nil || found && e.Why != key {
			t.Errorf("%s: %v %v", key, e, err)
		}
		return found
	}
	put("a", time.Hour)
	put("b", time.Minute)
	has("a")
	put("c", time.Hour) // b was not wanted for longest
	if !has("a") || has("b") || !has("c") || m.Len() != 2 {
		t.Error("the wrong one went")
	}
	put("a", 0)
	if has("a") || m.Len() != 1 {
		t.Error("an expired entry stays")
	}
	c.add(2 * time.Hour)
	if has("c") || m.Len() != 0 {
		t.Error("an entry outlives its end")
	}
}

func TestNumbers(t *testing.T) {
	at := time.Unix(1795250000, 0)
	for _, e := range []Entry{
		{}, {Status: Unknown, Probed: at},
		{Status: OK, CatchAll: true, Updated: at, Probed: at.Add(time.Hour), Code: 250, Enhanced: "2.1.5"},
		{Status: Bounced, Updated: at, Code: 550, Enhanced: "5.255.999"}, {Status: Deferred, Updated: at, Code: 450, Enhanced: "4.0.0"},
	} {
		if got := EntryOf(e.Numbers()); got != e {
			t.Errorf("%+v comes back as %+v", e, got)
		}
	}
	e := EntryOf(Entry{Status: Bounced, Updated: at, Code: 550, Enhanced: "5.1.1", Why: "x"}.Numbers())
	if r := e.result(); r.Why() != "said: 550 5.1.1" {
		t.Errorf("without its text: %q", r.Why())
	}
}

func TestRefreshAgainstLimits(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	w.server("192.0.2.1", script{})
	v := w.verifier(func(o *Options, _ *Environment) { o.PerMinute, o.PositiveRefresh = 1, unit.Duration(time.Second) })
	q := sender(t, "user@example.org")
	for range 3 {
		if got := v.Verify(t.Context(), q); got.Status != OK {
			t.Error(got)
		}
		idle(v)
		w.clock.add(2 * time.Second)
	}
	if s := v.Stats(); s.Probes != 1 || s.Limited != 2 {
		t.Errorf("%+v", s)
	}
}
