package dnslist

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
)

// Result is what one list says about one item.
type Result struct {
	// Listed tells whether the item is listed.
	Listed bool
	// Addrs are the answers that say so.
	Addrs []netip.Addr
	// Reason is the text that the list gives for it, for replies; printable
	// ASCII only. "" for none.
	Reason string
	// Zone as it may be shown: without a customer's key.
	Zone string
	// TTL is for how long that is good.
	TTL time.Duration
	// Asked tells whether the list was asked at all: not about private
	// addresses and the like, nor about what is no domain.
	Asked bool
}

// Lookup asks a zone about an item as Postfix does for reject_rbl_client,
// reject_rhsbl_client and their kind, and when it is listed for the text that
// explains it. Without a filter every ordinary answer counts, with one those
// that it matches. An error means that it could not be found out: it wraps
// ErrOff where the list is switched off because it does not work, and
// dns.ErrTemporary where there was no answer.
func (s *Set) Lookup(ctx context.Context, zone string, f *Filter, item Item) (Result, error) {
	r, err := s.Listed(ctx, zone, f, item)
	if err != nil || !r.Listed {
		return r, err
	}
	r.Reason = s.Reason(ctx, zone, item)
	return r, nil
}

// Listed is Lookup without the text, for permit_dnswl_client and its kind,
// which have no use for it.
func (s *Set) Listed(ctx context.Context, zone string, f *Filter, item Item) (Result, error) {
	z, err := s.zone(zone, item.domain != "")
	if err != nil {
		return Result{Zone: ShownZone(zone)}, err
	}
	r := Result{Zone: z.shown}
	if item.IsZero() || item.ip.IsValid() && !s.askable(z, item.ip) {
		return r, nil
	}
	r.Asked = true
	c, end := s.call(ctx)
	defer end()
	answers, ttl, err := s.ask(c, z, item.name(), f)
	if err != nil {
		return r, err
	}
	r.TTL = ttl
	for _, ip := range answers {
		if f == nil && ordinary(ip) || f != nil && f.Match(ip) && (ordinary(ip) || f.Names(ip)) {
			r.Addrs = append(r.Addrs, ip)
		}
	}
	if len(r.Addrs) == 0 {
		return r, nil
	}
	if err := s.confirm(c, z); err != nil {
		return Result{Zone: z.shown, Asked: true}, err
	}
	z.hits.Add(1)
	r.Listed = true
	return r, nil
}

// askable tells whether a zone is asked about an address. The test point is
// nobody's address, but how an administrator tries a restriction out.
func (s *Set) askable(z *zone, ip netip.Addr) bool {
	if Public(ip) || ip == testPoint {
		return true
	}
	return slices.ContainsFunc(s.lists, func(l *list) bool { return l.zone == z && l.opts.Reserved })
}

// call is one call of a caller's, with the time that lists have to answer.
type call struct {
	context.Context
	caller context.Context
}

// call begins a call; end must be called when it is over.
func (s *Set) call(ctx context.Context) (c call, end context.CancelFunc) {
	within, end := context.WithTimeout(ctx, s.options.Timeout.Std())
	return call{within, ctx}, end
}

// givenUp tells whether the caller has no more time, which is not the lists'
// fault.
func (c call) givenUp() bool { return c.caller.Err() != nil }

// ask asks a working zone for a label. f is the caller's filter, nil for none.
func (s *Set) ask(c call, z *zone, label string, f *Filter) ([]netip.Addr, time.Duration, error) {
	if err := s.ready(c, z, 0); err != nil {
		return nil, 0, err
	}
	z.asked.Add(1)
	a, err := s.resolver.Query(c, z.question(label), dns.TypeA)
	if a.Cached && z.distrusts(a.Time) {
		a, err = s.resolver.Query(dns.Fresh(c), z.question(label), dns.TypeA)
	}
	if err != nil && !dns.Missing(err) {
		z.failed.Add(1)
		if !c.givenUp() && !errors.Is(err, dns.ErrBudget) {
			s.missed(z, err)
		}
		return nil, 0, &unanswered{z, err}
	}
	answers := make([]netip.Addr, len(a.Records))
	for i := range a.Records {
		answers[i] = a.Records[i].Addr
	}
	return answers, a.TTL, s.heard(z, answers, f)
}

// unanswered is a list that did not answer; its text does not tell the key.
type unanswered struct {
	z   *zone
	err error
}

func (u *unanswered) Error() string {
	return "asking DNS list " + u.z.shown + ": " + hideKey(u.err.Error(), u.z)
}

func (u *unanswered) Unwrap() error { return u.err }

// missed notes a question without an answer. Too many in a row switch the
// list off.
func (s *Set) missed(z *zone, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.missed++; z.missed >= s.options.Failures {
		s.fail(z, *z.silent(err))
	}
}

