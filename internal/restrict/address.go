package restrict

import (
	"strings"

	"postern/internal/addr"
)

// addressRestriction evaluates the restrictions that look at the sender or
// recipient. Most say nothing of the null sender.
func (v *eval) addressRestriction(it *item) result {
	switch it.op {
	case opNonFQDNRecipient, opUnknownRecipientDomain, opUnverifiedRecipient, opUnlistedRecipient,
		opUnauthDestination, opDeferUnauthDestination, opPermitAuthDestination, opPermitMXBackup, opCheckRelayDomains:
		if v.rcpt == nil || v.rcpt.IsZero() {
			return dunno
		}
		return v.recipientRestriction(it)
	case opMultiRecipientBounce:
		return v.multiRecipientBounce()
	}
	if v.sender == nil || v.sender.IsZero() {
		return dunno
	}
	switch it.op {
	case opNonFQDNSender:
		return v.nonFQDN(v.sender, v.senderText(), classSender)
	case opUnknownSenderDomain:
		return v.unknownDomain(v.sender, v.senderText(), classSender)
	case opUnverifiedSender:
		return v.unverified(*v.sender, v.senderText(), classSender)
	case opUnlistedSender:
		return v.unlistedSender()
	}
	return v.loginRestriction(it.op)
}

func (v *eval) recipientRestriction(it *item) result {
	switch it.op {
	case opNonFQDNRecipient:
		return v.nonFQDN(v.rcpt, v.rcptText(), classRecipient)
	case opUnknownRecipientDomain:
		return v.unknownDomain(v.rcpt, v.rcptText(), classRecipient)
	case opUnverifiedRecipient:
		return v.unverified(*v.rcpt, v.rcptText(), classRecipient)
	case opUnlistedRecipient:
		return v.unlistedRecipient()
	case opUnauthDestination:
		return v.unauthDestination(v.e.opt.Codes.RelayDomains)
	case opDeferUnauthDestination:
		return v.unauthDestination(v.e.opt.Codes.RelayDomains - 100)
	case opPermitAuthDestination:
		ours, err := v.authorised()
		if err != nil {
			return v.lookupFailed(v.rcptText(), err)
		}
		return permitIf(ours)
	case opCheckRelayDomains:
		return v.relayDomains()
	}
	return v.permitMXBackup()
}

// nonFQDN refuses addresses without a full domain.
func (v *eval) nonFQDN(a *addr.Address, text, class string) result {
	domain := hostForm(a.Domain)
	if isLiteral(domain) || validHostname(domain) && strings.Contains(domain, ".") {
		return dunno
	}
	v.key = domain
	return v.refuse(policyFault, v.e.opt.Codes.NonFQDN, "5.5.2", "<%s>: %s rejected: need fully-qualified address", text, class)
}

// unknownDomain refuses addresses whose domain does not exist or takes no
// mail.
func (v *eval) unknownDomain(a *addr.Address, text, class string) result {
	full := v.e.addresses.qualify(*a)
	c, err := v.e.addresses.class(v.ctx, full.Domain)
	if err != nil {
		return v.lookupFailed(text, err)
	}
	if c == localDomain || c == virtualAlias || c == virtualMailbox || isLiteral(full.Domain) {
		return dunno
	}
	return v.unknownMailHost(full.Domain, text, class)
}

// unknownMailHost refuses a domain that has neither mail servers nor an
// address.
func (v *eval) unknownMailHost(domain, text, class string) result {
	dsn := "4.1.8"
	if class == classRecipient {
		dsn = "4.1.2"
	}
	v.key = domain
	code := v.e.opt.Codes.UnknownAddress
	switch v.e.dns.mailHost(v.ctx, domain) {
	case answerNullMX:
		code, dsn = 550, "5.7.27"
		if class == classRecipient {
			code, dsn = 556, "5.1.10"
		}
		return v.refuse(policyFault, code, dsn, "<%s>: %s rejected: Domain %s does not accept mail (nullMX)", text, class, domain)
	case answerMalformed:
		return v.refuse(policyFault, code, dsn, "<%s>: %s rejected: Malformed DNS server reply", text, class)
	case answerNone, answerFiltered:
		return v.refuse(policyFault, code, dsn, "<%s>: %s rejected: Domain not found", text, class)
	case answerFailed:
		return v.temporary(450, dsn, "<%s>: %s rejected: Domain not found", text, class)
	}
	return dunno
}

// multiRecipientBounce refuses bounces to several recipients: they can only
// be forged.
func (v *eval) multiRecipientBounce() result {
	if v.sender == nil || !v.sender.IsZero() {
		return dunno
	}
	count := v.s.RecipientTotal()
	if v.stage == Rcpt {
		count++
	}
	if count <= 1 {
		return dunno
	}
	return v.refuse(policyFault, v.e.opt.Codes.MultiRecipientBounce, "5.5.3",
		"<%s>: %s rejected: Multi-recipient bounce", v.replyName(), v.replyClass())
}

// authorised tells whether we are responsible for the recipient.
func (v *eval) authorised() (bool, error) {
	full := v.e.addresses.qualify(*v.rcpt)
	if routed(full.Local) && !v.e.opt.Addresses.AllowUntrustedRouting {
		return false, nil
	}
	c, err := v.e.addresses.class(v.ctx, full.Domain)
	return c != elsewhere, err
}

