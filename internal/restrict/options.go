package restrict

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"postern/internal/unit"
)

// Options are restriction lists and what they refer to. The names are those
// of postconf(5), without "smtpd_" where they have it.
type Options struct {
	// Client, Helo, Sender, Relay, Recipient, Data and EndOfData are the
	// lists of the stages, in the words of Postfix's *_restrictions; each
	// string may hold several restrictions.
	Client    []string `toml:"client"`
	Helo      []string `toml:"helo"`
	Sender    []string `toml:"sender"`
	Relay     []string `toml:"relay"`
	Recipient []string `toml:"recipient"`
	Data      []string `toml:"data"`
	EndOfData []string `toml:"end_of_data"`
	// Score is a list whose restrictions are all looked at for each
	// recipient and only report their symbols; what permits ends it.
	Score []string `toml:"score"`
	// Classes are named lists that other lists and tables can refer to.
	Classes map[string][]string `toml:"classes"`

	// DelayReject judges the client, helo and sender lists at each recipient
	// and not when what they look at becomes known.
	DelayReject bool `toml:"delay_reject"`
	// HeloRequired refuses MAIL without HELO.
	HeloRequired bool `toml:"helo_required"`
	// RelayBeforeRecipient judges the relay list before the recipient list.
	RelayBeforeRecipient bool `toml:"relay_before_recipient"`
	// RejectUnlistedRecipient refuses recipients that do not exist here when
	// no list has asked for that already.
	RejectUnlistedRecipient bool `toml:"reject_unlisted_recipient"`
	// RejectUnlistedSender does so for senders.
	RejectUnlistedSender bool `toml:"reject_unlisted_sender"`
	// SoftBounce turns every 5xx reply into a 4xx one.
	SoftBounce bool `toml:"soft_bounce"`
	// OnFailure says what happens when a table or another part of ours
	// fails: "pass" goes on as if there was no opinion, "defer" answers 451
	// as Postfix does. Whether a client may relay is never passed over.
	OnFailure string `toml:"on_failure"`
	// TempfailAction says what happens when DNS or a callout does not answer
	// for now: "defer_if_permit" refuses for now unless a list rejects,
	// "defer" refuses for now at once, "pass" goes on. Postfix's own default
	// is "defer_if_permit".
	TempfailAction string `toml:"reject_tempfail_action"`
	// MaxSleep bounds the restriction sleep.
	MaxSleep unit.Duration `toml:"max_sleep"`

	// Hosts are the hosts and certificates that are ours.
	Hosts HostOptions `toml:"hosts"`
	// Addresses are the domains and addresses that are ours.
	Addresses AddressOptions `toml:"addresses"`
	// Codes are the codes of replies.
	Codes CodeOptions `toml:"codes"`
	// DNSLists say how restrictions ask DNS lists and what is replied.
	DNSLists DNSListOptions `toml:"dns_lists"`
	// Policy says how other policy services are asked (check_policy_service).
	Policy PolicyOptions `toml:"policy"`
}

// HostOptions say which hosts and certificates are ours.
type HostOptions struct {
	// Hostname is our name in replies (server_name).
	Hostname string `toml:"hostname"`
	// Mynetworks are clients that permit_mynetworks permits: addresses,
	// networks, host names, ".domain", "/file", "type:table"; "!" excludes.
	Mynetworks []string `toml:"mynetworks"`
	// MyAddresses are the server's own addresses (inet_interfaces and
	// proxy_interfaces).
	MyAddresses []string `toml:"my_addresses"`
	// RelayClientcerts are tables of the fingerprints of certificates that
	// permit_tls_clientcerts permits.
	RelayClientcerts []string `toml:"relay_clientcerts"`
	// PermitMXBackupNetworks restricts permit_mx_backup to domains whose
	// best mail servers are in these networks.
	PermitMXBackupNetworks []string `toml:"permit_mx_backup_networks"`
	// ParentDomainMatchesSubdomains names the lists in which a domain stands
	// for its subdomains too: relay_domains, mynetworks,
	// permit_mx_backup_networks, smtpd_access_maps.
	ParentDomainMatchesSubdomains []string `toml:"parent_domain_matches_subdomains"`
}

