package dns

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
)

// A gives the IPv4 addresses of a name.
func (r *Resolver) A(ctx context.Context, name string) ([]netip.Addr, error) {
	return r.addrs(ctx, name, TypeA)
}

// AAAA gives the IPv6 addresses of a name.
func (r *Resolver) AAAA(ctx context.Context, name string) ([]netip.Addr, error) {
	return r.addrs(ctx, name, TypeAAAA)
}

// Addresses gives all addresses of a name, IPv4 first; IPv4 in IPv6 comes out
// as IPv4. Where one of the two questions found something, it does not matter
// why the other did not; where none did, not knowing comes before knowing
// that there are none.
func (r *Resolver) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	type result struct {
		addrs []netip.Addr
		err   error
	}
	six := make(chan result, 1)
	go func() { // ends when ctx does, at the latest with the resolver's deadline
		addrs, err := r.AAAA(ctx, name)
		six <- result{addrs, err}
	}()
	addrs, err := r.A(ctx, name)
	second := <-six
	for _, a := range second.addrs {
		if a = a.Unmap(); !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	if len(addrs) > 0 {
		return addrs, nil
	}
	return nil, graver(err, second.err)
}

// graver gives the error that leaves more open: a temporary one before no
// data, and that before a name that does not exist.
func graver(a, b error) error {
	for _, kind := range [...]error{ErrTemporary, ErrNoData} {
		if errors.Is(a, kind) {
			return a
		}
		if errors.Is(b, kind) {
			return b
		}
	}
	return a
}

// MX gives the mail exchangers of a domain, the preferred ones first.
func (r *Resolver) MX(ctx context.Context, name string) ([]MX, error) {
	a, err := r.Query(ctx, name, TypeMX)
	if err != nil {
		return nil, err
	}
	list := make([]MX, len(a.Records))
	for i, rec := range a.Records {
		list[i] = MX{Host: rec.Host, Preference: rec.Preference}
	}
	slices.SortStableFunc(list, func(x, y MX) int { return cmp.Compare(x.Preference, y.Preference) })
	return list, nil
}

// NS gives the name servers of a domain.
func (r *Resolver) NS(ctx context.Context, name string) ([]string, error) {
	return r.texts(ctx, name, TypeNS, func(rec *Record) string { return rec.Host })
}

// PTR gives the names of an address.
func (r *Resolver) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	return r.texts(ctx, ReverseName(ip), TypePTR, func(rec *Record) string { return rec.Host })
}

// TXT gives the texts of a name, each with its pieces joined. They may hold
// any octets.
func (r *Resolver) TXT(ctx context.Context, name string) ([]string, error) {
	return r.texts(ctx, name, TypeTXT, func(rec *Record) string { return rec.Text })
}

func (r *Resolver) addrs(ctx context.Context, name string, t Type) ([]netip.Addr, error) {
	a, err := r.Query(ctx, name, t)
	if err != nil {
		return nil, err
	}
	list := make([]netip.Addr, len(a.Records))
	for i := range a.Records {
		list[i] = a.Records[i].Addr
	}
	return list, nil
}

func (r *Resolver) texts(ctx context.Context, name string, t Type, text func(*Record) string) ([]string, error) {
	a, err := r.Query(ctx, name, t)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(a.Records))
	for i := range a.Records {
		list[i] = text(&a.Records[i])
	}
	return list, nil
}
