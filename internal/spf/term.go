package spf

import (
	"fmt"
	"net/netip"
	"strings"
)

// parseTerm parses a mechanism with its qualifier (RFC 7208 section 4.6.1);
// reason is "" when it is good.
func parseTerm(text string) (t Term, reason string) {
	t = Term{Text: text, Qualifier: Pass, Bits4: 32, Bits6: 128}
	rest := text
	if code, ok := qualifier(text[0]); ok {
		t.Qualifier, rest = code, text[1:]
	}
	n := nameLen(rest)
	t.Mechanism = strings.ToLower(rest[:n])
	return t, t.parseArgument(rest[n:])
}

// qualifier gives the result that a qualifier stands for.
func qualifier(c byte) (code Code, ok bool) {
	switch c {
	case '+':
		return Pass, true
	case '-':
		return Fail, true
	case '~':
		return SoftFail, true
	case '?':
		return Neutral, true
	}
	return None, false
}

// parseArgument parses what follows the mechanism's name.
func (t *Term) parseArgument(arg string) (reason string) {
	switch t.Mechanism {
	case "all":
		t.kind = kindAll
		if arg != "" {
			return "all takes no argument"
		}
		return ""
	case "include":
		return t.parseDomain(kindInclude, arg, true)
	case "exists":
		return t.parseDomain(kindExists, arg, true)
	case "ptr":
		return t.parseDomain(kindPTR, arg, false)
	case "a":
		return t.parseAddress(kindA, arg)
	case "mx":
		return t.parseAddress(kindMX, arg)
	case "ip4":
		return t.parseNetwork(kindIP4, arg, 32)
	case "ip6":
		return t.parseNetwork(kindIP6, arg, 128)
	}
	if strings.HasPrefix(arg, "=") {
		return "a modifier takes no qualifier"
	}
	return "no such mechanism"
}

// parseDomain parses the argument of include, exists and ptr.
func (t *Term) parseDomain(k kind, arg string, required bool) (reason string) {
	t.kind = k
	if arg == "" && !required {
		return ""
	}
	domain, ok := strings.CutPrefix(arg, ":")
	if !ok {
		return "want a colon and a domain after " + t.Mechanism
	}
	t.Domain = domain
	return checkDomainSpec(domain)
}

// parseAddress parses the argument of a and mx: a domain, prefix lengths, or
// both. A domain may hold slashes itself, so the lengths are cut off its end.
func (t *Term) parseAddress(k kind, arg string) (reason string) {
	t.kind = k
	domain, colon := strings.CutPrefix(arg, ":")
	if i := strings.LastIndex(domain, "//"); i >= 0 && allDigits(domain[i+2:]) {
		if t.Bits6, reason = prefixLength(domain[i+2:], 128); reason != "" {
			return reason
		}
		domain = domain[:i]
	}
	if i := strings.LastIndexByte(domain, '/'); i >= 0 && allDigits(domain[i+1:]) {
		if t.Bits4, reason = prefixLength(domain[i+1:], 32); reason != "" {
			return reason
		}
		domain = domain[:i]
	}
	if colon {
		t.Domain = domain
		return checkDomainSpec(domain)
	}
	if domain != "" {
		return "want a colon and a domain, or a prefix length such as /24, after " + t.Mechanism
	}
	return ""
}

// parseNetwork parses the argument of ip4 and ip6.
func (t *Term) parseNetwork(k kind, arg string, size int) (reason string) {
	t.kind = k
	text, ok := strings.CutPrefix(arg, ":")
	if !ok {
		return "want a colon and an address after " + t.Mechanism
	}
	text, length, slash := strings.Cut(text, "/")
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.BitLen() != size || ip.Zone() != "" {
		return fmt.Sprintf("%q is not an address for %s", clipTo(text, 60), t.Mechanism)
	}
	bits := size
	if slash {
		if bits, reason = prefixLength(length, size); reason != "" {
			return reason
		}
	}
	t.Network = netip.PrefixFrom(ip, bits)
	return ""
}

// prefixLength reads a prefix length: no sign, no leading zero.
func prefixLength(s string, most int) (n int, reason string) {
	if !allDigits(s) || len(s) > 3 || len(s) > 1 && s[0] == '0' {
		return 0, fmt.Sprintf("%q is not a prefix length", clipTo(s, 20))
	}
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	if n > most {
		return 0, fmt.Sprintf("the prefix length %d is more than %d", n, most)
	}
	return n, ""
}

// allDigits tells whether s is one or more digits.
func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
