package greylist

import (
	"errors"
	"slices"
	"strings"
	"time"

	"postern/internal/unit"
)

// Options says who is asked to come back, and for how long. Keys that are not
// set have the value that the semantics give them.
type Options struct {
	// Mode is where greylisting works: "restriction" where a restriction list
	// or a policy client asks, "score" for mail whose score is in the grey
	// zone, "both", or "off".
	Mode string `toml:"mode"`
	// Semantics is whose behaviour the other keys begin with: "postgrey",
	// "gld" or "sqlgrey".
	Semantics string `toml:"semantics"`
	// Delay is how long a new sender has to wait: 300s, gld 60s.
	Delay *unit.Duration `toml:"delay"`
	// RetryWindow is how long after the first attempt the second one counts:
	// 2d, gld 35d, sqlgrey 24h.
	RetryWindow *unit.Duration `toml:"retry_window"`
	// MaxAge is how long a sender that came back is remembered after its last
	// mail: 35d, sqlgrey 60d.
	MaxAge *unit.Duration `toml:"max_age"`
	// Source is what counts as the same client: its "subnet", the "host", or
	// "smart": the subnet for what looks like a mail server, the host for
	// names of access lines and without a name. postgrey has "subnet", gld
	// "host" (its LIGHTGREY is "subnet"), sqlgrey "smart".
	Source string `toml:"source"`
	// IPv4Prefix and IPv6Prefix are the lengths of the subnets.
	IPv4Prefix int `toml:"ipv4_prefix"`
	IPv6Prefix int `toml:"ipv6_prefix"`
	// AutoWhitelistClients is how many mails of a host must have come back, in
	// different hours, until it is not asked to any more; 0 switches that
	// off. postgrey has 5.
	AutoWhitelistClients *int `toml:"auto_whitelist_clients"`
	// MXGrey is how many senders of a source must have come back until its
	// new ones need not; 0 switches that off. It is gld's MXGREY.
	MXGrey int `toml:"mx_grey"`
	// GroupDomainLevel is how many senders of a domain must have come back
	// from a source until all of the domain may pass from there, 0 for never.
	// Where it is set, one that came back passes for all recipients. sqlgrey
	// has 2; postgrey and gld know neither.
	GroupDomainLevel *int `toml:"group_domain_level"`
	// Throttle is how many new senders a source without any that came back
	// may have waiting; more are refused without being remembered. 0 means
	// no bound. It is sqlgrey's connect_src_throttle.
	Throttle int `toml:"throttle"`
	// SPFDomain is how many mails that SPF allows a domain to send must have
	// come back until the domain passes at once wherever it sends from; 0
	// switches that off.
	SPFDomain int `toml:"spf_domain"`
	// SPFIdentity recognises a sender that comes back from another address,
	// by its domain, where SPF allows both to send for it.
	SPFIdentity bool `toml:"spf_identity"`
	// PassDNSWhitelisted lets hosts pass that a list of good senders has.
	PassDNSWhitelisted bool `toml:"pass_dns_whitelisted"`
	// ScoreFrom and ScoreTo are the grey zone of mode "score": mail below is
	// good enough to pass, mail from ScoreTo on is left to other actions.
	ScoreFrom float64 `toml:"score_from"`
	ScoreTo   float64 `toml:"score_to"`
	// Training decides and remembers everything but lets all mail pass.
	Training bool `toml:"training"`
	// FailOpen lets mail pass when what is remembered cannot be read. If it
	// is off the mail server gets no answer and defers the mail itself. It
	// is gld's ERRACCEPT.
	FailOpen bool `toml:"fail_open"`
	// Action answers mail that has to wait: "defer_if_permit", "defer", or a
	// reply code from 400 to 499.
	Action string `toml:"action"`
	// Text is told to the client; %s stands for the seconds to wait, %m for
	// the minutes and %r for the recipient's domain. "" is what the semantics
	// say.
	Text string `toml:"text"`
	// Header is the field added to mail that had to wait: %t stands for the
	// seconds waited, %h for the host's name, %v for Postern's version and %d
	// for the date. "" is what the semantics say (gld adds none), "none" adds
	// none.
	Header string `toml:"header"`
	// WhitelistClients are clients that never wait, each as in postgrey's
	// whitelist_clients: a domain, an address, a network or a /regex/.
	WhitelistClients []string `toml:"whitelist_clients"`
	// WhitelistRecipients are recipients for whom nobody waits, each as in
	// postgrey's whitelist_recipients: user@domain, user@, domain, /regex/.
	WhitelistRecipients []string `toml:"whitelist_recipients"`
	// WhitelistSenders are senders who never wait: user@domain, domain with
	// all below it, or @domain. Senders are easily forged.
	WhitelistSenders []string `toml:"whitelist_senders"`
	// ClientFiles, RecipientFiles and SenderFiles hold more of the same, one
	// in a line, as postgrey's files do. A file whose name ends in ".local"
	// need not exist.
	ClientFiles    []string `toml:"client_files"`
	RecipientFiles []string `toml:"recipient_files"`
	SenderFiles    []string `toml:"sender_files"`
	// OptMethod is "none": nobody waits for a choice of the recipient's;
	// "optin": greylisting works for recipients in opt_in only; "optout": for
	// all but those in opt_out. An address goes before its domain, so that
	// the other list has the exceptions.
	OptMethod string `toml:"opt_method"`
	// OptIn and OptOut are addresses and domains.
	OptIn  []string `toml:"opt_in"`
	OptOut []string `toml:"opt_out"`
	// PrivacyKey is mixed into what is remembered. Addresses are never
	// stored, only hashes; with a key, whoever copies the file cannot test
	// guesses either. Hosts that share a store need the same key; another one
	// forgets everything.
	PrivacyKey string `toml:"privacy_key"`
	// MaxRecords bounds what is remembered; 45 bytes of disk and up to 37 of
	// memory each.
	MaxRecords int `toml:"max_records"`
	// Flush is how long what is new is in memory only: what a crash can
	// forget.
	Flush unit.Duration `toml:"flush"`
}

