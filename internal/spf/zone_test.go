package spf

import (
	"context"
	"net/netip"
	"strings"

	"postern/internal/dns"
)

// zone is a resolver that answers from a table.
type zone map[string]*node

// node is what the zone holds of one name.
type node struct {
	a, aaaa []netip.Addr
	mx      []dns.MX
	txt     []string
	ptr     []string
	cname   string
	// timeout leaves every question without an answer that the node has no
	// record for.
	timeout bool
}

// at gives the node of a name and makes it if need be.
func (z zone) at(name string) *node {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if z[name] == nil {
		z[name] = &node{}
	}
	return z[name]
}

// find follows aliases to the node that answers.
func (z zone) find(name string, kind dns.Type) (*node, error) {
	for range 8 {
		n := z[strings.ToLower(name)]
		if n == nil {
			return nil, &dns.Error{Name: name, Type: kind, Kind: dns.ErrNotFound}
		}
		if n.cname == "" {
			return n, nil
		}
		name = strings.TrimSuffix(n.cname, ".")
	}
	return nil, &dns.Error{Name: name, Type: kind, Kind: dns.ErrTemporary, Reason: "too many aliases"}
}

// answer looks up a name and picks the records of a type.
func answer[T any](z zone, name string, kind dns.Type, pick func(*node) []T) ([]T, error) {
	n, err := z.find(name, kind)
	if err != nil {
		return nil, err
	}
	if list := pick(n); len(list) > 0 {
		return list, nil
	}
	if n.timeout {
		return nil, &dns.Error{Name: name, Type: kind, Kind: dns.ErrTemporary, Reason: "timeout"}
	}
	return nil, &dns.Error{Name: name, Type: kind, Kind: dns.ErrNoData}
}

func (z zone) A(_ context.Context, name string) ([]netip.Addr, error) {
	return answer(z, name, dns.TypeA, func(n *node) []netip.Addr { return n.a })
}

func (z zone) AAAA(_ context.Context, name string) ([]netip.Addr, error) {
	return answer(z, name, dns.TypeAAAA, func(n *node) []netip.Addr { return n.aaaa })
}

func (z zone) MX(_ context.Context, name string) ([]dns.MX, error) {
	return answer(z, name, dns.TypeMX, func(n *node) []dns.MX { return n.mx })
}

func (z zone) TXT(_ context.Context, name string) ([]string, error) {
	return answer(z, name, dns.TypeTXT, func(n *node) []string { return n.txt })
}

func (z zone) PTR(_ context.Context, ip netip.Addr) ([]string, error) {
	return answer(z, reverseName(ip), dns.TypePTR, func(n *node) []string { return n.ptr })
}

// reverseName gives the name under which an address has its PTR records.
func reverseName(ip netip.Addr) string {
	p := piece{letter: 'i', reverse: true}
	e := evaluation{ip: ip}
	return strings.ToLower(e.expandPiece(p, "") + "." + e.value('v', "") + ".arpa")
}

var _ Resolver = zone(nil)
