package spf

import (
	"net/netip"
	"slices"
	"strings"

	"postern/internal/addr"
)

// client is what is known of the client's names. They are looked up once,
// and only those that matter lead back to an address.
type client struct {
	asked bool
	names []string
	err   error
	// proved holds for each name whether it leads back to the client.
	proved [MaxPTR]proof
}

// proof is what is known of whether a name leads back.
type proof uint8

const (
	notAsked proof = iota
	leadsBack
	leadsElsewhere
)

// clientNames looks up the names of the client, the first MaxPTR of them (RFC
// 7208 section 4.6.4).
func (e *evaluation) clientNames() ([]string, error) {
	c := &e.client
	if !c.asked {
		c.asked = true
		var names []string
		names, c.err = e.checker.resolver.PTR(e.ctx, e.ip)
		for _, n := range names[:min(len(names), MaxPTR)] {
			c.names = append(c.names, strings.ToLower(strings.TrimSuffix(n, ".")))
		}
	}
	return c.names, c.err
}

// proved tells whether the client's name of that index has the client's
// address; a name that cannot be looked up has not (RFC 7208 section 5.5).
func (e *evaluation) proved(i int) bool {
	c := &e.client
	if c.proved[i] == notAsked {
		c.proved[i] = leadsElsewhere
		if canQuery(c.names[i]) {
			ips, err := e.addresses(c.names[i])
			same := func(ip netip.Addr) bool { return ip.Unmap().WithZone("") == e.ip }
			if err == nil && slices.ContainsFunc(ips, same) {
				c.proved[i] = leadsBack
			}
		}
	}
	return c.proved[i] == leadsBack
}

// matchPTR tells whether one of the client's names is of the domain (RFC 7208
// section 5.5). That the names cannot be looked up is not the domain's fault:
// then it does not match.
func (e *evaluation) matchPTR(domain string) (matched bool, fault Code) {
	names, err := e.clientNames()
	if code := e.answered(len(names), "the client's name", err); code == PermError {
		return false, code
	}
	e.reason = ""
	for i, n := range names {
		if addr.SameOrSub(n, domain) && e.proved(i) {
			return true, None
		}
	}
	if err := e.ctx.Err(); err != nil {
		return false, e.unanswered("the client's name", err)
	}
	return false, None
}

// clientName gives the name of the client for the macro %{p}: the domain
// itself if that is one of its names, else a name below it, else any, else
// "unknown" (RFC 7208 section 7.3).
func (e *evaluation) clientName(domain string) string {
	names, _ := e.clientNames() // "unknown" when it cannot be found out
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	for i, n := range names {
		if n == domain && e.proved(i) {
			return n
		}
	}
	for i, n := range names {
		if addr.SameOrSub(n, domain) && e.proved(i) {
			return n
		}
	}
	for i, n := range names {
		if e.proved(i) {
			return n
		}
	}
	return "unknown"
}
