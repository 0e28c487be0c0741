package addr

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Registrable gives the domain under which its owner registered the name:
// one label more than the public suffix (publicsuffix.org), so that
// mail.example.co.uk gives example.co.uk. What has no such domain (a public
// suffix itself, an address literal, a single label, "") is given back as it
// is. domain is normalised first (NormalDomain).
func Registrable(domain string) string {
	domain = NormalDomain(domain)
	if strings.IndexByte(domain, '.') < 0 || strings.HasPrefix(domain, "[") {
		return domain
	}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return registrable
}

// SameRegistrable tells whether two domains belong to the same registrable
// domain, and so most likely to the same owner.
func SameRegistrable(a, b string) bool {
	return a == b || Registrable(a) == Registrable(b)
}

// PublicName tells whether domain looks like a name that somebody registered
// on the Internet: at least one label under a suffix that a registry runs.
func PublicName(domain string) bool {
	domain = NormalDomain(domain)
	suffix, icann := publicsuffix.PublicSuffix(domain)
	return icann && len(domain) > len(suffix)+1
}
