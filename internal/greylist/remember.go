package greylist

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/store"
)

// The kinds of records.
const (
	kindTriplet  = "t"  // source, sender, recipient: see touch
	kindIdentity = "i"  // SPF domain, sender, recipient: the same
	kindClient   = "c"  // host: how often it came back, and when last
	kindSource   = "m"  // source: how many senders came back (gld's MXGREY)
	kindSender   = "s"  // source, sender without what changes: when last
	kindDomain   = "d"  // source, sender's domain: how many senders, when last
	kindSPF      = "p"  // SPF domain: how many mails came back, when last
	kindWaiting  = "w"  // source: how many senders wait
	kindSettled  = "sd" // source: how many senders and domains came back
)

// In the records that count.
const (
	numberCount = iota
	numberWhen
	numberDomains
)

// hour is the least time between two successes of a host that count.
const hour = 3600

// question is a request in the form in which it is remembered.
type question struct {
	g         *Greylist
	now       uint32
	source    netip.Prefix
	sender    string // normalised
	recipient string // in lower case
	local     string // of the sender, in lower case
	domain    string
	spf       string
	client    string
}

func (g *Greylist) ask(r *Request, now time.Time) *question {
	q := &question{
		g: g, now: store.Seconds(now), source: g.sourceOf(r.ClientIP, r.ClientName),
		recipient: lowered(r.Recipient), local: strings.ToLower(r.Sender.Local), domain: r.Sender.ASCIIDomain(),
		spf: addr.NormalDomain(r.SPFDomain), client: r.ClientIP.String(),
	}
	q.sender = g.s.normal(lowered(r.Sender), q.recipient)
	return q
}

// lowered gives an address in the form in which it is compared.
func lowered(a addr.Address) string {
	if a.Domain == "" {
		return strings.ToLower(a.Local)
	}
	return strings.ToLower(a.Local) + "@" + a.ASCIIDomain()
}

func (q *question) key(kind string, parts ...string) store.Key {
	return store.KeyOf(q.g.o.PrivacyKey, kind, parts...)
}

// remembered answers by what is remembered, and remembers the attempt.
func (g *Greylist) remembered(ctx context.Context, r *Request, now time.Time) Answer {
	q := g.ask(r, now)
	a, err := q.decide(ctx)
	if err != nil {
		return Answer{Reason: ReasonUnavailable, Err: fmt.Errorf("greylisting %s: %w", q.source, err)}
	}
	a.Source = q.source
	return a
}

// decide asks one record after the other, those that let pass at once first.
func (q *question) decide(ctx context.Context) (Answer, error) {
	for _, known := range []func(context.Context) (Answer, bool, error){
		q.knownSPFDomain, q.knownClient, q.knownDomain, q.knownSender,
	} {
		if a, ok, err := known(ctx); ok || err != nil {
			return a, err
		}
	}
	if throttled, err := q.throttled(ctx); throttled || err != nil {
		return Answer{Decision: Wait, Reason: ReasonThrottled, Wait: span(q.g.s.delay)}, err
	}
	at, err := q.attempt(ctx)
	if err != nil {
		return Answer{}, err
	}
	switch at.state {
	case statePassedAgain:
		return Answer{Reason: ReasonPassedBefore}, nil
	case statePassed:
		return Answer{Decision: FirstPass, Reason: ReasonWaited, Waited: span(at.waited)}, q.cameBack(ctx)
	case stateEarly:
		return Answer{Decision: Wait, Reason: ReasonEarly, Wait: span(q.g.s.missing(at)), Waited: span(at.waited)}, nil
	}
	if ok, err := q.mxGrey(ctx); ok || err != nil {
		return Answer{Reason: ReasonMXGrey}, err
	}
	return Answer{Decision: Wait, Reason: ReasonNew, Wait: span(q.g.s.missing(at))}, q.waits(ctx)
}

func span(seconds uint32) time.Duration { return time.Duration(seconds) * time.Second }

// attempt notes the attempt in the record of the triplet and, where SPF
// answers for the sender's domain, in that of the identity.
func (q *question) attempt(ctx context.Context) (at attempt, err error) {
	s := &q.g.s
	since := q.now
	if q.spf != "" && q.g.o.SPFIdentity {
		var same attempt
		err := q.g.store.Update(ctx, q.key(kindIdentity, q.spf, q.sender, q.recipient),
			func(old store.Record, found bool) (r store.Record) {
				r, same = s.touch(old, found, q.now, q.now)
				return r
			})
		if err != nil {
			return at, err
		}
		if same.state == statePassedAgain {
			return same, nil
		}
		since = same.first
	}
	err = q.g.store.Update(ctx, q.key(kindTriplet, q.source.String(), q.sender, q.recipient),
		func(old store.Record, found bool) (r store.Record) {
			r, at = s.touch(old, found, q.now, since)
			return r
		})
	return at, err
}

// count reads a record that counts. One that was not used for too long counts
// nothing; when is 0 then.
func (q *question) count(ctx context.Context, key store.Key) (n, when uint32, err error) {
	r, found, err := q.g.store.Get(ctx, key)
	n, when = r.Numbers[numberCount], r.Numbers[numberWhen]
	if err != nil || !found || q.stale(when) {
		return 0, 0, err
	}
	return n, when, nil
}

// stale tells whether something was last used too long ago.
func (q *question) stale(when uint32) bool { return when < q.now && q.now-when > q.g.s.maxAge }

// add counts one more in a record, not more often than once in every seconds;
// 0 means each time.
func (q *question) add(ctx context.Context, key store.Key, every uint32) error {
	return q.g.store.Update(ctx, key, func(r store.Record, found bool) store.Record {
		when := r.Numbers[numberWhen]
		if found && q.stale(when) {
			r, found = store.Record{}, false
		}
		if found && when <= q.now && q.now-when < every {
			return r
		}
		r.Numbers[numberCount]++
		r.Numbers[numberWhen], r.Expires = q.now, after(q.now, q.g.s.maxAge)
		return r
	})
}

// renew notes that a record last used then is of use now.
func (q *question) renew(ctx context.Context, key store.Key, when uint32) error {
	if when == q.now {
		return nil
	}
	return q.g.store.Update(ctx, key, func(r store.Record, _ bool) store.Record {
		r.Numbers[numberWhen], r.Expires = q.now, after(q.now, q.g.s.maxAge)
		return r
	})
}
