package restrict

import (
	"context"

	"postern/internal/addr"
	"postern/internal/table"
	"postern/internal/unit"
)

// domainClass says what we are for a domain (ADDRESS_CLASS_README).
type domainClass uint8

const (
	// elsewhere is a domain that we are not responsible for.
	elsewhere domainClass = iota
	localDomain
	virtualAlias
	virtualMailbox
	relayDomain
)

// addressBook knows which domains and addresses are ours.
type addressBook struct {
	origin    string
	delimiter string
	mine      *Engine

	destination, aliasDomains, mailboxDomains, relay                                 hostList
	local, alias, mailbox, relayed, canonical, senderCanonical, rcptCanonical, login []*openTable
}

// prepareAddresses opens the lists and tables of addresses.
func (e *Engine) prepareAddresses(relayParents bool) []error {
	o := &e.opt.Addresses
	b := &e.addresses
	b.mine, b.delimiter = e, o.RecipientDelimiter
	if b.origin = addr.NormalDomain(o.Myorigin); b.origin == "" {
		b.origin = addr.NormalDomain(e.opt.Hosts.Hostname)
	}
	if b.origin == "" {
		b.origin = "localhost"
	}
	var faults []error
	lists := func(key string, into *hostList, entries, otherwise []string, parents bool) {
		if len(entries) == 0 {
			entries = otherwise
		}
		l, err := e.hostList(key, entries, parents)
		if err != nil {
			faults = append(faults, unit.BadKey("addresses."+key, "%v", err))
		}
		*into = l
	}
	lists("mydestination", &b.destination, o.Mydestination, nil, false)
	lists("virtual_alias_domains", &b.aliasDomains, o.VirtualAliasDomains, o.VirtualAliasMaps, false)
	lists("virtual_mailbox_domains", &b.mailboxDomains, o.VirtualMailboxDomains, o.VirtualMailboxMaps, false)
	lists("relay_domains", &b.relay, o.RelayDomains, nil, relayParents)
	maps := func(key string, into *[]*openTable, specs []string) {
		all, err := e.openAll(specs)
		if err != nil {
			faults = append(faults, unit.BadKey("addresses."+key, "%v", err))
		}
		*into = all
	}
	maps("local_recipient_maps", &b.local, o.LocalRecipientMaps)
	maps("virtual_alias_maps", &b.alias, o.VirtualAliasMaps)
	maps("virtual_mailbox_maps", &b.mailbox, o.VirtualMailboxMaps)
	maps("relay_recipient_maps", &b.relayed, o.RelayRecipientMaps)
	maps("canonical_maps", &b.canonical, o.CanonicalMaps)
	maps("sender_canonical_maps", &b.senderCanonical, o.SenderCanonicalMaps)
	maps("recipient_canonical_maps", &b.rcptCanonical, o.RecipientCanonicalMaps)
	maps("sender_login_maps", &b.login, o.SenderLoginMaps)
	return faults
}

// qualify gives an address its domain where it has none, in normal form.
func (b *addressBook) qualify(a addr.Address) addr.Address {
	if a.Domain == "" {
		a.Domain = b.origin
		return a
	}
	if !isLiteral(a.Domain) {
		a.Domain = addr.NormalDomain(a.Domain)
	}
	return a
}

// class tells what we are for a domain in normal form.
func (b *addressBook) class(ctx context.Context, domain string) (domainClass, error) {
	if isLiteral(domain) {
		if ip, ok := addr.LiteralIP(domain); ok && b.mine.mine[ip] {
			return localDomain, nil
		}
		return elsewhere, nil
	}
	for _, l := range []struct {
		list  *hostList
		class domainClass
	}{
		{&b.destination, localDomain}, {&b.aliasDomains, virtualAlias},
		{&b.mailboxDomains, virtualMailbox}, {&b.relay, relayDomain},
	} {
		in, err := l.list.matchDomain(ctx, domain)
		if err != nil {
			return elsewhere, err
		}
		if in {
			return l.class, nil
		}
	}
	return elsewhere, nil
}

// find looks an address up in tables the way aliases are looked up: whole,
// without extension, the local part alone where the domain is ours, and the
// domain with an @ before it.
func (b *addressBook) find(ctx context.Context, tables []*openTable, a addr.Address) (value string, found bool, err error) {
	if len(tables) == 0 {
		return "", false, nil
	}
	base, extended := table.CutExtension(a.Local, b.delimiter)
	locals := []string{a.Local}
	if extended {
		locals = append(locals, base)
	}
	keys := make([]string, 0, 8)
	add := func(rest string) {
		for _, l := range locals {
			external, internal := localForms(l)
			keys = append(keys, external+rest)
			if external != internal {
				keys = append(keys, internal+rest)
			}
		}
	}
	add("@" + a.Domain)
	whole := len(keys)
	if a.Domain == b.origin || b.isLocal(ctx, a.Domain) {
		add("")
	}
	keys = append(keys, "@"+a.Domain)
	for i, key := range keys {
		for _, t := range tables {
			if i > 0 && (i >= whole || extended) && !t.Partial() {
				continue
			}
			if value, found, err = lookupFirst(ctx, []*openTable{t}, key); err != nil || found {
				return value, found, err
			}
		}
	}
	return "", false, nil
}

// isLocal tells whether a domain is delivered to users of this host.
func (b *addressBook) isLocal(ctx context.Context, domain string) bool {
	c, err := b.class(ctx, domain)
	return err == nil && c == localDomain
}
