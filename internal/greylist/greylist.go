// Package greylist asks clients that are not known to come back later, which
// programs that only send junk seldom do. What is remembered of an attempt is
// always about one recipient: the client's network, the sender and the
// recipient together (a triplet). It knows the behaviour of postgrey, gld and
// sqlgrey, whom it replaces.
//
// Senders who come back from changing addresses, as big providers do, are
// recognised by the domain that SPF allows to send from there.
package greylist

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"postern/internal/addr"
	"postern/internal/store"
)

// Store is where greylisting remembers; see store.Records.
type Store = store.Records

// Identity is who says that mail had to wait.
type Identity struct {
	// Host name and Version of the program, for the header field.
	Host, Version string
}

// Request is one recipient of one mail.
type Request struct {
	// ClientIP is the client's address.
	ClientIP netip.Addr
	// ClientName is its verified host name, "" where it has none.
	ClientName string
	// HELO is what it called itself; nothing depends on it.
	HELO string
	// Sender and Recipient of the envelope.
	Sender, Recipient addr.Address
	// Instance names the message, for several recipients the same; "" where
	// not known.
	Instance string
	// Time of the attempt; zero means now.
	Time time.Time
	// SPFDomain is the domain for which SPF allows the client to send; "" for
	// none or not known.
	SPFDomain string
	// DNSWhitelisted tells that a list of good senders has the client.
	DNSWhitelisted bool
	// Authenticated tells that the client logged in.
	Authenticated bool
	// Score is what the mail's content and origin got so far; nil before
	// that is known.
	Score *float64
}

// Greylist decides. It is safe for concurrent use.
type Greylist struct {
	o         Options
	s         settings
	store     Store
	identity  Identity
	now       func() time.Time
	lists     atomic.Pointer[Whitelists]
	optIn     *AddressList
	optOut    *AddressList
	instances *instances
	text      template
	header    template
	action    string
	counts    [reasonCount]atomic.Uint64
	trained   atomic.Uint64
	delayed   atomic.Uint64 // seconds
}

// New makes a greylist that remembers in s. The options must be valid, and
// lists usually come from Options.LoadWhitelists.
func New(o Options, s Store, lists Whitelists, identity Identity, now func() time.Time) (*Greylist, error) {
	g := &Greylist{
		o: o, s: o.settings(), store: s, identity: identity, now: now,
		instances: newInstances(), action: strings.ToUpper(o.Action),
	}
	// gld: a text that begins with a reply code is the whole answer.
	if code, rest, ok := strings.Cut(g.s.text, " "); ok && len(code) == 3 && code[0] == '4' && isDigit(code[1]) && isDigit(code[2]) {
		g.action, g.s.text = code, rest
	}
	g.text, g.header = newTemplate(g.s.text, "smr"), newTemplate(g.s.header, "thvd")
	var errIn, errOut error
	g.optIn, errIn = readList("opt_in", o.OptIn)
	g.optOut, errOut = readList("opt_out", o.OptOut)
	if err := errors.Join(errIn, errOut); err != nil {
		return nil, fmt.Errorf("setting up greylisting: %w", err)
	}
	g.SetWhitelists(lists)
	return g, nil
}

// SetWhitelists replaces the whitelists, for those that changed.
func (g *Greylist) SetWhitelists(lists Whitelists) { g.lists.Store(&lists) }

// Check decides on one recipient of one mail, and remembers the attempt.
func (g *Greylist) Check(ctx context.Context, r Request) Answer {
	now := r.Time
	if now.IsZero() {
		now = g.now()
	}
	r.ClientIP = r.ClientIP.Unmap().WithZone("")
	a, exempt := g.exempt(&r)
	if !exempt {
		a = g.remembered(ctx, &r, now)
	}
	g.finish(&a, &r, now)
	return a
}

// exempt answers for mail that never waits.
func (g *Greylist) exempt(r *Request) (a Answer, ok bool) {
	switch {
	case g.o.Mode == ModeOff:
		return Answer{Reason: ReasonOff}, true
	case r.Authenticated:
		return Answer{Reason: ReasonAuthenticated}, true
	case !r.ClientIP.IsValid() || r.Recipient.IsZero():
		return Answer{Reason: ReasonIncomplete}, true
	case r.Score == nil && g.o.Mode == ModeScore, r.Score != nil && g.o.Mode == ModeRestriction:
		return Answer{Reason: ReasonOtherMode}, true
	case r.Score != nil && (*r.Score < g.o.ScoreFrom || *r.Score >= g.o.ScoreTo):
		return Answer{Reason: ReasonScore}, true
	}
	if a, ok := g.whitelisted(r); ok {
		return a, true
	}
	switch {
	case r.DNSWhitelisted && g.o.PassDNSWhitelisted:
		return Answer{Reason: ReasonDNSWhitelisted}, true
	case !g.chosen(r.Recipient):
		return Answer{Reason: ReasonOptedOut}, true
	}
	return Answer{}, false
}