// The modes, semantics and sources that Options knows.
const (
	ModeOff         = "off"
	ModeRestriction = "restriction"
	ModeScore       = "score"
	ModeBoth        = "both"

	SemanticsPostgrey = "postgrey"
	SemanticsGld      = "gld"
	SemanticsSqlgrey  = "sqlgrey"

	SourceSubnet = "subnet"
	SourceHost   = "host"
	SourceSmart  = "smart"

	headerNone = "none"

	OptNone = "none"
	OptIn   = "optin"
	OptOut  = "optout"
)

// DefaultOptions behave as postgrey does without options, wherever somebody
// asks. Senders that SPF knows are recognised besides.
func DefaultOptions() Options {
	return Options{
		Mode: ModeRestriction, Semantics: SemanticsPostgrey,
		IPv4Prefix: 24, IPv6Prefix: 64,
		SPFDomain: 1, SPFIdentity: true, PassDNSWhitelisted: true,
		ScoreFrom: 4, ScoreTo: 15,
		FailOpen: true, Action: "defer_if_permit",
		WhitelistRecipients: []string{"postmaster@", "abuse@"},
		OptMethod:           OptNone,
		MaxRecords:          2_000_000, Flush: unit.Duration(time.Second),
	}
}

// minRecords is enough for a day of a small host.
const minRecords = 10_000

// Validate reports every value that cannot be used, by its key.
func (o Options) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) { errs = append(errs, unit.BadKey(key, format, args...)) }
	oneOf := func(key, value string, known ...string) {
		if !slices.Contains(known, value) {
			bad(key, "must be one of %s, not %q", strings.Join(known, ", "), value)
		}
	}
	oneOf("mode", o.Mode, ModeOff, ModeRestriction, ModeScore, ModeBoth)
	oneOf("semantics", o.Semantics, SemanticsPostgrey, SemanticsGld, SemanticsSqlgrey)
	oneOf("source", o.Source, "", SourceSubnet, SourceHost, SourceSmart)
	oneOf("opt_method", o.OptMethod, OptNone, OptIn, OptOut)
	errs = append(errs, o.validateNumbers(), o.validateReply())
	_, lists := o.lists()
	_, optIn := readList("opt_in", o.OptIn)
	_, optOut := readList("opt_out", o.OptOut)
	return errors.Join(append(errs, lists, optIn, optOut)...)
}

