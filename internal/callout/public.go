package callout

import "net/netip"

// closedNetworks are those outside the public Internet that package netip
// does not tell by itself (RFC 6890 and its registries): a name in a
// stranger's DNS that leads there leads to us or to nobody.
var closedNetworks = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// isPublic tells whether an address may be that of a mail server on the
// Internet.
func isPublic(ip netip.Addr) bool {
	ip = embedded(ip.Unmap().WithZone(""))
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range closedNetworks {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// nat64 is the prefix that gateways translate to IPv4.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// embedded gives the IPv4 address that NAT64 reaches by an IPv6 one (RFC 6052).
func embedded(ip netip.Addr) netip.Addr {
	if b := ip.As16(); ip.Is6() && nat64.Contains(ip) {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}
