package dns

import (
	"net/netip"
	"strconv"
	"strings"

	"postern/internal/addr"
)

// The bounds of names (RFC 1035 section 2.3.4), counted without the dot at
// the end.
const (
	maxName  = 253
	maxLabel = 63
)

// normalName brings a name to the form in which it is asked for and kept:
// A-labels, lower case, no dot at the end; "." is the root. Whatever else can
// stand in a label does, since names in use have underscores and worse. A
// reason says why there can be no such name.
func normalName(name string) (normal, reason string) {
	if name == "." {
		return name, ""
	}
	name = strings.TrimSuffix(name, ".")
	if name == "" {
		return "", "the name is empty"
	}
	if strings.HasSuffix(name, ".") {
		return "", "the name has an empty label"
	}
	n := addr.NormalDomain(name)
	if len(n) > maxName {
		return "", "the name is too long"
	}
	return n, labelFault(n)
}

// labelFault says what is wrong with the labels of a name, if anything.
func labelFault(name string) string {
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '.' {
			if c := name[i]; c < ' ' || c >= 0x7f {
				return "the name has a character that cannot be asked for"
			}
			continue
		}
		switch {
		case i == start:
			return "the name has an empty label"
		case i-start > maxLabel:
			return "the name has a label longer than 63 characters"
		}
		start = i + 1
	}
	return ""
}

// hostText makes a name from the wire fit to be compared and printed: lower
// case, no dot at the end, and octets that are no printable ASCII as \DDD
// (RFC 1035 section 5.1). The root is "".
func hostText(wire string) string {
	wire = strings.TrimSuffix(wire, ".")
	plain := true
	for i := 0; i < len(wire) && plain; i++ {
		plain = wire[i] > ' ' && wire[i] < 0x7f && wire[i] != '\\'
	}
	if plain {
		return strings.ToLower(wire)
	}
	var b strings.Builder
	for i := range len(wire) {
		if c := wire[i]; c > ' ' && c < 0x7f && c != '\\' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('\\')
		b.WriteString(strconv.Itoa(1000 + int(wire[i]))[1:])
	}
	return strings.ToLower(b.String())
}

// wireText undoes hostText, for a name that is to be asked for.
func wireText(host string) string {
	if strings.IndexByte(host, '\\') < 0 {
		return host
	}
	var b strings.Builder
	for i := 0; i < len(host); i++ {
		if c := host[i]; c != '\\' || i+4 > len(host) {
			b.WriteByte(c)
			continue
		}
		n, err := strconv.ParseUint(host[i+1:i+4], 10, 8)
		if err != nil {
			return host // not our writing
		}
		b.WriteByte(byte(n))
		i += 3
	}
	return b.String()
}

const hexDigits = "0123456789abcdef"

// ReverseLabels gives an address with its labels in reverse, as they stand
// before in-addr.arpa and ip6.arpa and before the zones of DNS lists
// (RFC 1035 section 3.5, RFC 3596 section 2.5, RFC 5782 section 2): four
// numbers for IPv4, 32 hexadecimal digits for IPv6. IPv4 in IPv6 counts as
// IPv4. It is "" for an invalid address.
func ReverseLabels(ip netip.Addr) string {
	ip = ip.Unmap()
	if !ip.IsValid() {
		return ""
	}
	var buf [64]byte
	b := buf[:0]
	if ip.Is4() {
		a := ip.As4()
		for i := len(a) - 1; i >= 0; i-- {
			b = append(strconv.AppendUint(b, uint64(a[i]), 10), '.')
		}
		return string(b[:len(b)-1])
	}
	a := ip.As16()
	for i := len(a) - 1; i >= 0; i-- {
		b = append(b, hexDigits[a[i]&15], '.', hexDigits[a[i]>>4], '.')
	}
	return string(b[:len(b)-1])
}

// ReverseName gives the name under which the PTR records of an address
// stand; "" for an invalid address.
func ReverseName(ip netip.Addr) string {
	labels := ReverseLabels(ip)
	switch {
	case labels == "":
		return ""
	case ip.Unmap().Is4():
		return labels + ".in-addr.arpa"
	default:
		return labels + ".ip6.arpa"
	}
}