// AddressOptions say which addresses are ours.
type AddressOptions struct {
	// Myorigin is the domain of addresses without one; Hostname when empty.
	Myorigin string `toml:"myorigin"`
	// Mydestination, VirtualAliasDomains, VirtualMailboxDomains and
	// RelayDomains are the domains we are responsible for: names, ".domain",
	// "/file", "type:table". VirtualAliasDomains and VirtualMailboxDomains
	// default to the keys of the tables of the same kind.
	Mydestination         []string `toml:"mydestination"`
	VirtualAliasDomains   []string `toml:"virtual_alias_domains"`
	VirtualMailboxDomains []string `toml:"virtual_mailbox_domains"`
	RelayDomains          []string `toml:"relay_domains"`
	// The tables of addresses that exist. Without local_recipient_maps or
	// relay_recipient_maps every address of such a domain exists.
	LocalRecipientMaps     []string `toml:"local_recipient_maps"`
	VirtualAliasMaps       []string `toml:"virtual_alias_maps"`
	VirtualMailboxMaps     []string `toml:"virtual_mailbox_maps"`
	RelayRecipientMaps     []string `toml:"relay_recipient_maps"`
	CanonicalMaps          []string `toml:"canonical_maps"`
	SenderCanonicalMaps    []string `toml:"sender_canonical_maps"`
	RecipientCanonicalMaps []string `toml:"recipient_canonical_maps"`
	// SenderLoginMaps say which logins own a sender.
	SenderLoginMaps []string `toml:"sender_login_maps"`
	// RecipientDelimiter are the characters that separate a user's name from
	// its extension, such as "+".
	RecipientDelimiter string `toml:"recipient_delimiter"`
	// NullAccessLookupKey stands for the null sender in tables.
	NullAccessLookupKey string `toml:"null_access_lookup_key"`
	// AllowUntrustedRouting relays mail for user%elsewhere@ours.
	AllowUntrustedRouting bool `toml:"allow_untrusted_routing"`
	// ShowUserUnknownTableName says in replies which table lacks a user.
	ShowUserUnknownTableName bool `toml:"show_user_unknown_table_name"`
	// StrictRFC821Envelopes refuses addresses without angle brackets, or
	// with a phrase or comment; for doors that see them.
	StrictRFC821Envelopes bool `toml:"strict_rfc821_envelopes"`
	// UnverifiedSenderRejectReason and UnverifiedRecipientRejectReason stand
	// in replies in the place of what the other server said.
	UnverifiedSenderRejectReason    string `toml:"unverified_sender_reject_reason"`
	UnverifiedRecipientRejectReason string `toml:"unverified_recipient_reject_reason"`
}

// CodeOptions are the codes of replies.
type CodeOptions struct {
	// The codes of replies bear Postfix's names (postconf(5)).
	Reject                   int `toml:"reject_code"`
	Defer                    int `toml:"defer_code"`
	AccessMapReject          int `toml:"access_map_reject_code"`
	AccessMapDefer           int `toml:"access_map_defer_code"`
	InvalidHostname          int `toml:"invalid_hostname_reject_code"`
	NonFQDN                  int `toml:"non_fqdn_reject_code"`
	MapsRBL                  int `toml:"maps_rbl_reject_code"`
	MultiRecipientBounce     int `toml:"multi_recipient_bounce_reject_code"`
	Plaintext                int `toml:"plaintext_reject_code"`
	RelayDomains             int `toml:"relay_domains_reject_code"`
	UnknownAddress           int `toml:"unknown_address_reject_code"`
	UnknownClient            int `toml:"unknown_client_reject_code"`
	UnknownHostname          int `toml:"unknown_hostname_reject_code"`
	UnknownLocalRecipient    int `toml:"unknown_local_recipient_reject_code"`
	UnknownRelayRecipient    int `toml:"unknown_relay_recipient_reject_code"`
	UnknownVirtualAlias      int `toml:"unknown_virtual_alias_reject_code"`
	UnknownVirtualMailbox    int `toml:"unknown_virtual_mailbox_reject_code"`
	UnverifiedSender         int `toml:"unverified_sender_reject_code"`
	UnverifiedRecipient      int `toml:"unverified_recipient_reject_code"`
	UnverifiedSenderDefer    int `toml:"unverified_sender_defer_code"`
	UnverifiedRecipientDefer int `toml:"unverified_recipient_defer_code"`
	SPFFail                  int `toml:"spf_fail_reject_code"`
}

