package restrict

import (
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/dns"
)

// serverAccess evaluates check_*_{ns,mx,a}_access: it looks up the name
// servers, mail servers or addresses of a domain in a table. What it permits
// would be the client's to choose, so that nothing may be permitted.
func (v *eval) serverAccess(it *item) result {
	domain, name, class := v.serverTarget(it.server.of)
	if domain == "" {
		return dunno
	}
	r := v.servers(it, domain, name, class)
	return v.noPermit(r, it)
}

// serverTarget gives the domain that is looked at, and the words for the
// reply; "" for none.
func (v *eval) serverTarget(of op) (domain, name, class string) {
	switch of {
	case opClientAccess:
		if n := v.names().name; n != "" {
			return n, v.namaddr(), classClient
		}
	case opReverseAccess:
		if n := v.names().reverse; n != "" {
			return n, n, classReverse
		}
	case opHeloAccess:
		return v.s.HELO, v.s.HELO, classHelo
	case opSenderAccess:
		if v.sender != nil && !v.sender.IsZero() {
			return v.e.addresses.qualify(*v.sender).Domain, v.senderText(), classSender
		}
	case opRecipientAccess:
		if v.rcpt != nil && !v.rcpt.IsZero() {
			return v.e.addresses.qualify(*v.rcpt).Domain, v.rcptText(), classRecipient
		}
	}
	return "", "", ""
}

// servers looks up the servers of a domain in a table.
func (v *eval) servers(it *item, domain, name, class string) result {
	if isLiteral(domain) {
		ip, ok := addr.LiteralIP(domain)
		if !ok || it.server.kind == "ns" {
			return dunno
		}
		r, _ := v.addressAccess(it.table, ip, name, class)
		return r
	}
	domain = addr.NormalDomain(domain)
	if ip, err := netip.ParseAddr(domain); err == nil && it.server.kind != "ns" {
		r, _ := v.addressAccess(it.table, ip, name, class)
		return r
	}
	if !validHostname(domain) {
		return dunno
	}
	hosts, ok := v.serversOf(it.server.kind, domain)
	if !ok {
		return dunno
	}
	left := v.e.opt.DNSLists.RRListLimit
	for _, host := range hosts {
		if it.server.kind != "a" {
			if r, found := v.domainAccess(it.table, host, name, class); found {
				return r
			}
		}
		addresses, err := v.serverAddresses(host)
		if err != nil && !dns.Missing(err) {
			v.d.note("warning", "%s: address of %s: %v", it.name, host, err)
			v.unknown("%s: address of %s: %v", it.name, host, err)
		}
		for _, a := range addresses {
			if left--; left < 0 {
				v.d.note("warning", "%s: %s has more than %d server addresses", it.name, domain, v.e.opt.DNSLists.RRListLimit)
				return dunno
			}
			if r, found := v.addressAccess(it.table, a, name, class); found {
				return r
			}
		}
	}
	return dunno
}

// serverAddresses gives the addresses of a server, which may be one itself.
func (v *eval) serverAddresses(host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	return v.e.dns.addresses(v.ctx, host)
}

// serversOf gives the names of a domain's servers; ok is false where there is
// nothing to look at.
func (v *eval) serversOf(kind, domain string) (hosts []string, ok bool) {
	switch kind {
	case "mx":
		return v.mailServers(domain)
	case "ns":
		return v.nameServers(domain)
	}
	return []string{domain}, true
}

func (v *eval) mailServers(domain string) (hosts []string, ok bool) {
	mx, err := v.e.dns.mx(v.ctx, domain)
	switch judge(len(mx), err) {
	case answerNone:
		return []string{domain}, true
	case answerFound:
		if nullMX(mx) {
			return nil, false
		}
		for _, r := range mx {
			hosts = append(hosts, strings.TrimSuffix(r.Host, "."))
		}
		return hosts, true
	}
	v.d.note("warning", "mail servers of %s: %v", domain, err)
	v.unknown("mail servers of %s: %v", domain, err)
	return nil, false
}

// nameServers gives a domain's name servers, or those of the nearest domain
// above it that has some.
func (v *eval) nameServers(domain string) (hosts []string, ok bool) {
	for name := domain; name != ""; {
		ns, err := v.e.dns.ns(v.ctx, name)
		switch judge(len(ns), err) {
		case answerFound:
			for _, host := range ns {
				hosts = append(hosts, strings.TrimSuffix(host, "."))
			}
			return hosts, true
		case answerFailed, answerFiltered:
			v.d.note("warning", "name servers of %s: %v", name, err)
			v.unknown("name servers of %s: %v", name, err)
			return nil, false
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return nil, false
}

// permitMXBackup permits recipients whose domain names us as a mail server
// that is not the best one.
func (v *eval) permitMXBackup() result {
	full := v.e.addresses.qualify(*v.rcpt)
	if routed(full.Local) && !v.e.opt.Addresses.AllowUntrustedRouting {
		return dunno
	}
	c, err := v.e.addresses.class(v.ctx, full.Domain)
	if err != nil {
		return v.lookupFailed(v.rcptText(), err)
	}
	if c != elsewhere {
		return permit
	}
	if isLiteral(full.Domain) {
		return dunno
	}
	mx, err := v.e.dns.mx(v.ctx, full.Domain)
	switch judge(len(mx), err) {
	case answerFailed:
		return v.deferIfReject(450, "4.4.4", "<%s>: %s rejected: Unable to look up mail exchanger information", v.rcptText(), v.replyClass())
	case answerFound:
		return v.backupFor(mx)
	}
	return dunno
}

// backupFor tells whether we are one of the mail servers and not a best one.
func (v *eval) backupFor(mx []dns.MX) result {
	best := mx[0].Preference
	for _, r := range mx {
		best = min(best, r.Preference)
	}
	backup := false
	var primaries []string
	for _, r := range mx {
		ours, err := v.isOurs(r.Host)
		if err != nil {
			return v.deferIfReject(450, "4.4.4", "<%s>: %s rejected: Unable to look up mail exchanger host %s", v.rcptText(), v.replyClass(), r.Host)
		}
		if ours && r.Preference == best {
			return dunno
		}
		backup = backup || ours
		if r.Preference == best {
			primaries = append(primaries, r.Host)
		}
	}
	if !backup {
		return dunno
	}
	return v.primariesAllowed(primaries)
}

// primariesAllowed tells whether every address of the best mail servers is in
// permit_mx_backup_networks.
func (v *eval) primariesAllowed(hosts []string) result {
	if v.e.backup.empty() {
		return permit
	}
	for _, host := range hosts {
		addresses, err := v.e.dns.addresses(v.ctx, strings.TrimSuffix(host, "."))
		if err != nil {
			return v.deferIfReject(450, "4.4.4", "<%s>: %s rejected: Unable to look up host %s as mail exchanger", v.rcptText(), v.replyClass(), host)
		}
		for _, a := range addresses {
			in, err := v.e.backup.matchHost(v.ctx, host, a)
			if err != nil {
				return v.lookupFailed(v.rcptText(), err)
			}
			if !in {
				return dunno
			}
		}
	}
	return permit
}

// isOurs tells whether a mail server is this one, by name or address.
func (v *eval) isOurs(host string) (bool, error) {
	host = addr.NormalDomain(host)
	if host == addr.NormalDomain(v.e.opt.Hosts.Hostname) {
		return true, nil
	}
	addresses, err := v.e.dns.addresses(v.ctx, host)
	if err != nil && !dns.Missing(err) {
		return false, err
	}
	for _, a := range addresses {
		if v.e.mine[a] {
			return true, nil
		}
	}
	return false, nil
}
