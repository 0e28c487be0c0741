package restrict

import (
	"fmt"
	"strings"

	"postern/internal/dnslist"
)

// zone is a DNS list as a restriction names it: "domain" or "domain=filter".
type zone struct {
	// spec is the whole of it, the key of rbl_reply_maps; shown is how it
	// may be shown, without a customer's key.
	spec, shown string
	// domain is asked; filter chooses among its answers, nil for none.
	domain string
	filter *dnslist.Filter
}

// parseZone reads "domain" or "domain=d1.d2.d3.d4".
func parseZone(spec string) (*zone, error) {
	domain, pattern, filtered := strings.Cut(spec, "=")
	z := &zone{spec: spec, domain: lower(strings.Trim(domain, "."))}
	if !validHostname(z.domain) {
		return nil, fmt.Errorf("%s is not a list's domain", quoteClip(domain))
	}
	z.shown = dnslist.ShownZone(z.domain)
	if !filtered {
		return z, nil
	}
	z.shown += "=" + pattern
	f, err := dnslist.ParseFilter(pattern)
	z.filter = f
	return z, err
}