// DNSListOptions say how DNS lists are asked and what is replied.
type DNSListOptions struct {
	// MapsRBLDomains are the lists of the old restriction reject_maps_rbl.
	MapsRBLDomains []string `toml:"maps_rbl_domains"`
	// RBLReplyMaps are tables of reply templates by list.
	RBLReplyMaps []string `toml:"rbl_reply_maps"`
	// DefaultRBLReply is the template of the others.
	DefaultRBLReply string `toml:"default_rbl_reply"`
	// ExpansionFilter are the characters that may stand in what a client
	// said when it is put into a reply; others become "_".
	ExpansionFilter string `toml:"expansion_filter"`
	// ReplyFilter are pattern tables of DNS records to leave out, with the
	// record as text and the value IGNORE (smtpd_dns_reply_filter).
	ReplyFilter []string `toml:"dns_reply_filter"`
	// RRListLimit bounds the addresses of one domain's servers that
	// check_*_{ns,mx,a}_access looks at.
	RRListLimit int `toml:"dns_rr_list_limit"`
}

// DefaultOptions are Postfix's defaults, with relay restrictions left to the
// mail server and failures of ours passed over.
func DefaultOptions() Options {
	return Options{
		DelayReject: true, RelayBeforeRecipient: true, RejectUnlistedRecipient: true,
		OnFailure: "pass", TempfailAction: "pass", MaxSleep: unit.Duration(30e9),
		Hosts: HostOptions{
			ParentDomainMatchesSubdomains: []string{"mynetworks", "permit_mx_backup_networks", "relay_domains", "smtpd_access_maps"},
		},
		Addresses: AddressOptions{NullAccessLookupKey: "<>", ShowUserUnknownTableName: true},
		Codes: CodeOptions{
			Reject: 554, Defer: 450, AccessMapReject: 554, AccessMapDefer: 450, InvalidHostname: 501, NonFQDN: 504,
			MapsRBL: 554, MultiRecipientBounce: 550, Plaintext: 450, RelayDomains: 554, UnknownAddress: 450,
			UnknownClient: 450, UnknownHostname: 450, UnknownLocalRecipient: 550, UnknownRelayRecipient: 550,
			UnknownVirtualAlias: 550, UnknownVirtualMailbox: 550, UnverifiedSender: 450, UnverifiedRecipient: 450,
			UnverifiedSenderDefer: 450, UnverifiedRecipientDefer: 450, SPFFail: 550,
		},
		DNSLists: DNSListOptions{
			DefaultRBLReply: "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}",
			ExpansionFilter: printableASCII(), RRListLimit: 100,
		},
		Policy: DefaultPolicyOptions(),
	}
}

// printableASCII gives a tab and the characters from blank to tilde.
func printableASCII() string {
	b := []byte{'\t'}
	for c := byte(' '); c <= '~'; c++ {
		b = append(b, c)
	}
	return string(b)
}

// Lists gives the configured lists by their key.
func (o *Options) lists() [listCount][]string {
	return [listCount][]string{o.Client, o.Helo, o.Sender, o.Relay, o.Recipient, o.Data, o.EndOfData, o.Score}
}

// Validate reports every fault of the lists and their settings that can be
// seen without opening a table.
func (o Options) Validate() error {
	faults := []error{o.Codes.validate(), o.Policy.validate()}
	if o.OnFailure != "pass" && o.OnFailure != "defer" {
		faults = append(faults, unit.BadKey("on_failure", `must be "pass" or "defer", not %q`, o.OnFailure))
	}
	if !slices.Contains([]string{"defer_if_permit", "defer", "pass"}, o.TempfailAction) {
		faults = append(faults, unit.BadKey("reject_tempfail_action", `must be "defer_if_permit", "defer" or "pass", not %q`, o.TempfailAction))
	}
	if o.DNSLists.RRListLimit < 1 {
		faults = append(faults, unit.BadKey("dns_lists.dns_rr_list_limit", "must be at least 1"))
	}
	for _, spec := range o.DNSLists.MapsRBLDomains {
		if _, err := parseZone(spec); err != nil {
			faults = append(faults, unit.BadKey("dns_lists.maps_rbl_domains", "%v", err))
		}
	}
	return errors.Join(append(faults, o.validateLists())...)
}

// validateLists reads all lists without opening what they name.
func (o *Options) validateLists() error {
	_, faults := o.compile(parser{
		open:   func(spec string) (*openTable, error) { return &openTable{spec: spec}, nil },
		policy: func(spec string) (*policyService, error) { return parsePolicyService(spec, o.Policy) },
	})
	return errors.Join(faults...)
}

// validate judges the codes.
func (c *CodeOptions) validate() error {
	var faults []error
	for _, code := range c.byKey() {
		if code.value < 400 || code.value > 599 {
			if code.value >= 200 && code.value < 300 && code.accepts {
				continue
			}
			faults = append(faults, unit.BadKey("codes."+code.key, "must be from 400 to 599, not %d", code.value))
		}
	}
	return errors.Join(faults...)
}

