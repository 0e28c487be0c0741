package restrict

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/session"
	"postern/internal/table"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// Resolver asks the domain name system. Errors are those of package dns.
type Resolver interface {
	A(ctx context.Context, name string) ([]netip.Addr, error)
	AAAA(ctx context.Context, name string) ([]netip.Addr, error)
	MX(ctx context.Context, domain string) ([]dns.MX, error)
	NS(ctx context.Context, name string) ([]string, error)
	PTR(ctx context.Context, ip netip.Addr) ([]string, error)
}

// Tables opens lookup tables by their Postfix name, such as
// "hash:/etc/postfix/access", and lists of hosts and domains.
type Tables interface {
	Open(spec string) (table.Table, error)
	OpenMatchList(text string, o table.MatchOptions) (*table.MatchList, error)
}

// Verifier asks the mail servers of an address whether they take mail for it.
type Verifier interface {
	// Verify gives what is known of the address; sender tells that it is
	// asked of a sender. The session is on whose behalf it is asked: its
	// client is never asked itself. It waits no longer than ctx allows.
	Verify(ctx context.Context, s *session.Session, address addr.Address, sender bool) Verification
}

// VerifyStatus is what is known of an address.
type VerifyStatus uint8

// The states of an address.
const (
	// VerifyFailed says that it could not be asked at all.
	VerifyFailed VerifyStatus = iota
	// VerifyPending says that the answer is not in yet.
	VerifyPending
	// VerifyOK says that the address takes mail.
	VerifyOK
	// VerifyDeferred says that the server would not tell for now.
	VerifyDeferred
	// VerifyBounced says that the server refuses the address.
	VerifyBounced
)

// Verification is the outcome of asking for an address.
type Verification struct {
	Status VerifyStatus
	// Why is what the other server said.
	Why string
}

// Greylister decides about the restriction greylist.
type Greylister interface {
	// Greylist tells whether the recipient's mail may pass now. An error
	// means that it could not be found out.
	Greylist(ctx context.Context, s *session.Session, recipient addr.Address) (Greylisted, error)
}

// Greylisted is the outcome of greylisting.
type Greylisted struct {
	// Pass tells that the mail may pass.
	Pass bool
	// Header is a field to prepend, "Name: value"; "" for none.
	Header string
	// Action and Text answer where the mail may not pass, in the words of
	// access(5); "" means DEFER_IF_PERMIT and a general text.
	Action, Text string
}

// SPF checks a session's sender (RFC 7208).
type SPF interface {
	SPF(ctx context.Context, s *session.Session) SPFResult
}

// SPFResult is the outcome of an SPF check.
type SPFResult struct {
	// Result is one of RFC 7208's: none, neutral, pass, fail, softfail,
	// temperror, permerror.
	Result string
	// Text explains it: the domain's own explanation or a description.
	Text string
	// Header is the Received-SPF field to prepend; "" for none.
	Header string
}

// Lists asks DNS lists, and knows which of them can be relied on.
type Lists interface {
	Listed(ctx context.Context, zone string, f *dnslist.Filter, item dnslist.Item) (dnslist.Result, error)
	Reason(ctx context.Context, zone string, item dnslist.Item) string
}

