package addr

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"
)

// Networks is a set of IP networks with exceptions. The zero Networks is
// empty. The most specific network that contains an address decides.
type Networks struct {
	table *bart.Table[bool]
}

// NetworkError names the entry of a list of networks that is wrong.
type NetworkError struct {
	// Index in the list, from 0.
	Index int
	// Entry as it stands there.
	Entry string
	// Reason why it is no network.
	Reason string
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("%q is not a network: %s", e.Entry, e.Reason)
}

// ParseNetworks reads networks in CIDR notation and single addresses, as
// Postfix's mynetworks has them: IPv6 may stand in brackets, and "!" before a
// network takes it out. The error is a *NetworkError for the first bad entry.
func ParseNetworks(list []string) (Networks, error) {
	n := Networks{table: new(bart.Table[bool])}
	for i, entry := range list {
		text, exclude := strings.CutPrefix(strings.TrimSpace(entry), "!")
		p, reason := parseNetwork(strings.TrimSpace(text))
		if reason != "" {
			return Networks{}, &NetworkError{Index: i, Entry: entry, Reason: reason}
		}
		n.table.Insert(p, !exclude)
	}
	return n, nil
}

// parseNetwork reads one network; reason is "" when it is good.
func parseNetwork(text string) (p netip.Prefix, reason string) {
	plain := strings.NewReplacer("[", "", "]", "").Replace(text)
	if !strings.Contains(plain, "/") {
		ip, err := netip.ParseAddr(plain)
		if err != nil || ip.Zone() != "" {
			return p, "want an address or a network such as 192.0.2.0/24 or 2001:db8::/32"
		}
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), ""
	}
	p, err := netip.ParsePrefix(plain)
	if err != nil {
		return p, "want an address or a network such as 192.0.2.0/24 or 2001:db8::/32"
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if masked := p.Masked(); masked != p {
		return p, fmt.Sprintf("bits are set behind the prefix, want %s", masked)
	}
	return p, ""
}

// Contains tells whether the address is in the set; IPv4 in IPv6 counts as
// IPv4. An invalid address is in no set.
func (n Networks) Contains(ip netip.Addr) bool {
	if n.table == nil || !ip.IsValid() {
		return false
	}
	in, ok := n.table.Lookup(ip.Unmap().WithZone(""))
	return ok && in
}