func (o Options) validateNumbers() error {
	var errs []error
	for _, n := range []struct {
		key            string
		value, low, up int
	}{
		{"ipv4_prefix", o.IPv4Prefix, 8, 32}, {"ipv6_prefix", o.IPv6Prefix, 16, 128},
		{"auto_whitelist_clients", deref(o.AutoWhitelistClients, 0), 0, 1000},
		{"mx_grey", o.MXGrey, 0, 1 << 20}, {"group_domain_level", deref(o.GroupDomainLevel, 0), 0, 1 << 20},
		{"throttle", o.Throttle, 0, 1 << 20}, {"spf_domain", o.SPFDomain, 0, 1 << 20},
		{"max_records", o.MaxRecords, minRecords, 100_000_000},
	} {
		if n.value < n.low || n.value > n.up {
			errs = append(errs, unit.BadKey(n.key, "must be from %d to %d, not %d", n.low, n.up, n.value))
		}
	}
	s := o.settings()
	switch {
	case s.delay < 1:
		errs = append(errs, unit.BadKey("delay", "must be at least 1s"))
	case s.window <= s.delay:
		errs = append(errs, unit.BadKey("retry_window", "must be longer than the delay, or nobody ever passes"))
	}
	if s.maxAge < s.window {
		errs = append(errs, unit.BadKey("max_age", "must not be shorter than the retry window"))
	}
	if o.ScoreTo <= o.ScoreFrom {
		errs = append(errs, unit.BadKey("score_to", "must be more than score_from"))
	}
	if o.Flush <= 0 || o.Flush > unit.Duration(10*time.Minute) {
		errs = append(errs, unit.BadKey("flush", "must be longer than 0s and at most 10m"))
	}
	return errors.Join(errs...)
}

func (o Options) validateReply() error {
	var errs []error
	switch a := strings.ToLower(o.Action); {
	case a == "defer_if_permit", a == "defer":
	case len(a) == 3 && a[0] == '4' && isDigit(a[1]) && isDigit(a[2]):
	default:
		errs = append(errs, unit.BadKey("action", `must be "defer_if_permit", "defer" or a code from "400" to "499", not %q`, o.Action))
	}
	for key, value := range map[string]string{"text": o.Text, "header": o.Header} {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			errs = append(errs, unit.BadKey(key, "must be one line without control characters"))
		}
	}
	name, _, colon := strings.Cut(o.Header, ":")
	if o.Header != "" && o.Header != headerNone && (!colon || name == "" || strings.ContainsAny(name, " \t")) {
		errs = append(errs, unit.BadKey("header", "must be a header field such as \"X-Greylist: delayed %%t seconds\""))
	}
	return errors.Join(errs...)
}

func deref[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// settings are the options with what the semantics say where they are silent.
type settings struct {
	delay, window, maxAge uint32 // seconds
	// strict: the delay must be over, not just reached.
	strict bool
	source string
	text   string
	header string
	// clients, domains: see Options.AutoWhitelistClients, GroupDomainLevel;
	// senders tells that single ones are remembered too.
	clients, domains int
	senders          bool
	// normal shortens what changes in senders from mail to mail.
	normal func(sender, recipient string) string
	// reasons puts a header on mail of those who passed before, too.
	reasons bool
}

// settings works out the semantics: specs of postgrey 1.37, gld 1.7 and
// sqlgrey 1.8.
func (o Options) settings() settings {
	const day = 24 * time.Hour
	s := settings{
		delay: 300, window: seconds(2 * day), maxAge: seconds(35 * day), source: SourceSubnet,
		clients: 5, normal: normalPostgrey, text: "Greylisted, please come back in %s seconds",
		header: "X-Greylist: delayed %t seconds by postern at %h; %d",
	}
	switch o.Semantics {
	case SemanticsGld:
		s.delay, s.window, s.strict, s.source, s.clients = 60, s.maxAge, true, SourceHost, 0
		s.normal, s.text, s.header = normalNone, "Greylisted", ""
	case SemanticsSqlgrey:
		s.window, s.maxAge, s.source, s.clients, s.domains = seconds(day), seconds(60*day), SourceSmart, 0, 2
		s.normal, s.text, s.reasons = normalNone, "Greylisted for %m minutes", true
	}
	override := func(to *uint32, d *unit.Duration) {
		if d != nil {
			*to = seconds(d.Std())
		}
	}
	override(&s.delay, o.Delay)
	override(&s.window, o.RetryWindow)
	override(&s.maxAge, o.MaxAge)
	if o.MaxAge == nil { // a long window keeps records as long
		s.maxAge = max(s.maxAge, s.window)
	}
	if o.Source != "" {
		s.source = o.Source
	}
	if o.Text != "" {
		s.text = o.Text
	}
	switch o.Header {
	case "":
	case headerNone:
		s.header = ""
	default:
		s.header = o.Header
	}
	s.senders = o.Semantics == SemanticsSqlgrey || o.GroupDomainLevel != nil
	s.clients = deref(o.AutoWhitelistClients, s.clients)
	s.domains = deref(o.GroupDomainLevel, s.domains)
	return s
}

// seconds gives a duration in whole seconds, bounded to what records hold.
func seconds(d time.Duration) uint32 {
	const century = 100 * 365 * 24 * time.Hour
	return uint32(min(max(d, 0), century) / time.Second)
}