// unauthDestination refuses to relay. That it could not be found out is never
// passed over: an open relay is worse than a delay.
func (v *eval) unauthDestination(code int) result {
	ours, err := v.authorised()
	if err != nil {
		v.d.note("warning", "%v", err)
		return v.refuse(ownFault, 451, "4.3.0", "<%s>: Temporary lookup failure", v.rcptText())
	}
	if ours {
		return dunno
	}
	return v.refuse(policyFault, code, "5.7.1", "<%s>: Relay access denied", v.rcptText())
}

// relayDomains permits what comes from or goes to a domain of ours, and
// refuses all else.
func (v *eval) relayDomains() result {
	if name := v.names().name; name != "" {
		in, err := v.e.addresses.relay.matchDomain(v.ctx, name)
		if err != nil {
			return v.lookupFailed(v.rcptText(), err)
		}
		if in {
			return permit
		}
	}
	if r := v.unauthDestination(v.e.opt.Codes.RelayDomains); r != dunno || v.warn {
		return r
	}
	return permit
}

// unlistedSender refuses senders that claim an address of ours that does not
// exist.
func (v *eval) unlistedSender() result {
	v.st.senderKnown = true
	return v.unlisted(*v.sender, v.senderText(), classSender)
}

// unlistedRecipient refuses recipients that do not exist here.
func (v *eval) unlistedRecipient() result {
	v.rcptKnown = true
	return v.unlisted(*v.rcpt, v.rcptText(), classRecipient)
}

// known tells whether an address is in a table that rewrites it.
func (v *eval) known(a addr.Address, class string) (bool, error) {
	b := &v.e.addresses
	tables := [][]*openTable{b.rcptCanonical, nil, b.canonical, b.alias}
	if class == classSender {
		tables[1] = b.senderCanonical
	}
	for _, t := range tables {
		if _, found, err := b.find(v.ctx, t, a); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

func (v *eval) unlisted(a addr.Address, text, class string) result {
	b := &v.e.addresses
	full := b.qualify(a)
	c, err := b.class(v.ctx, full.Domain)
	if err != nil {
		return v.lookupFailed(text, err)
	}
	if c == elsewhere {
		return dunno
	}
	if known, err := v.known(full, class); err != nil {
		return v.lookupFailed(text, err)
	} else if known {
		return dunno
	}
	tables, code, name := v.recipientTables(c)
	if c != virtualAlias {
		if len(tables) == 0 || c == localDomain && neverUnknown(full.Local) {
			return dunno
		}
		if _, found, err := b.find(v.ctx, tables, full); err != nil {
			return v.lookupFailed(text, err)
		} else if found {
			return dunno
		}
	}
	dsn := "5.1.1"
	if class == classSender {
		dsn = "5.1.0"
	}
	if v.e.opt.Addresses.ShowUserUnknownTableName {
		name = " in " + name + " table"
	} else {
		name = ""
	}
	return v.refuse(policyFault, code, dsn, "<%s>: %s rejected: User unknown%s", text, class, name)
}

// recipientTables gives the tables of the addresses of a class of domains,
// the code of the refusal and the name of the tables.
func (v *eval) recipientTables(c domainClass) (tables []*openTable, code int, name string) {
	b, codes := &v.e.addresses, &v.e.opt.Codes
	switch c {
	case localDomain:
		return b.local, codes.UnknownLocalRecipient, "local recipient"
	case virtualMailbox:
		return b.mailbox, codes.UnknownVirtualMailbox, "virtual mailbox"
	case relayDomain:
		return b.relayed, codes.UnknownRelayRecipient, "relay recipient"
	}
	return nil, codes.UnknownVirtualAlias, "virtual alias"
}

// neverUnknown tells local parts that every host has.
func neverUnknown(local string) bool {
	return strings.EqualFold(local, "postmaster") || strings.EqualFold(local, "mailer-daemon") ||
		strings.EqualFold(local, "double-bounce")
}

// loginRestriction evaluates the restrictions on who may use which sender.
func (v *eval) loginRestriction(o op) result {
	if len(v.e.addresses.login) == 0 {
		return dunno
	}
	in := v.s.User != ""
	switch o {
	case opAuthLogin:
		if in {
			return v.loginMismatch(false)
		}
	case opKnownLogin:
		if in {
			return v.loginMismatch(true)
		}
		return v.notLoggedIn()
	case opUnauthLogin:
		if !in {
			return v.notLoggedIn()
		}
	case opLogin:
		if in {
			return v.loginMismatch(false)
		}
		return v.notLoggedIn()
	}
	return dunno
}

// loginMismatch refuses senders that the login does not own.
func (v *eval) loginMismatch(allowUnknown bool) result {
	owners, found, err := v.e.addresses.find(v.ctx, v.e.addresses.login, v.e.addresses.qualify(*v.sender))
	if err != nil {
		return v.lookupFailed(v.senderText(), err)
	}
	if !found && allowUnknown {
		return dunno
	}
	for owner := range strings.FieldsFuncSeq(owners, func(r rune) bool { return r < 0x80 && isSeparator(byte(r)) }) {
		if strings.EqualFold(owner, v.s.User) {
			return dunno
		}
	}
	v.key = v.s.User
	return v.refuse(policyFault, 553, "5.7.1", "<%s>: Sender address rejected: not owned by user %s", v.senderText(), v.s.User)
}

// notLoggedIn refuses senders that belong to a login.
func (v *eval) notLoggedIn() result {
	_, found, err := v.e.addresses.find(v.ctx, v.e.addresses.login, v.e.addresses.qualify(*v.sender))
	if err != nil {
		return v.lookupFailed(v.senderText(), err)
	}
	if !found {
		return dunno
	}
	return v.refuse(policyFault, 553, "5.7.1", "<%s>: Sender address rejected: not logged in", v.senderText())
}
