package greylist

import (
	"context"

	"postern/internal/store"
)

// throttled is sqlgrey's connect_src_throttle: a source of which nobody came
// back may have no more than so many senders waiting, lest a flood of made-up
// ones fills the store. The count of those waiting is forgotten when the last
// of them can no longer come back.
func (q *question) throttled(ctx context.Context) (bool, error) {
	limit := q.g.o.Throttle
	if limit == 0 {
		return false, nil
	}
	source := q.source.String()
	waiting, when, err := q.count(ctx, q.key(kindWaiting, source))
	if err != nil || int(waiting) < limit || when < q.now && q.now-when > q.g.s.window {
		return false, err
	}
	settled, _, err := q.g.store.Get(ctx, q.key(kindSettled, source))
	if err != nil || settled.Numbers[numberDomains] > 0 || int(settled.Numbers[numberCount]) >= limit {
		return false, err
	}
	// Those who wait already may come back.
	known, found, err := q.g.store.Get(ctx, q.key(kindTriplet, source, q.sender, q.recipient))
	if err != nil || found && (known.Numbers[numberFirst] > q.now || q.now-known.Numbers[numberFirst] <= q.g.s.window) {
		return false, err
	}
	return true, nil
}

// waits counts one more sender of the source that waits.
func (q *question) waits(ctx context.Context) error {
	if q.g.o.Throttle == 0 {
		return nil
	}
	return q.g.store.Update(ctx, q.key(kindWaiting, q.source.String()), func(r store.Record, _ bool) store.Record {
		if when := r.Numbers[numberWhen]; when < q.now && q.now-when > q.g.s.window {
			r.Numbers[numberCount] = 0
		}
		r.Numbers[numberCount]++
		r.Numbers[numberWhen], r.Expires = q.now, after(q.now, q.g.s.window)
		return r
	})
}

// settle counts a sender that waits no more.
func (q *question) settle(ctx context.Context) error {
	if q.g.o.Throttle == 0 {
		return nil
	}
	source := q.source.String()
	senders, _, err := q.count(ctx, q.key(kindDomain, source, q.domain))
	if err != nil {
		return err
	}
	err = q.g.store.Update(ctx, q.key(kindSettled, source), func(r store.Record, _ bool) store.Record {
		r.Numbers[numberCount]++
		if q.g.s.domains > 0 && int(senders) >= q.g.s.domains {
			r.Numbers[numberDomains] = 1
		}
		r.Numbers[numberWhen], r.Expires = q.now, after(q.now, q.g.s.maxAge)
		return r
	})
	if err != nil {
		return err
	}
	return q.g.store.Update(ctx, q.key(kindWaiting, source), func(r store.Record, _ bool) store.Record {
		r.Numbers[numberCount] -= min(1, r.Numbers[numberCount])
		return r
	})
}