// Needs are the rooms that restrictions ask. Tables and DNS must be given
// where a list needs them; the others may be nil, and restrictions that need
// them have no opinion then.
type Needs struct {
	DNS      Resolver
	Tables   Tables
	Verifier Verifier
	Greylist Greylister
	SPF      SPF
	Lists    Lists
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Engine evaluates the restriction lists. It is safe for concurrent use.
type Engine struct {
	opt   Options
	needs Needs
	dns   lookups
	lists *compiled

	tables    map[string]*openTable
	services  map[string]*policyService
	mynets    hostList
	backup    hostList
	mine      map[netip.Addr]bool
	certs     []*openTable
	rblReply  []*openTable
	rblZones  []*zone
	addresses addressBook
	// keys says which keys of access tables are tried.
	keys table.Keys
}

// openTable is a table and how it was written.
type openTable struct {
	table.Table
	spec string
}

// New reads the lists and opens what they name.
func New(opt Options, needs Needs) (*Engine, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	if needs.Now == nil {
		needs.Now = time.Now
	}
	e := &Engine{opt: opt, needs: needs, tables: map[string]*openTable{}, services: map[string]*policyService{}}
	lists, faults := opt.compile(parser{open: e.open, policy: e.service})
	e.lists = lists
	faults = append(faults, e.prepare()...)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return e, nil
}

// prepare opens the tables and lists that are not part of a restriction list.
func (e *Engine) prepare() []error {
	var faults []error
	note := func(key string, err error) {
		if err != nil {
			faults = append(faults, unit.BadKey(key, "%v", err))
		}
	}
	opt, err := &e.opt, error(nil)
	parent := func(name string) bool { return slices.Contains(opt.Hosts.ParentDomainMatchesSubdomains, name) }
	e.keys = table.Keys{Parents: parent("smtpd_access_maps"), Delimiter: opt.Addresses.RecipientDelimiter, NullSender: opt.Addresses.NullAccessLookupKey}
	e.mynets, err = e.hostList("mynetworks", opt.Hosts.Mynetworks, parent("mynetworks"))
	note("hosts.mynetworks", err)
	e.backup, err = e.hostList("permit_mx_backup_networks", opt.Hosts.PermitMXBackupNetworks, parent("permit_mx_backup_networks"))
	note("hosts.permit_mx_backup_networks", err)
	e.mine, err = parseAddresses(opt.Hosts.MyAddresses)
	note("hosts.my_addresses", err)
	e.certs, err = e.openAll(opt.Hosts.RelayClientcerts)
	note("hosts.relay_clientcerts", err)
	e.rblReply, err = e.openAll(opt.DNSLists.RBLReplyMaps)
	note("dns_lists.rbl_reply_maps", err)
	e.dns = lookups{ask: e.needs.DNS}
	e.dns.filter, err = e.openAll(opt.DNSLists.ReplyFilter)
	note("dns_lists.dns_reply_filter", err)
	for _, spec := range opt.DNSLists.MapsRBLDomains {
		z, err := parseZone(spec)
		note("dns_lists.maps_rbl_domains", err)
		e.rblZones = append(e.rblZones, z)
	}
	return append(faults, e.prepareAddresses(parent("relay_domains"))...)
}

// open opens a table once, however often it is named.
func (e *Engine) open(spec string) (*openTable, error) {
	if t := e.tables[spec]; t != nil {
		return t, nil
	}
	if e.needs.Tables == nil {
		return nil, fmt.Errorf("no tables are available for %s", quoteClip(spec))
	}
	t, err := e.needs.Tables.Open(spec)
	if err != nil {
		return nil, err
	}
	o := &openTable{t, spec}
	e.tables[spec] = o
	return o, nil
}

// openAll opens several tables; each string may name several.
func (e *Engine) openAll(specs []string) ([]*openTable, error) {
	tokens, err := tokenize("tables", specs)
	if err != nil {
		return nil, err
	}
	var all []*openTable
	for _, t := range tokens {
		if !strings.Contains(t.text, ":") {
			return nil, fmt.Errorf("%s is not a table, want type:name", quoteClip(t.text))
		}
		o, err := e.open(t.text)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// service gives the policy service of a description, one for each way in
// which it is written.
func (e *Engine) service(spec string) (*policyService, error) {
	if s := e.services[spec]; s != nil {
		return s, nil
	}
	s, err := parsePolicyService(spec, e.opt.Policy)
	if err != nil {
		return nil, err
	}
	s.now = e.needs.Now
	e.services[spec] = s
	return s, nil
}

// Notes are remarks on the lists: old names, items that are never reached.
func (e *Engine) Notes() []string { return e.lists.notes }

// Close ends the connections to policy services.
func (e *Engine) Close() {
	for _, s := range e.services {
		s.close()
	}
}

// Zones gives the DNS lists that the restrictions ask, each once.
func (e *Engine) Zones() []string {
	var zones []string
	add := func(z *zone) {
		if z != nil && !slices.Contains(zones, z.domain) {
			zones = append(zones, z.domain)
		}
	}
	e.each(func(_ *list, it *item) { add(it.zone) })
	for _, z := range e.rblZones {
		add(z)
	}
	return zones
}

// each visits every restriction of every list and class.
func (e *Engine) each(visit func(*list, *item)) {
	lists := slices.Clone(e.lists.lists[:])
	for _, c := range e.lists.classes {
		lists = append(lists, c)
	}
	for _, l := range lists {
		for i := range l.items {
			visit(l, &l.items[i])
		}
	}
}

// Group is the group of the restrictions' symbols.
const Group = "restrictions"

// MaxGroupScore caps what the restrictions' symbols add up to.
const MaxGroupScore = 10

// Symbols are all symbols that restrictions report, with their default
// scores: one for each restriction, and those that lists name by score and
// tag. The scores count for mail that was not refused: with warn_if_reject or
// in the score list.
func (e *Engine) Symbols() []verdict.Symbol {
	symbols := FixedSymbols()
	known := map[string]bool{}
	for _, s := range symbols {
		known[s.Name] = true
	}
	e.each(func(_ *list, it *item) {
		if (it.op != opScore && it.op != opTag) || known[it.symbol] {
			return
		}
		known[it.symbol] = true
		s := verdict.Symbol{Name: it.symbol, Group: Group, Description: "named by a restriction list"}
		if it.op == opScore {
			s.Score = 1
		}
		symbols = append(symbols, s)
	})
	slices.SortFunc(symbols, func(a, b verdict.Symbol) int { return strings.Compare(a.Name, b.Name) })
	return symbols
}

// Groups are the groups of the symbols.
func Groups() []verdict.Group {
	return []verdict.Group{{Name: Group, MaxScore: MaxGroupScore, Description: "restrictions in Postfix's words"}}
}

// The symbols that do not belong to one restriction.
const (
	// SymbolTable is a refusal by a table that stands in a list by itself.
	SymbolTable = "TABLE"
	// SymbolFilter is the access(5) action FILTER, which is not obeyed.
	SymbolFilter = "ACCESS_FILTER_REFUSED"
	// SymbolScored is "score SYMBOL N" in the value of a table, where the
	// symbol is not known beforehand.
	SymbolScored = "ACCESS_SCORE"
	// SymbolTagged is "tag NAME" in the value of a table.
	SymbolTagged = "ACCESS_TAG"
	// SymbolUnknown is something that could not be found out.
	SymbolUnknown = "RESTRICTION_UNKNOWN"
)

// FixedSymbols are the symbols that exist whatever the configuration.
func FixedSymbols() []verdict.Symbol {
	symbols := []verdict.Symbol{
		{Name: SymbolTable, Group: Group, Score: 2, Description: "a table in a restriction list refuses"},
		{Name: SymbolFilter, Group: Group, Description: "a table asks for FILTER, which only the mail server can do"},
		{Name: SymbolScored, Group: Group, Score: 1, Description: "a table gives a score"},
		{Name: SymbolTagged, Group: Group, Description: "a table gives a tag"},
		{Name: SymbolUnknown, Group: Group, Description: "a restriction could not find out"},
		{Name: symbolHelo, Group: Group, Description: "client did not say HELO"},
	}
	for name, w := range words {
		if w.about != "" {
			symbols = append(symbols, verdict.Symbol{Name: symbolOf(name), Group: Group, Score: w.score, Description: w.about})
		}
	}
	slices.SortFunc(symbols, func(a, b verdict.Symbol) int { return strings.Compare(a.Name, b.Name) })
	return symbols
}

// symbolHelo is reported when HELO is required and missing.
const symbolHelo = "HELO_REQUIRED"

// parseAddresses reads IP addresses.
func parseAddresses(list []string) (map[netip.Addr]bool, error) {
	all := map[netip.Addr]bool{}
	for _, s := range list {
		ip, ok := addr.ParseIP(s)
		if !ok {
			return nil, fmt.Errorf("%q is not an address", s)
		}
		all[ip] = true
	}
	return all, nil
}