type namedCode struct {
	key     string
	value   int
	accepts bool
}

// byKey gives the codes with their keys.
func (c *CodeOptions) byKey() []namedCode {
	return []namedCode{
		{"reject_code", c.Reject, false}, {"defer_code", c.Defer, false},
		{"access_map_reject_code", c.AccessMapReject, false}, {"access_map_defer_code", c.AccessMapDefer, false},
		{"invalid_hostname_reject_code", c.InvalidHostname, false}, {"non_fqdn_reject_code", c.NonFQDN, false},
		{"maps_rbl_reject_code", c.MapsRBL, false}, {"multi_recipient_bounce_reject_code", c.MultiRecipientBounce, false},
		{"plaintext_reject_code", c.Plaintext, false}, {"relay_domains_reject_code", c.RelayDomains, false},
		{"unknown_address_reject_code", c.UnknownAddress, false}, {"unknown_client_reject_code", c.UnknownClient, false},
		{"unknown_hostname_reject_code", c.UnknownHostname, false},
		{"unknown_local_recipient_reject_code", c.UnknownLocalRecipient, false},
		{"unknown_relay_recipient_reject_code", c.UnknownRelayRecipient, false},
		{"unknown_virtual_alias_reject_code", c.UnknownVirtualAlias, false},
		{"unknown_virtual_mailbox_reject_code", c.UnknownVirtualMailbox, false},
		{"unverified_sender_reject_code", c.UnverifiedSender, true},
		{"unverified_recipient_reject_code", c.UnverifiedRecipient, true},
		{"unverified_sender_defer_code", c.UnverifiedSenderDefer, true},
		{"unverified_recipient_defer_code", c.UnverifiedRecipientDefer, true},
		{"spf_fail_reject_code", c.SPFFail, false},
	}
}

// compiled are the lists of Options, ready to be evaluated.
type compiled struct {
	lists   [listCount]*list
	classes map[string]*list
	notes   []string
}

// compile reads all lists. The parser gives the functions that open tables
// and services.
func (o *Options) compile(p parser) (*compiled, []error) {
	var faults []error
	c := &compiled{classes: map[string]*list{}}
	for name := range o.Classes {
		c.classes[lower(name)] = &list{name: name}
	}
	p.classes = c.classes
	for _, name := range slices.Sorted(maps.Keys(o.Classes)) {
		if _, taken := words[lower(name)]; taken {
			faults = append(faults, unit.BadKey("classes."+name, "is the name of a restriction"))
		}
		l, err := p.parse("classes."+name, o.Classes[name])
		if err != nil {
			faults = append(faults, keyed(err))
			continue
		}
		c.classes[lower(name)].items = l.items
	}
	if err := cycle(c.classes); err != nil {
		faults = append(faults, err)
	}
	for kind, items := range o.lists() {
		l, err := p.parse(listNames[kind], items)
		if err == nil {
			err = bareTables(l, listKind(kind))
		}
		if err != nil {
			faults = append(faults, keyed(err))
			l = &list{name: listNames[kind]}
		}
		c.lists[kind] = l
	}
	c.notes = p.notes
	return c, faults
}

// keyed names the key that a list's fault is at.
func keyed(err error) error {
	var s *SyntaxError
	if errors.As(err, &s) {
		return unit.BadKey(fmt.Sprintf("%s[%d]", s.List, s.Item), "column %d: %s", s.Column, s.Reason)
	}
	return err
}

// bareTables refuses tables without a restriction's name where they mean
// nothing.
func bareTables(l *list, kind listKind) error {
	if kind != listData && kind != listEndOfData && kind != listScore {
		return nil
	}
	for _, it := range l.items {
		if it.op == opBareTable {
			return &SyntaxError{l.name, it.at.item, it.at.column, "a table needs the name of a restriction here, such as check_sender_access"}
		}
	}
	return nil
}

// cycle finds a class that leads back to itself.
func cycle(classes map[string]*list) error {
	done := map[*list]bool{}
	var visit func(l *list, path []*list) error
	visit = func(l *list, path []*list) error {
		if slices.Contains(path, l) {
			return unit.BadKey("classes."+l.name, "leads back to itself")
		}
		if done[l] {
			return nil
		}
		for _, it := range l.items {
			if it.class != nil {
				if err := visit(it.class, append(path, l)); err != nil {
					return err
				}
			}
		}
		done[l] = true
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		if err := visit(classes[name], nil); err != nil {
			return err
		}
	}
	return nil
}
