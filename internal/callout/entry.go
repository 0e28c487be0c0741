package callout

import (
	"context"
	"fmt"
	"time"
)

// Store keeps what is known of addresses. It is safe for concurrent use. A
// store that cannot work gives errors; what is known is then kept in memory.
type Store interface {
	// Get gives the entry of a key. found is false where there is none.
	Get(ctx context.Context, key string) (e Entry, found bool, err error)
	// Put keeps an entry until it expires, in place of what was there. One
	// that has expired already is removed.
	Put(ctx context.Context, key string, e Entry, expires time.Time) error
}

// Entry is what is kept of one address.
type Entry struct {
	// Status is OK, Deferred or Bounced, or Unknown as long as the first
	// answer is not in.
	Status Status
	// CatchAll tells that the server accepts any address.
	CatchAll bool
	// Updated is when Status was learned; zero while it is Unknown.
	Updated time.Time
	// Probed is when the probe began that is under way; zero for none.
	Probed time.Time
	// Code and Enhanced are those of the reply.
	Code     int
	Enhanced string
	// Why is the text of the reply. A store that has no room for it leaves it
	// out.
	Why string
}

// probeLost is after how long a probe that brought no result counts as lost,
// so that another one begins; Postfix's PROBE_TTL.
const probeLost = 1000 * time.Second

// result gives the entry's answer.
func (e Entry) result() Result {
	if !e.Status.settled() {
		return unknown(whyPending)
	}
	why := e.Why
	if why == "" {
		why = fmt.Sprintf("said: %d %s", e.Code, e.Enhanced)
	}
	r := result(e.Status, e.Code, e.Enhanced, "%s", why)
	r.Cached, r.Checked, r.CatchAll = true, e.Updated, e.CatchAll
	return r
}

// pending tells whether a probe is under way somewhere. A probe from the
// future is none: the clock went back.
func (e Entry) pending(now time.Time) bool {
	age := now.Sub(e.Probed)
	return !e.Probed.IsZero() && age >= 0 && age <= probeLost
}

// expires gives when the entry is worth nothing any more.
func (e Entry) expires(o *Options) time.Time {
	switch {
	case !e.Status.settled():
		return e.Probed.Add(probeLost)
	case e.Status == OK:
		return e.Updated.Add(o.PositiveExpire.Std())
	}
	return e.Updated.Add(o.NegativeExpire.Std())
}

// due tells whether it is time to ask again.
func (e Entry) due(now time.Time, o *Options) bool {
	if e.pending(now) {
		return false
	}
	refresh := o.NegativeRefresh.Std()
	if e.Status == OK {
		refresh = o.PositiveRefresh.Std()
	}
	return !e.Status.settled() || now.Sub(e.Updated) > refresh
}

// usable tells whether the entry still says something: an answer that has not
// expired, or a probe that is under way.
func (e Entry) usable(now time.Time, o *Options) bool {
	switch {
	case !e.Status.settled():
		return e.pending(now)
	case e.Status != OK && !o.NegativeCache:
		return false
	}
	return !now.After(e.expires(o))
}

// entryOf makes the entry of an answer.
func entryOf(r Result, now time.Time) Entry {
	return Entry{
		Status: r.Status, CatchAll: r.CatchAll, Updated: now,
		Code: r.Reply.Code, Enhanced: r.Reply.Enhanced, Why: r.Reply.Text,
	}
}
