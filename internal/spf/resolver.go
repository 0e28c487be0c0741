package spf

import (
	"context"
	"net/netip"

	"postern/internal/dns"
)

// Resolver asks the DNS. Names have no dot at the end and are in lower case;
// they may hold any printable octet, blanks too. An error wraps
// dns.ErrNotFound or dns.ErrNoData where there is no such record; any other
// means that it could not be found out for now.
type Resolver interface {
	// A gives the IPv4 addresses of a name.
	A(ctx context.Context, name string) ([]netip.Addr, error)
	// AAAA gives the IPv6 addresses of a name.
	AAAA(ctx context.Context, name string) ([]netip.Addr, error)
	// MX gives the mail exchangers of a domain.
	MX(ctx context.Context, domain string) ([]dns.MX, error)
	// TXT gives the text records of a name, each with its strings joined.
	TXT(ctx context.Context, name string) ([]string, error)
	// PTR gives the names of an address.
	PTR(ctx context.Context, ip netip.Addr) ([]string, error)
}
