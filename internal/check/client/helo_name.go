package client

import (
	"context"
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/verdict"
)

// Names looks at what the client calls itself in HELO and at its reverse
// name: addresses, names that no host can have, and names that access
// providers generate for dial-up lines. Of HELO and reverse name only the
// worse one counts, since the one is often copied from the other.
func Names() check.Check {
	return check.New(check.Info{
		Name:  "client_names",
		Stage: check.Helo,
		Symbols: []verdict.Symbol{
			{Name: "HFILTER_HELO_BADIP", Group: group, Score: 4.5, Description: "HELO is an address that cannot be the client's, such as a private one"},
			{Name: "HFILTER_HELO_BAREIP", Group: group, Score: 3, Description: "HELO is an address instead of a name"},
			{Name: "HFILTER_HELO_NOT_FQDN", Group: group, Score: 2, Description: "HELO is not a full host name"},
			{Name: "HFILTER_HELO_1", Group: group, Score: 0.5, Description: "HELO might be a generated customer name"},
			{Name: "HFILTER_HELO_2", Group: group, Score: 1, Description: "HELO is a name made from the client's address"},
			{Name: "HFILTER_HELO_3", Group: group, Score: 2, Description: "HELO looks like a dial-up name"},
			{Name: "HFILTER_HELO_4", Group: group, Score: 2.5, Description: "HELO is an access line's name made from the client's address"},
			{Name: "HFILTER_HELO_5", Group: group, Score: 3, Description: "HELO is a dial-up name, or one that exists in local networks only"},
			{Name: "HFILTER_HOSTNAME_1", Group: group, Score: 0.5, Description: "The reverse name might be a generated customer name"},
			{Name: "HFILTER_HOSTNAME_2", Group: group, Score: 1, Description: "The reverse name is made from the address"},
			{Name: "HFILTER_HOSTNAME_3", Group: group, Score: 2, Description: "The reverse name looks like a dial-up name"},
			{Name: "HFILTER_HOSTNAME_4", Group: group, Score: 2.5, Description: "The reverse name is an access line's name made from the address"},
			{Name: "HFILTER_HOSTNAME_5", Group: group, Score: 3, Description: "The reverse name is a dial-up name"},
		},
	}, names)
}

// heloByDegree and hostByDegree are the symbols by what addr.DynamicName gives.
var (
	heloByDegree = [6]string{"", "HFILTER_HELO_1", "HFILTER_HELO_2", "HFILTER_HELO_3", "HFILTER_HELO_4", "HFILTER_HELO_5"}
	hostByDegree = [6]string{"", "HFILTER_HOSTNAME_1", "HFILTER_HOSTNAME_2", "HFILTER_HOSTNAME_3", "HFILTER_HOSTNAME_4", "HFILTER_HOSTNAME_5"}
)

func names(_ context.Context, tx *check.Transaction, out *check.Report) error {
	s := tx.Session
	if !foreign(s) {
		return nil
	}
	host := s.Client.Name
	if host == "" {
		host = s.Client.ReverseName
	}
	hostDegree := addr.DynamicName(host, s.Client.IP)
	heloDegree := helo(s.HELO, s.Client.IP, out)
	switch {
	case heloDegree > 0 && heloDegree >= hostDegree:
		out.Add(heloByDegree[heloDegree], s.HELO)
	case hostDegree > 0:
		out.Add(hostByDegree[hostDegree], host)
	}
	return nil
}

// helo judges a HELO argument. Addresses and names that are not full are
// reported at once; otherwise the degree is what is left to be weighed.
func helo(name string, client netip.Addr, out *check.Report) int {
	if name == "" {
		return 0
	}
	if ip, bracketed, ok := heloAddress(name); ok {
		reportAddress(name, ip, bracketed, client, out)
		return 0
	}
	if !fullName(name) {
		out.Add("HFILTER_HELO_NOT_FQDN", name)
		return 0
	}
	if localName(name) {
		return 5
	}
	return addr.DynamicName(name, client)
}

func reportAddress(name string, ip netip.Addr, bracketed bool, client netip.Addr, out *check.Report) {
	switch {
	case ip == client && bracketed:
		// Legal (RFC 5321 section 4.1.3) and true, though no mail server of
		// today does it.
		out.AddWeighted("HFILTER_HELO_BAREIP", 0.5, name)
	case reserved(ip):
		out.Add("HFILTER_HELO_BADIP", name)
	default:
		out.Add("HFILTER_HELO_BAREIP", name)
	}
}

// heloAddress reads an address literal or a bare address.
func heloAddress(name string) (ip netip.Addr, bracketed, ok bool) {
	inner, found := strings.CutPrefix(name, "[")
	if found {
		inner = strings.TrimSuffix(inner, "]")
		if len(inner) > 5 && strings.EqualFold(inner[:5], "IPv6:") {
			inner = inner[5:]
		}
	}
	ip, err := netip.ParseAddr(inner)
	if err != nil {
		return netip.Addr{}, found, found
	}
	return ip.Unmap().WithZone(""), found, true
}

// reservedNetworks can be nobody's address in the open internet (RFC 6890).
var reservedNetworks = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
}

func reserved(ip netip.Addr) bool {
	if !ip.IsValid() || inside(ip) || ip.IsMulticast() || ip.IsUnspecified() {
		return true
	}
	for _, n := range reservedNetworks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// fullName tells whether a HELO argument is a host name with at least one dot
// that obeys RFC 1123, where underscores are borne.
func fullName(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if len(name) > 253 {
		return false
	}
	labels, start := 0, 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '.' {
			if !hostChar(name[i]) {
				return false
			}
			continue
		}
		if i == start || i-start > 63 || name[start] == '-' || name[i-1] == '-' {
			return false
		}
		labels++
		start = i + 1
	}
	return labels > 1 && !digitsOnly(name[strings.LastIndexByte(name, '.')+1:])
}

// hostChar tells whether c may stand in a host name; octets above 127 may
// (RFC 6531).
func hostChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c >= 0x80
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

// localName tells whether the name can exist in a local network only.
func localName(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "local", "localdomain", "localhost", "lan", "home", "intra", "intranet", "internal",
		"corp", "private", "priv", "workgroup", "domain", "test", "invalid", "user":
		return true
	}
	return strings.HasSuffix(name, ".home.arpa") || strings.HasSuffix(name, ".in-addr.arpa")
}
