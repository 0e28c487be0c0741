package addr

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// lookupProfile maps names as for a DNS lookup (RFC 5891 section 5) but
// allows characters such as the underscore that names in mail really have.
var lookupProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// NormalDomain brings a domain to the form in which domains are compared and
// looked up: ASCII (RFC 5890 A-labels), lower case, no dot at the end. What
// IDNA refuses stays as it is, in lower case. Address literals keep their
// brackets.
func NormalDomain(name string) string {
	name = trimDots(strings.TrimSpace(name))
	if lower, ok := lowerASCII(name); ok {
		return lower
	}
	if !utf8.ValidString(name) {
		return name
	}
	if ascii, err := lookupProfile.ToASCII(name); err == nil {
		return trimDots(ascii)
	}
	return strings.ToLower(name)
}

// DisplayDomain gives the domain as people read it, with its A-labels turned
// back into Unicode (RFC 5890); what cannot be turned stays as it is.
func DisplayDomain(name string) string {
	if !strings.Contains(name, "xn--") {
		return name
	}
	if u, err := lookupProfile.ToUnicode(name); err == nil {
		return u
	}
	return name
}

// IsPublicSuffix tells whether everyone may register names right below the
// domain, such as "com" or "co.uk".
func IsPublicSuffix(name string) bool {
	name = NormalDomain(name)
	if name == "" {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	return suffix == name && (icann || strings.Contains(name, "."))
}

// SameOrSub tells whether name is domain or lies below it. Both must be
// normalised.
func SameOrSub(name, domain string) bool {
	if domain == "" || !strings.HasSuffix(name, domain) {
		return false
	}
	rest := len(name) - len(domain)
	return rest == 0 || name[rest-1] == '.'
}

// ValidDomain tells whether the domain has the form of a host name (RFC 1123
// section 2.1, RFC 6531 for other scripts) with no empty labels; underscores
// pass since names in use have them. A single label passes too.
func ValidDomain(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 255 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 && isASCII(label) || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			if !isDomainByte(label[i]) {
				return false
			}
		}
	}
	return true
}

// isDomainByte tells whether c may stand in a label.
func isDomainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c >= 0x80
}

// IsIPLiteral tells whether the domain is an address literal such as
// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3).
func IsIPLiteral(domain string) bool {
	_, ok := LiteralIP(domain)
	return ok
}

// LiteralIP gives the address of an address literal.
func LiteralIP(domain string) (netip.Addr, bool) {
	if len(domain) < 3 || domain[0] != '[' || domain[len(domain)-1] != ']' {
		return netip.Addr{}, false
	}
	return ParseIP(domain)
}

// ParseIP parses an address as mail has it: plain, in brackets, with the tag
// "IPv6:" before or within them. A 4-in-6 address comes out as IPv4.
func ParseIP(s string) (netip.Addr, bool) {
	s = cutIPv6Tag(s)
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		s = cutIPv6Tag(s[1 : len(s)-1])
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return ip.Unmap(), true
}

// cutIPv6Tag takes the tag of RFC 5321 section 4.1.3 off.
func cutIPv6Tag(s string) string {
	if len(s) > 5 && strings.EqualFold(s[:5], "ipv6:") {
		return s[5:]
	}
	return s
}

// trimDots takes the dots at the end off.
func trimDots(name string) string { return strings.TrimRight(name, ".") }

// lowerASCII gives s in lower case; ok is false where s is not ASCII.
func lowerASCII(s string) (lower string, ok bool) {
	upper := false
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return "", false
		}
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	if !upper {
		return s, true
	}
	return strings.ToLower(s), true
}

// isASCII tells whether s has only octets below 128.
func isASCII(s string) bool {
	_, ok := lowerASCII(s)
	return ok
}
