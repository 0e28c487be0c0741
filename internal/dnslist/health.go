package dnslist

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"postern/internal/dns"
)

const (
	// tick is how often it is looked for lists that are due.
	tick = time.Second
	// doubtInterval is when a list is examined again that did not answer
	// once.
	doubtInterval = 10 * time.Second
	// retryInterval is when a list that is off is examined again; it doubles
	// up to the interval of idle lists.
	retryInterval = 15 * time.Second
	// doubts is how many examinations in a row a list may leave unanswered
	// before it is off.
	doubts = 2
)

// ErrOff is wrapped by the error of a list that is switched off because it
// does not work.
var ErrOff = errors.New("the list is switched off")

// offError says of which list, and why.
type offError struct {
	zone, reason string
}

func (e *offError) Error() string { return fmt.Sprintf("DNS list %s is off: %s", e.zone, e.reason) }

func (e *offError) Unwrap() error { return ErrOff }

// Run examines the lists at once and then regularly, until ctx ends.
func (s *Set) Run(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		s.due()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Probe examines the lists that are due, and waits for that.
func (s *Set) Probe(ctx context.Context) {
	for _, done := range s.due() {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// due begins to examine the lists that are due.
func (s *Set) due() (running []<-chan struct{}) {
	s.mu.Lock()
	zones := make([]*zone, 0, len(s.zones))
	for _, z := range s.zones {
		zones = append(zones, z)
	}
	s.mu.Unlock()
	now := s.now()
	for _, z := range zones {
		z.mu.Lock()
		if z.probe != probeOff && !now.Before(z.dueAt(s.options)) {
			running = append(running, s.examine(z))
		}
		z.mu.Unlock()
	}
	return running
}

// dueAt tells when a locked zone is to be examined.
func (z *zone) dueAt(o Options) time.Time {
	if z.state == Works && z.bad == 0 && z.used {
		return z.probed.Add(o.ProbeInterval.Std())
	}
	return z.due
}

// examine begins to examine a locked zone unless that is under way.
func (s *Set) examine(z *zone) <-chan struct{} {
	if z.running != nil {
		return z.running
	}
	done := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		close(done)
		return done
	}
	z.running = done
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		defer close(done)
		s.judge(z)
	}()
	return done
}

// ready demands that a list works. One that was never examined is examined
// first, and with maxAge one whose last examination is longer ago.
func (s *Set) ready(ctx context.Context, z *zone, maxAge time.Duration) error {
	if z.probe == probeOff {
		return nil
	}
	z.mu.Lock()
	var running <-chan struct{}
	if z.state == Unknown || maxAge > 0 && z.state == Works && s.now().Sub(z.probed) > maxAge {
		running = s.examine(z)
	}
	z.used = true
	z.mu.Unlock()
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the examination of DNS list %s: %w: %w", z.shown, dns.ErrTemporary, ctx.Err())
		}
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	switch z.state {
	case Works:
		return nil
	case Off:
		return &offError{z.shown, z.fault.reason}
	default:
		return fmt.Errorf("examining DNS list %s: %w: the lists are closed", z.shown, dns.ErrTemporary)
	}
}

// judge examines a zone and notes what comes of it.
func (s *Set) judge(z *zone) {
	f, note, answered := s.inspect(z)
	now := s.now()
	z.mu.Lock()
	defer z.mu.Unlock()
	z.running = nil
	if s.ctx.Err() != nil {
		return // it is us who ended it
	}
	z.probed, z.note, z.used = now, note, false
	switch {
	case f == nil:
		z.bad, z.missed = 0, 0
		s.set(z, Works, fault{})
		z.due = now.Add(s.options.IdleInterval.Std())
		return
	case !answered && z.state == Works && z.bad+1 < doubts:
		z.bad++
		z.due = now.Add(doubtInterval)
		return
	}
	z.bad++
	s.set(z, Off, *f)
	z.due = now.Add(backoff(z.bad, s.options.IdleInterval.Std()))
}

// backoff is how long to wait after a number of bad examinations.
func backoff(bad int, most time.Duration) time.Duration {
	d := retryInterval
	for range bad - 1 {
		if d >= most {
			break
		}
		d *= 2
	}
	return min(d, most)
}

// fail switches a locked zone off that failed in use. One that does so again
// and again soon after it came back, since its test points answer and nothing
// else does, stays off longer each time.
func (s *Set) fail(z *zone, f fault) {
	if z.state == Off || z.probe == probeOff {
		return
	}
	now := s.now()
	z.relapses++
	if now.Sub(z.back) > s.options.IdleInterval.Std() {
		z.relapses = 1
	}
	s.set(z, Off, f)
	z.due = now.Add(backoff(z.relapses, s.options.IdleInterval.Std()))
}

// set changes the state of a locked zone, and says so.
func (s *Set) set(z *zone, state State, f fault) {
	if z.state == state && z.fault == f {
		return
	}
	if z.state != state {
		z.since = s.now()
	}
	switch {
	case state == Off:
		if z.state != Off {
			z.timesOff.Add(1)
		}
		s.log.Warn("DNS list switched off", "zone", z.shown, "reason", f.reason, "advice", f.advice)
	case z.state == Off:
		s.log.Info("DNS list works again", "zone", z.shown)
	}
	if state == Works {
		z.back = s.now()
	}
	z.state, z.fault = state, f
}

// inspect asks a zone for its test points and judges the answers. answered
// tells whether there were any.
func (s *Set) inspect(z *zone) (f *fault, note string, answered bool) {
	listed, not := z.points()
	answers, err := s.addresses(z.question(not))
	if err != nil {
		return z.silent(err), "", false
	}
	if f := z.crooked(answers); f != nil {
		return f, "", true
	}
	if len(answers) > 0 {
		return z.broken(fmt.Sprintf("it lists everything: %s is answered with %s", z.question(not), answers[0])), "", true
	}
	if listed == "" {
		return nil, "", true
	}
	if answers, err = s.addresses(z.question(listed)); err != nil {
		return z.silent(err), "", false
	}
	if f := z.crooked(answers); f != nil {
		return f, "", true
	}
	if len(answers) > 0 {
		return nil, "", true
	}
	missing := "it does not list its test point " + listed
	if z.strict {
		return z.broken(missing), "", true
	}
	return nil, missing, true
}

// addresses asks for the addresses of a name, whatever is in the cache; none
// for a name without.
func (s *Set) addresses(name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(dns.Fresh(s.ctx), s.options.Timeout.Std())
	defer cancel()
	a, err := s.resolver.Query(ctx, name, dns.TypeA)
	if dns.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list := make([]netip.Addr, len(a.Records))
	for i := range a.Records {
		list[i] = a.Records[i].Addr
	}
	return list, nil
}
