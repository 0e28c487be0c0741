package callout

import (
	"context"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"postern/internal/addr"
)

// target is an address and where it is asked for.
type target struct {
	question question
	kind     Kind
	domain   string
	// hop is the next hop; nil for the domain's mail exchangers.
	hop *place
	// key names the answer in the cache.
	key string
}

// target finds out where to ask.
func (v *Verifier) target(q Request) target {
	domain := q.Address.ASCIIDomain()
	t := target{
		question: question{address: q.Address, rcpt: wireAddress(q.Address)},
		kind:     q.Kind, domain: domain, hop: v.hops.find(domain, q.Kind),
	}
	where := "mx"
	if t.hop != nil {
		where = t.hop.target
	}
	// Case makes no difference to servers in use, and would fill the cache.
	t.key = strings.ToLower(q.Address.Local) + "@" + domain + " " + where
	return t
}

// flight is one probe under way; everybody who asks for the same meanwhile
// gets its result.
type flight struct {
	done   chan struct{}
	result Result // once done is closed

	// askers are the hosts on whose behalf it is asked. Guarded by the
	// Verifier's mu.
	askers map[netip.Addr]bool
}

// maxAskers bounds the hosts that one probe serves.
const maxAskers = 256

// start begins a probe, or joins the one under way. Where none may begin, the
// result says why. pending tells that a probe is under way which is perhaps
// not ours: another host's that shares the store.
func (v *Verifier) start(t target, client netip.Addr, pending bool) (*flight, Result) {
	v.mu.Lock()
	defer v.mu.Unlock()
	client = client.Unmap().WithZone("")
	if f := v.flights[t.key]; f != nil {
		if len(f.askers) >= maxAskers {
			return nil, unknown(whyPending)
		}
		f.askers[client] = true
		return f, Result{}
	}
	if v.closed {
		return nil, failure(whyFailure)
	}
	if pending {
		return nil, unknown(whyPending)
	}
	if !v.allowed(t) {
		v.count.limited.Add(1)
		return nil, unknown(whyLimited)
	}
	f := &flight{done: make(chan struct{}), askers: map[netip.Addr]bool{client: true}}
	v.flights[t.key] = f
	v.group.Go(func() { v.fly(t, f) })
	return f, Result{}
}

// allowed counts a probe, unless there were too many.
func (v *Verifier) allowed(t target) bool {
	if t.hop != nil {
		return v.limits.takeHop(v.env.Now())
	}
	// A domain's owner can make up names below it without end.
	return v.limits.take(addr.Registrable(t.domain), v.env.Now())
}

// asked tells whether the host waits for this probe itself.
func (v *Verifier) asked(f *flight, ip netip.Addr) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return f.askers[ip]
}

// fly runs a probe and gives everybody its result.
func (v *Verifier) fly(t target, f *flight) {
	ctx, cancel := context.WithTimeout(v.ctx, v.o.ProbeTimeout.Std())
	defer cancel()
	f.result = v.learn(ctx, t, f)
	v.mu.Lock()
	delete(v.flights, t.key)
	v.mu.Unlock()
	close(f.done)
}

// learn gets the answer and keeps it. A fault in one probe is that probe's
// only.
func (v *Verifier) learn(ctx context.Context, t target, f *flight) (r Result) {
	defer func() {
		if fault := recover(); fault != nil {
			v.env.Logger.Error("address verification failed", "domain", t.domain, "fault", fault)
			r = failure(whyFailure)
		}
	}()
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return unknown(whyLimited)
	}
	// Somebody else may have finished the same between our look into the
	// cache and now, or another host be at it.
	now := v.env.Now()
	old, found := v.cache.get(ctx, t.key)
	if found = found && old.usable(now, &v.o); found && !old.due(now, &v.o) {
		return old.result()
	}
	if !found {
		old = Entry{Status: Unknown}
	}
	marked := old
	marked.Probed = now
	v.cache.put(ctx, t.key, marked, marked.expires(&v.o))
	r = v.probe(ctx, t, f)
	return v.keep(ctx, t, old, marked, r)
}

