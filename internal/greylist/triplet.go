package greylist

import "postern/internal/store"

// A triplet's record has when it was first seen, when last, and how often it
// passed. Times may lie in the future: clocks are set back.
const (
	numberFirst = iota
	numberLast
	numberPasses
)

// state is what became of an attempt.
type state uint8

const (
	stateNew         state = iota // never seen, or too long ago
	stateEarly                    // came back before the delay was over
	statePassed                   // came back in time, for the first time
	statePassedAgain              // came back before
)

// attempt is an attempt with what its record told.
type attempt struct {
	state  state
	first  uint32 // when it was first seen, in Unix seconds
	waited uint32 // seconds since
}

// touch notes an attempt in a record. since is when the same sender was first
// seen elsewhere, now or later where it was not.
func (s *settings) touch(old store.Record, found bool, now, since uint32) (store.Record, attempt) {
	r := old
	first, last := r.Numbers[numberFirst], r.Numbers[numberLast]
	passes := r.Numbers[numberPasses]
	if passes > 0 && (last >= now || now-last <= s.maxAge) {
		r.Numbers[numberLast], r.Expires = now, after(now, s.maxAge)
		return r, attempt{statePassedAgain, first, 0}
	}
	a := attempt{state: stateEarly, first: first}
	if !found || passes > 0 || first > now || now-first > s.window {
		a = attempt{state: stateNew, first: now}
	}
	if since < a.first && now-since <= s.window {
		a = attempt{state: stateEarly, first: since}
	}
	a.waited = now - a.first
	r.Numbers = [3]uint32{numberFirst: a.first, numberLast: now}
	r.Expires = after(a.first, s.window)
	if a.waited > s.delay || a.waited == s.delay && !s.strict {
		a.state = statePassed
		r.Numbers[numberPasses] = 1
		r.Expires = after(now, s.maxAge)
	}
	return r, a
}

// missing is how long the client has to wait still.
func (s *settings) missing(a attempt) uint32 {
	if s.strict {
		return s.delay + 1 - a.waited
	}
	return s.delay - a.waited
}

// after adds seconds to a time, up to the last that can be told.
func after(now, seconds uint32) uint32 {
	return uint32(min(uint64(now)+uint64(seconds), 1<<32-1))
}