// heard notes an answer. One that refuses to serve us switches the list off;
// one that no list gives has it examined soon.
func (s *Set) heard(z *zone, answers []netip.Addr, f *Filter) error {
	ip, isRefusal := z.refusal(answers, f)
	_, odd := foreign(answers)
	z.mu.Lock()
	defer z.mu.Unlock()
	z.missed = 0
	if isRefusal {
		z.refusals.Add(1)
		refused := z.refuses(ip)
		s.fail(z, *refused)
		return &offError{z.shown, refused.reason}
	}
	if odd && z.state == Works && z.probe != probeOff {
		s.examine(z)
	}
	return nil
}

// confirm demands that a list that found something was examined not long ago:
// what it finds must not come from its having gone mad meanwhile.
func (s *Set) confirm(ctx context.Context, z *zone) error {
	return s.ready(ctx, z, s.options.ProbeInterval.Std()*3/2)
}

// maxReason bounds the text of a list, as Postfix does.
const maxReason = 500

// Reason gives the text by which a zone explains why an item is listed, fit
// for replies: the texts joined by " / ", printable ASCII only, since whoever
// is listed may have a say in them. "" where there is none or it cannot be
// had.
func (s *Set) Reason(ctx context.Context, zone string, item Item) string {
	z, err := s.zone(zone, item.domain != "")
	if err != nil || item.IsZero() {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout.Std())
	defer cancel()
	a, err := s.resolver.Query(ctx, z.question(item.name()), dns.TypeTXT)
	if err != nil {
		return "" // the reply does without it
	}
	texts := make([]string, len(a.Records))
	for i := range a.Records {
		texts[i] = printable(a.Records[i].Text)
	}
	joined := hideKey(strings.Join(texts, " / "), z)
	return joined[:min(len(joined), maxReason)]
}

// printable makes blanks of the bytes that are no printable ASCII, as Postfix
// does.
func printable(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = ' '
		}
	}
	return string(b)
}

// Check asks all lists of a kind about an item, at the same time, and gives
// what they found, in the lists' order. The errors are of the lists that did
// not answer, joined; lists that are switched off are not among them (see
// Idle).
func (s *Set) Check(ctx context.Context, k Kind, item Item) ([]Hit, error) {
	return s.all(ctx, k, func(l *list) (Item, string) {
		i := l.item(k, item)
		return i, i.name()
	})
}

// CheckEmail asks the lists of hashed mail addresses about one.
func (s *Set) CheckEmail(ctx context.Context, a addr.Address) ([]Hit, error) {
	if a.Local == "" || Domain(a.Domain).IsZero() {
		return nil, nil
	}
	text := normalAddress(a)
	return s.all(ctx, Email, func(l *list) (Item, string) {
		return Item{domain: text}, hashed(text, l.opts.Hash, l.opts.Encoding, l.opts.HashLength)
	})
}

// all asks all lists of a kind for the item and label that label gives.
func (s *Set) all(ctx context.Context, k Kind, label func(*list) (Item, string)) ([]Hit, error) {
	c, end := s.call(ctx)
	defer end()
	type answer struct {
		hits []Hit
		err  error
	}
	answers := make([]chan answer, len(s.lists))
	for n, l := range s.lists {
		if !slices.Contains(l.kinds, k) {
			continue
		}
		item, name := label(l)
		if item.IsZero() {
			continue
		}
		answers[n] = make(chan answer, 1)
		go func() { // ends with the call
			hits, err := s.one(c, l, k, item, name)
			answers[n] <- answer{hits, err}
		}()
	}
	var found []Hit
	var errs []error
	for _, one := range answers {
		if one == nil {
			continue
		}
		a := <-one
		found = append(found, a.hits...)
		if a.err != nil && !errors.Is(a.err, ErrOff) {
			errs = append(errs, a.err)
		}
	}
	return found, errors.Join(errs...)
}

// one asks one list.
func (s *Set) one(c call, l *list, k Kind, item Item, label string) ([]Hit, error) {
	answers, _, err := s.ask(c, l.zone, label, nil)
	if err != nil {
		return nil, err
	}
	hits := l.hits(k, item, answers)
	if len(hits) == 0 {
		return nil, nil
	}
	if err := s.confirm(c, l.zone); err != nil {
		return nil, err
	}
	l.zone.hits.Add(1)
	return hits, nil
}

// Idle gives the lists of a kind that are switched off because they do not
// work, each as "NAME: reason".
func (s *Set) Idle(k Kind) []string {
	var idle []string
	for _, l := range s.lists {
		if !slices.Contains(l.kinds, k) {
			continue
		}
		l.zone.mu.Lock()
		if l.zone.state == Off {
			idle = append(idle, l.name+": "+l.zone.fault.reason)
		}
		l.zone.mu.Unlock()
	}
	return idle
}
