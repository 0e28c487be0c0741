// Package callout verifies mail addresses by asking the mail servers that are
// responsible for them, as Postfix's verify(8) does: it connects, says MAIL
// and RCPT and leaves before DATA. Senders are asked for at the mail
// exchangers of their domain, recipients there or at a configured next hop.
// The answers are kept, long for addresses that take mail, shorter for those
// that do not, and refreshed in the background.
//
// Whoever does this sends connections to servers that did nothing but have
// their name forged by a spammer. So it is off unless turned on, what is asked
// is bounded by domain, by minute and at a time, and a host is never asked on
// its own behalf.
package callout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"postern/internal/addr"
)

// Kind says what an address is to the mail.
type Kind uint8

// The kinds of addresses.
const (
	// Sender is the address of MAIL FROM.
	Sender Kind = iota
	// Recipient is an address of RCPT TO.
	Recipient
)

// Request is an address to verify.
type Request struct {
	// Address in question.
	Address addr.Address
	// Kind of address.
	Kind Kind
	// Client is the host on whose mail's behalf it is asked; it is never
	// asked itself. Invalid when not known.
	Client netip.Addr
	// MailFrom is the envelope sender of that mail, where it is known: the
	// recipients of probes are not verified.
	MailFrom addr.Address
}

// Environment is what a Verifier needs of its surroundings.
type Environment struct {
	// Resolver asks for mail exchangers and addresses; needed.
	Resolver Resolver
	// Store keeps the answers; nil keeps them in memory only.
	Store Store
	// Dialer opens the connections; nil means a net.Dialer.
	Dialer Dialer
	// OwnAddresses are those of this host, never asked; nil means those of
	// its interfaces.
	OwnAddresses []netip.Addr
	// Logger is told of probes and of storage that fails; nil means silence.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Verifier verifies addresses. It is safe for concurrent use.
type Verifier struct {
	o      Options
	env    Environment
	helo   string
	sender prober
	hops   nextHops
	ours   addr.Networks
	own    map[netip.Addr]bool
	cache  *cache
	count  counters

	// slots has one element for each probe that runs.
	slots chan struct{}
	ctx   context.Context
	stop  context.CancelFunc
	group sync.WaitGroup

	mu      sync.Mutex // guards what follows
	closed  bool
	limits  *limits
	flights map[string]*flight
}

// New makes a Verifier. Close it to end what it does in the background.
func New(o Options, env Environment) (*Verifier, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("options of address verification: %w", err)
	}
	if env.Resolver == nil {
		return nil, errors.New("address verification needs a resolver")
	}
	v := &Verifier{
		o: o, env: env.withDefaults(), helo: o.HELO, own: map[netip.Addr]bool{},
		slots: make(chan struct{}, o.Concurrent), limits: newLimits(&o), flights: map[string]*flight{},
	}
	v.cache = &cache{store: env.Store, spare: NewMemory(o.CacheSize, v.env.Now), log: v.env.Logger}
	// Validate has read these before.
	base, _ := addr.ParsePath(o.Sender)
	v.sender = prober{base: base, ttl: o.SenderTTL.Std()}
	v.hops, _ = parseNextHops(o.NextHops)
	v.ours, _ = addr.ParseNetworks(o.OurAddresses)
	for _, ip := range v.env.OwnAddresses {
		v.own[ip.Unmap().WithZone("")] = true
	}
	if err := v.nameSelf(); err != nil {
		return nil, err
	}
	v.ctx, v.stop = context.WithCancel(context.Background())
	return v, nil
}

func (e Environment) withDefaults() Environment {
	if e.Dialer == nil {
		e.Dialer = &net.Dialer{}
	}
	if e.OwnAddresses == nil {
		e.OwnAddresses = interfaceAddresses()
	}
	if e.Logger == nil {
		e.Logger = slog.New(slog.DiscardHandler)
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	return e
}

// nameSelf finds a name for EHLO.
func (v *Verifier) nameSelf() error {
	if v.helo != "" {
		v.helo = addr.NormalDomain(v.helo)
		return nil
	}
	name, err := os.Hostname()
	if err != nil || !addr.ValidDomain(name) {
		return fmt.Errorf("this host has no name (%q) to say in EHLO: set helo in [verify]", name)
	}
	v.helo = addr.NormalDomain(name)
	return nil
}

// interfaceAddresses gives the addresses of this host's interfaces, without
// loopback: that is judged with the private networks.
func interfaceAddresses() []netip.Addr {
	var own []netip.Addr
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil // as on a host that has none; OurAddresses still counts
	}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() {
			own = append(own, p.Addr())
		}
	}
	return own
}

// Close ends all probes and waits for them. What is asked afterwards fails.
func (v *Verifier) Close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.stop()
	v.group.Wait()
}

// IsProbe tells whether an address is the sender of our own probes. Mail to
// it is of no use to anybody: it is to be accepted and dropped.
func (v *Verifier) IsProbe(a addr.Address) bool { return v.sender.is(a, v.env.Now()) }

// Verify tells what is known of an address, and finds it out where nothing
// is. It waits for an answer as long as Options.Wait and ctx allow; the probe
// goes on without it.
func (v *Verifier) Verify(ctx context.Context, q Request) Result {
	v.count.asked.Add(1)
	if r, exempt := v.exempt(q); exempt {
		v.count.skipped.Add(1)
		return r
	}
	t := v.target(q)
	if t.question.rcpt == "" {
		return bounced("5.1.3", "Bad address syntax")
	}
	now := v.env.Now()
	e, found := v.cache.get(ctx, t.key)
	found = found && e.usable(now, &v.o)
	if found && e.Status.settled() {
		v.count.cached.Add(1)
		if e.due(now, &v.o) {
			v.start(t, q.Client, false)
		}
		return e.result()
	}
	f, why := v.start(t, q.Client, found)
	if f == nil {
		return why
	}
	return v.wait(ctx, f)
}

// exempt tells whether an address is not asked for, and why.
func (v *Verifier) exempt(q Request) (Result, bool) {
	domain := q.Address.Domain
	switch {
	case !v.o.Enabled:
		return skipped("address verification is off"), true
	case q.Address.IsZero():
		return skipped("the null sender is not verified"), true
	case v.IsProbe(q.Address):
		return result(OK, 250, "2.1.5", "sender of address probes"), true
	case q.Kind == Recipient && v.IsProbe(q.MailFrom):
		return skipped("probes are not verified"), true
	case domain == "" && v.hops.find("", q.Kind) == nil:
		return skipped("an address without a domain is not verified"), true
	case len(domain) > 0 && domain[0] == '[':
		return skipped("an address literal is not verified"), true
	}
	return Result{}, false
}

// wait waits for a probe.
func (v *Verifier) wait(ctx context.Context, f *flight) Result {
	timer := time.NewTimer(v.o.Wait.Std())
	defer timer.Stop()
	select {
	case <-f.done:
		return f.result
	case <-timer.C:
	case <-ctx.Done():
	}
	return unknown(whyPending)
}
