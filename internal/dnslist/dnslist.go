// Package dnslist asks lists in the domain name system about addresses,
// domains and mail addresses (RFC 5782): lists of bad senders, of good ones,
// and of what stands in spam. It watches the lists while it uses them: one
// that refuses to answer, that is gone, or that lists everything is switched
// off until it works again, since a list that answers nonsense costs mail.
package dnslist

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// Resolver is what asks the domain name system.
type Resolver interface {
	Query(ctx context.Context, name string, t dns.Type) (dns.Answer, error)
}

// Environment is what the lists need from whoever makes them.
type Environment struct {
	// Resolver asks; it must not be nil.
	Resolver Resolver
	// Log takes what an administrator should know; nil for none.
	Log *slog.Logger
	// Now is the clock; nil for the system's.
	Now func() time.Time
}

// maxZones bounds how many zones are watched.
const maxZones = 1000

// Set is a set of lists. It is safe for concurrent use.
type Set struct {
	options  Options
	resolver Resolver
	log      *slog.Logger
	now      func() time.Time
	lists    []*list

	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	zones  map[zoneKey]*zone
}

// zoneKey tells zones apart. A zone may be a list of addresses and of domains
// at once, and each has test points of its own.
type zoneKey struct {
	name    string
	domains bool
}

// New makes a set of those lists that are enabled. Whatever is wrong with
// their options is a unit.KeyError with the list's name before the key. The
// set must be closed.
func New(o Options, lists map[string]ListOptions, env Environment) (*Set, error) {
	errs := []error{o.Validate(), ValidateLists(lists)}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		errs = append(errs, within(name, lists[name].Validate()))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	s := &Set{options: o, resolver: env.Resolver, log: env.Log, now: env.Now, zones: map[zoneKey]*zone{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		if !lists[name].IsEnabled() {
			continue
		}
		l := newList(name, lists[name])
		l.zone = s.configured(l)
		s.lists = append(s.lists, l)
	}
	return s, nil
}

// Close ends all examinations and waits for them.
func (s *Set) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.wait.Wait()
	return nil
}

// configured gives the zone of a configured list.
func (s *Set) configured(l *list) *zone {
	name := l.opts.Zone
	if l.opts.Key != "" {
		name = l.opts.Key + "." + name
	}
	key := zoneKey{normalZone(name), !slices.ContainsFunc(l.kinds, Kind.ofAddress)}
	z := s.zones[key]
	if z == nil {
		z = newZone(key, l.opts)
		if l.opts.Key == "" {
			z.shown = shownZone(key.name)
		} else {
			z.shown = normalZone(l.opts.Zone)
		}
		s.zones[key] = z
	}
	z.names = append(z.names, l.name)
	z.refused = append(z.refused, filters(l.opts.Refused)...)
	return z
}

// zone gives the zone that a restriction names, and begins to watch it.
func (s *Set) zone(name string, domains bool) (*zone, error) {
	key := zoneKey{normalZone(name), domains}
	if !addr.ValidDomain(key.name) {
		return nil, fmt.Errorf("%q is not the name of a DNS list", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if z := s.zones[key]; z != nil {
		return z, nil
	}
	if z := s.zones[zoneKey{key.name, !domains}]; z != nil && z.names != nil {
		return z, nil // configured as a list of both
	}
	if len(s.zones) >= maxZones {
		return nil, fmt.Errorf("asking DNS list %s: more than %d lists", shownZone(key.name), maxZones)
	}
	known := knownZone(key.name, domains)
	z := newZone(key, known)
	z.refused = filters(known.Refused)
	// Many private lists have no test points; one that was shut down is not
	// given the benefit of the doubt.
	_, z.strict = gone[key.name]
	s.zones[key] = z
	return z, nil
}

// Watch begins to watch a zone that restrictions will ask, as a list of
// addresses or of domains, so that its state is known before the first mail.
func (s *Set) Watch(zone string, domains bool) error {
	_, err := s.zone(zone, domains)
	return err
}

// Symbols gives the symbols that lists asked about these kinds of items may
// find; those of all lists without kinds.
func (s *Set) Symbols(kinds ...Kind) []verdict.Symbol {
	var found []verdict.Symbol
	for _, l := range s.lists {
		if len(kinds) > 0 && !slices.ContainsFunc(l.kinds, func(k Kind) bool { return slices.Contains(kinds, k) }) {
			continue
		}
		for _, c := range l.opts.Codes {
			if !slices.ContainsFunc(found, func(s verdict.Symbol) bool { return s.Name == c.Symbol }) {
				found = append(found, l.symbol(c))
			}
		}
	}
	return found
}

// The groups of the lists' symbols, as rspamd has them: what is asked about
// the client or speaks for it, and what is asked about names.
const (
	GroupClient = "rbl"
	GroupDomain = "surbl"
)

// symbol declares a code's symbol.
func (l *list) symbol(c Code) verdict.Symbol {
	sym := verdict.Symbol{Name: c.Symbol, Group: GroupDomain, Score: c.Score, Description: c.Description}
	if slices.Contains(l.kinds, Client) || l.opts.Allow {
		sym.Group = GroupClient
	}
	if sym.Description == "" {
		sym.Description = "Listed in " + l.zone.shown
	}
	return sym
}

// within puts the list's name before the keys of its faults.
func within(name string, err error) error {
	var key *unit.KeyError
	switch joined := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var errs []error
		for _, e := range joined.Unwrap() {
			errs = append(errs, within(name, e))
		}
		return errors.Join(errs...)
	default:
		if errors.As(err, &key) {
			return unit.BadKey(name+"."+key.Key, "%s", key.Reason)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
}
