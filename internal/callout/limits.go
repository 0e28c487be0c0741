package callout

import "time"

// window counts what happened within the last minute, up to a limit.
type window struct {
	// times are those of the last events, in a ring that is as long as the
	// limit; the oldest stands at next.
	times []time.Time
	limit int
	next  int
}

// span is the length of a window.
const span = time.Minute

// full tells whether the limit is reached. Events from the future do not
// count: the clock went back.
func (w *window) full(now time.Time) bool {
	if len(w.times) < w.limit {
		return false
	}
	age := now.Sub(w.times[w.next])
	return age >= 0 && age < span
}

// add counts one event.
func (w *window) add(now time.Time) {
	if len(w.times) < w.limit {
		w.times = append(w.times, now)
		return
	}
	w.times[w.next] = now
	w.next = (w.next + 1) % w.limit
}

// idle tells whether nothing happened within the last minute.
func (w *window) idle(now time.Time) bool {
	for _, t := range w.times {
		if age := now.Sub(t); age >= 0 && age < span {
			return false
		}
	}
	return true
}

// limits says whether another probe may begin. Its user locks.
type limits struct {
	all, hops window
	perDomain int
	// domains hold one window each. Only those with a probe in the last
	// minute matter, and all allows no more than its limit of them.
	domains map[string]*window
}

func newLimits(o *Options) *limits {
	return &limits{
		all: window{limit: o.PerMinute}, hops: window{limit: o.NextHopPerMinute},
		perDomain: o.PerDomain, domains: map[string]*window{},
	}
}

// takeHop counts a probe to a next hop, unless there were too many.
func (l *limits) takeHop(now time.Time) bool {
	if l.hops.full(now) {
		return false
	}
	l.hops.add(now)
	return true
}

// take counts a probe for a domain, unless there were too many.
func (l *limits) take(domain string, now time.Time) bool {
	if l.all.full(now) {
		return false
	}
	w := l.domains[domain]
	if w == nil {
		l.sweep(now)
		w = &window{limit: l.perDomain}
		l.domains[domain] = w
	}
	if w.full(now) {
		return false
	}
	w.add(now)
	l.all.add(now)
	return true
}

// sweep forgets idle domains once there are twice as many as can be busy.
func (l *limits) sweep(now time.Time) {
	if len(l.domains) < 2*l.all.limit {
		return
	}
	for d, w := range l.domains {
		if w.idle(now) {
			delete(l.domains, d)
		}
	}
}
