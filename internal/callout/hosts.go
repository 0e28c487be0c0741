package callout

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"postern/internal/addr"
	"postern/internal/dns"
)

// Resolver asks the domain name system. Errors wrap those of package dns.
type Resolver interface {
	MX(ctx context.Context, domain string) ([]dns.MX, error)
	A(ctx context.Context, name string) ([]netip.Addr, error)
	AAAA(ctx context.Context, name string) ([]netip.Addr, error)
}

// maxExchangers bounds how many mail exchangers of a domain are looked up.
const maxExchangers = 10

// host is an address of a mail exchanger.
type host struct {
	name string
	ip   netip.Addr
	pref uint16
}

// place gives how the host is connected to.
func (h host) place(port int) place {
	peer := fmt.Sprintf("%s[%s]", h.name, h.ip)
	return place{
		network: "tcp", address: net.JoinHostPort(h.ip.String(), strconv.Itoa(port)),
		name: h.name, peer: peer, target: fmt.Sprintf("%s:%d", peer, port),
	}
}

// finding collects the hosts of a domain, and why there are none.
type finding struct {
	hosts []host
	// own tells that we are an exchanger ourselves, closed that one is in a
	// network where nobody is asked.
	own, closed bool
	// failed is the name whose addresses could not be found out for now.
	failed string
}

// hosts gives the addresses to ask for a domain, the preferred ones first
// (RFC 5321 section 5.1). Where there are none, the result says what that
// means.
func (v *Verifier) hosts(ctx context.Context, domain string, kind Kind) ([]host, Result) {
	list, err := v.env.Resolver.MX(ctx, domain)
	switch {
	case err != nil && !dns.Missing(err):
		return nil, deferred("4.4.3", notFound+", try again", domain, "MX")
	case err != nil || len(list) == 0:
		list = []dns.MX{{Host: domain}}
	case len(list) == 1 && (list[0].Host == "" || list[0].Host == "."):
		// RFC 7505: the code says whether it is a sender or a recipient.
		code := map[Kind]string{Sender: "5.7.27", Recipient: "5.1.10"}[kind]
		return nil, bounced(code, "Domain %s does not accept mail (nullMX)", domain)
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b dns.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	f := v.find(ctx, list[:min(len(list), maxExchangers)])
	if len(f.hosts) > 0 {
		return f.hosts[:min(len(f.hosts), v.o.MaxHosts)], Result{}
	}
	switch {
	case f.own:
		return nil, skipped("we are the mail exchanger of %s", domain)
	case f.failed != "":
		return nil, deferred("4.4.3", notFound+", try again", f.failed, "A")
	case f.closed:
		return nil, deferred("4.4.4", "no mail exchanger of %s has a public address", domain)
	}
	return nil, bounced("5.4.4", notFound, list[0].Host, "A")
}

// notFound is Postfix's text for a name without an address.
const notFound = "Host or domain name not found. Name service error for name=%s type=%s: Host not found"

// find looks the exchangers up. Where we are one of them, those that are not
// preferred to us would hand mail to us: they are left out.
func (v *Verifier) find(ctx context.Context, list []dns.MX) finding {
	var f finding
	for _, mx := range list {
		if len(f.hosts) >= v.o.MaxHosts && mx.Preference > f.hosts[len(f.hosts)-1].pref {
			break
		}
		v.addresses(ctx, mx, &f)
		if f.own {
			f.hosts = slices.DeleteFunc(f.hosts, func(h host) bool { return h.pref >= mx.Preference })
			break
		}
	}
	return f
}

// addresses looks one exchanger up.
func (v *Verifier) addresses(ctx context.Context, mx dns.MX, f *finding) {
	name := addr.NormalDomain(mx.Host)
	if !addr.ValidDomain(name) {
		return
	}
	if _, isIP := addr.ParseIP(name); isIP {
		return // an address is no name of a host
	}
	for _, lookup := range []func(context.Context, string) ([]netip.Addr, error){v.env.Resolver.A, v.env.Resolver.AAAA} {
		ips, err := lookup(ctx, name)
		if err != nil && !dns.Missing(err) {
			f.failed = name
		}
		for _, ip := range ips[:min(len(ips), maxMaxHosts)] {
			ip = ip.Unmap().WithZone("")
			switch {
			case v.isOwn(ip):
				f.own = true
			case !v.o.AllowPrivate && !isPublic(ip):
				f.closed = true
			case !slices.ContainsFunc(f.hosts, func(h host) bool { return h.ip == ip }):
				f.hosts = append(f.hosts, host{name, ip, mx.Preference})
			}
		}
	}
}

// isOwn tells whether an address is one of ours.
func (v *Verifier) isOwn(ip netip.Addr) bool { return v.own[ip] || v.ours.Contains(ip) }
