package greylist

import (
	"context"

	"postern/internal/store"
)

// What is learned of those who came back, so that they need not again.

// knownSPFDomain: SPF answers for a domain whose mail came back before.
func (q *question) knownSPFDomain(ctx context.Context) (a Answer, ok bool, err error) {
	if q.spf == "" || q.g.o.SPFDomain == 0 {
		return a, false, nil
	}
	key := q.key(kindSPF, q.spf)
	n, when, err := q.count(ctx, key)
	if err != nil || int(n) < q.g.o.SPFDomain {
		return a, false, err
	}
	return Answer{Reason: ReasonSPFDomain, Entry: q.spf}, true, q.renew(ctx, key, when)
}

// knownClient is postgrey's list of hosts that came back often, in different
// hours. Each hour in which such a host sends counts.
func (q *question) knownClient(ctx context.Context) (a Answer, ok bool, err error) {
	if q.g.s.clients == 0 {
		return a, false, nil
	}
	key := q.key(kindClient, q.client)
	n, when, err := q.count(ctx, key)
	if err != nil || int(n) < q.g.s.clients {
		return a, false, err
	}
	if when > q.now || q.now-when >= hour {
		err = q.add(ctx, key, hour)
	}
	return Answer{Reason: ReasonKnownClient, Entry: q.client}, true, err
}

// knownDomain is sqlgrey's list of domains of which several senders came back
// from a source.
func (q *question) knownDomain(ctx context.Context) (a Answer, ok bool, err error) {
	if q.g.s.domains == 0 {
		return a, false, nil
	}
	key := q.key(kindDomain, q.source.String(), q.domain)
	n, when, err := q.count(ctx, key)
	if err != nil || int(n) < q.g.s.domains {
		return a, false, err
	}
	return Answer{Reason: ReasonKnownDomain, Entry: q.domain}, true, q.renew(ctx, key, when)
}

// knownSender is sqlgrey's list of senders that came back from a source.
func (q *question) knownSender(ctx context.Context) (a Answer, ok bool, err error) {
	if !q.g.s.senders {
		return a, false, nil
	}
	key := q.senderKey()
	n, when, err := q.count(ctx, key)
	if err != nil || n == 0 {
		return a, false, err
	}
	return Answer{Reason: ReasonKnownSender, Entry: q.sender}, true, q.renew(ctx, key, when)
}

func (q *question) senderKey() store.Key {
	return q.key(kindSender, q.source.String(), normalAuto(q.local, q.recipient), q.domain)
}

// mxGrey is gld's MXGREY: enough senders of the source came back.
func (q *question) mxGrey(ctx context.Context) (bool, error) {
	if q.g.o.MXGrey == 0 {
		return false, nil
	}
	n, _, err := q.count(ctx, q.key(kindSource, q.source.String()))
	return int(n) >= q.g.o.MXGrey, err
}

// cameBack learns from a mail that came back after the delay.
func (q *question) cameBack(ctx context.Context) error {
	if q.g.s.clients > 0 {
		if err := q.add(ctx, q.key(kindClient, q.client), hour); err != nil {
			return err
		}
	}
	if q.g.o.MXGrey > 0 {
		if err := q.add(ctx, q.key(kindSource, q.source.String()), 0); err != nil {
			return err
		}
	}
	if q.spf != "" && q.g.o.SPFDomain > 0 {
		if err := q.add(ctx, q.key(kindSPF, q.spf), 0); err != nil {
			return err
		}
	}
	if q.g.s.senders {
		if err := q.senderCameBack(ctx); err != nil {
			return err
		}
	}
	return q.settle(ctx)
}

// senderCameBack keeps a sender and counts it for its domain.
func (q *question) senderCameBack(ctx context.Context) error {
	fresh := false
	err := q.g.store.Update(ctx, q.senderKey(), func(r store.Record, found bool) store.Record {
		fresh = !found || q.stale(r.Numbers[numberWhen])
		return store.Record{Numbers: [3]uint32{1, q.now}, Expires: after(q.now, q.g.s.maxAge)}
	})
	if err != nil || !fresh {
		return err
	}
	return q.add(ctx, q.key(kindDomain, q.source.String(), q.domain), 0)
}
