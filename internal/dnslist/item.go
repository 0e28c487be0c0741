package dnslist

import (
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/dns"
)

// Item is what a list is asked about: an address or a domain. The zero Item
// is nothing, and no list is asked about it.
type Item struct {
	ip     netip.Addr
	domain string
}

// Address makes an item of an address; IPv4 in IPv6 counts as IPv4.
func Address(ip netip.Addr) Item { return Item{ip: ip.Unmap().WithZone("")} }

// Domain makes an item of a domain, or of the domain of an address in mail.
// It is nothing where there is no domain to be asked about: empty, an address
// literal, a name whose last label has digits only, no host name, "unknown",
// which Postfix calls clients without a name.
func Domain(name string) Item {
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		name = name[i+1:]
	}
	name = addr.NormalDomain(strings.TrimSuffix(name, "."))
	if name == "unknown" || !addr.ValidDomain(name) || numericTop(name) {
		return Item{}
	}
	return Item{domain: name}
}

// numericTop tells whether the last label of a name has digits only.
func numericTop(name string) bool {
	top := name[strings.LastIndexByte(name, '.')+1:]
	return strings.Trim(top, "0123456789") == ""
}

// IsZero tells whether there is nothing to ask about.
func (i Item) IsZero() bool { return !i.ip.IsValid() && i.domain == "" }

// String gives the address or the domain.
func (i Item) String() string {
	if i.ip.IsValid() {
		return i.ip.String()
	}
	return i.domain
}

// name is what stands before a list's zone.
func (i Item) name() string {
	if i.ip.IsValid() {
		return dns.ReverseLabels(i.ip)
	}
	return i.domain
}

// testPoint is the address that every list of addresses lists (RFC 5782
// section 5), so that one can see that it works.
var testPoint = netip.AddrFrom4([4]byte{127, 0, 0, 2})

// reservedNetworks can be nobody's address in the open internet (RFC 6890 and
// the registries it began), besides those that netip knows.
var reservedNetworks = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"),
}

// Public tells whether an address can be that of a host in the open internet.
// Lists know nothing about others, and are not asked: private, loopback,
// link-local, multicast and documentation addresses and the like.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, n := range reservedNetworks {
		if n.Contains(ip) {
			return false
		}
	}
	return true
}