// whitelisted looks at the whitelists.
func (g *Greylist) whitelisted(r *Request) (a Answer, ok bool) {
	lists := g.lists.Load()
	name := r.ClientName
	if name == "" {
		name = "unknown"
	}
	for _, l := range lists.Clients {
		if entry, ok := l.Match(name, r.ClientIP); ok {
			return Answer{Reason: ReasonWhitelistedClient, Entry: entry}, true
		}
	}
	for _, l := range lists.Recipients {
		if entry, ok := l.Match(r.Recipient); ok {
			return Answer{Reason: ReasonWhitelistedRecipient, Entry: entry}, true
		}
	}
	if r.Sender.IsZero() {
		return a, false
	}
	for _, l := range lists.Senders {
		if entry, ok := l.Match(r.Sender); ok {
			return Answer{Reason: ReasonWhitelistedSender, Entry: entry}, true
		}
	}
	return a, false
}

// chosen tells whether greylisting works for a recipient. A choice for the
// address goes before one for its domain.
func (g *Greylist) chosen(recipient addr.Address) bool {
	whole := func(l *AddressList) bool {
		entry, ok := l.Match(recipient)
		return ok && strings.Contains(strings.TrimPrefix(entry, "@"), "@")
	}
	any := func(l *AddressList) bool {
		_, ok := l.Match(recipient)
		return ok
	}
	switch g.o.OptMethod {
	case OptIn:
		return whole(g.optIn) || any(g.optIn) && !whole(g.optOut)
	case OptOut:
		return !whole(g.optOut) && (!any(g.optOut) || whole(g.optIn))
	}
	return true
}

// finish fills in what the client and the mail are told, and counts.
func (g *Greylist) finish(a *Answer, r *Request, now time.Time) {
	g.counts[a.Reason].Add(1)
	if a.Err != nil && !g.o.FailOpen {
		a.Decision = Unknown
		return
	}
	if a.Decision == Wait && g.o.Training {
		a.Decision, a.Training = Pass, true
		g.trained.Add(1)
	}
	switch a.Decision {
	case Wait:
		a.Action, a.Text = g.action, g.waitText(uint32(a.Wait/time.Second), r.Recipient)
	case FirstPass:
		g.delayed.Add(uint64(a.Waited / time.Second))
		a.Header = g.passHeader(a, now, r.Instance)
	case Pass:
		if g.s.reasons && g.tells(a) {
			a.Header = g.passHeader(a, now, r.Instance)
		}
	}
}

// tells tells whether sqlgrey would put a header on mail that passes.
func (g *Greylist) tells(a *Answer) bool {
	switch a.Reason {
	case ReasonKnownDomain, ReasonKnownSender, ReasonWhitelistedClient, ReasonWhitelistedRecipient, ReasonWhitelistedSender:
		return true
	}
	return false
}

// Stats counts what was decided since the start.
type Stats struct {
	// Reasons counts decisions by their reason.
	Reasons map[Reason]uint64
	// Waits are mails asked to come back, FirstPasses those that came back,
	// after DelayedSeconds in all. Training counts those that would have been
	// asked.
	Waits, FirstPasses, DelayedSeconds, Training uint64
	// Health of the store. While it is not OK decisions go on with what is in
	// memory.
	Health store.Health
}

// Status tells what was decided and how the store fares.
func (g *Greylist) Status() Stats {
	s := Stats{
		Reasons: map[Reason]uint64{}, Training: g.trained.Load(), DelayedSeconds: g.delayed.Load(),
		FirstPasses: g.counts[ReasonWaited].Load(), Health: g.store.Health(),
	}
	for r := range g.counts {
		if n := g.counts[r].Load(); n > 0 {
			s.Reasons[Reason(r)] = n
		}
	}
	s.Waits = s.Reasons[ReasonNew] + s.Reasons[ReasonEarly] + s.Reasons[ReasonThrottled] - s.Training
	return s
}