// keep puts the answer of a probe into the cache and gives what holds now: a
// failed probe does not take the place of a good answer.
func (v *Verifier) keep(ctx context.Context, t target, old, marked Entry, r Result) Result {
	now := v.env.Now()
	v.count.status(r.Status)
	v.env.Logger.Debug("address probed", "domain", t.domain, "status", r.Status.String(), "why", r.Why())
	switch {
	case r.Status == OK, r.Status.settled() && old.Status != OK && v.o.NegativeCache:
		r.Checked = now
		e := entryOf(r, now)
		v.cache.put(ctx, t.key, e, e.expires(&v.o))
	case old.Status.settled():
		// It holds on; the mark keeps the next probe off for a while, unless
		// this one was cut short by our end.
		if v.ctx.Err() != nil {
			v.cache.put(ctx, t.key, old, old.expires(&v.o))
		}
		return marked.result()
	default:
		r.Checked = now
		v.cache.put(ctx, t.key, Entry{Status: Unknown}, time.Time{})
	}
	return r
}

// probe asks the servers of an address, one after the other, until one knows.
func (v *Verifier) probe(ctx context.Context, t target, f *flight) Result {
	v.count.probes.Add(1)
	t.question.sender = v.sender.sender(v.env.Now())
	r := v.askAll(ctx, t, f)
	if v.ctx.Err() != nil && r.Status != OK && r.Status != Bounced {
		return failure(whyFailure)
	}
	return r
}

func (v *Verifier) askAll(ctx context.Context, t target, f *flight) Result {
	if t.hop != nil {
		return v.ask(ctx, *t.hop, t.question).Result
	}
	hosts, r := v.hosts(ctx, t.domain, t.kind)
	if len(hosts) == 0 {
		return r
	}
	client := false
	for _, h := range hosts {
		if v.asked(f, h.ip) {
			client = true
			continue
		}
		a := v.ask(ctx, h.place(v.o.Port), t.question)
		if r = a.Result; a.final {
			return r
		}
		if ctx.Err() != nil {
			break
		}
	}
	if client {
		// Those who know best are not asked, and nobody else knew.
		return skipped("a mail exchanger of %s is the client itself", t.domain)
	}
	return r
}

// counters count what a Verifier did.
type counters struct {
	asked, cached, skipped, limited, probes atomic.Uint64
	ok, deferred, bounced                   atomic.Uint64
}

// status counts the outcome of a probe.
func (c *counters) status(s Status) {
	switch s {
	case OK:
		c.ok.Add(1)
	case Deferred:
		c.deferred.Add(1)
	case Bounced:
		c.bounced.Add(1)
	}
}

// Stats is what a Verifier did since it began.
type Stats struct {
	// Asked counts addresses that were asked for; Cached those answered from
	// the cache, Skipped those that are not to be verified, Limited those
	// for which the limits allowed no probe.
	Asked, Cached, Skipped, Limited uint64
	// Probes counts those begun, and the others what they brought.
	Probes, OK, Deferred, Bounced uint64
	// Running counts the probes under way.
	Running int
	// StoreFailing tells that the store does not work, and memory stands in.
	StoreFailing bool
}

// Stats tells what was done.
func (v *Verifier) Stats() Stats {
	v.mu.Lock()
	running := len(v.flights)
	v.mu.Unlock()
	c := &v.count
	return Stats{
		Asked: c.asked.Load(), Cached: c.cached.Load(), Skipped: c.skipped.Load(), Limited: c.limited.Load(),
		Probes: c.probes.Load(), OK: c.ok.Load(), Deferred: c.deferred.Load(), Bounced: c.bounced.Load(),
		Running: running, StoreFailing: v.cache.failed.Load(),
	}
}
