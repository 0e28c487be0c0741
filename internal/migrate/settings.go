package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
)

// verifying is the section of asking other servers for addresses.
const verifying = "verify"

// valueKind says how a setting's value is written.
type valueKind uint8

const (
	kindText valueKind = iota
	// kindRaw is text whose names are expanded when it is used.
	kindRaw
	kindBool
	kindCode
	// kindList is words; kindTables words that are tables.
	kindList
	kindTables
	// kindTime is a time, kindNumber a whole number.
	kindTime
	kindNumber
	// kindFilter is text with backslash escapes.
	kindFilter
)

// target is where a setting goes.
type target struct {
	section, key string
	kind         valueKind
	// unit is that of times without one; "" for seconds.
	unit string
}

// targets are the settings that go into one key each.
func targets() map[string]target {
	const r, hosts, addresses, dns = "restrictions", "restrictions.hosts", "restrictions.addresses", "restrictions.dns_lists"
	m := map[string]target{
		"smtpd_delay_reject": {r, "delay_reject", kindBool, ""}, "smtpd_helo_required": {r, "helo_required", kindBool, ""},
		"smtpd_relay_before_recipient_restrictions": {r, "relay_before_recipient", kindBool, ""},
		"smtpd_reject_unlisted_recipient":           {r, "reject_unlisted_recipient", kindBool, ""},
		"smtpd_reject_unlisted_sender":              {r, "reject_unlisted_sender", kindBool, ""},
		"soft_bounce":                               {r, "soft_bounce", kindBool, ""},
		"reject_tempfail_action":                    {r, "reject_tempfail_action", kindText, ""},
		"permit_mx_backup_networks":                 {hosts, "permit_mx_backup_networks", kindList, ""},
		"relay_clientcerts":                         {hosts, "relay_clientcerts", kindTables, ""},
		"mydestination":                             {addresses, "mydestination", kindList, ""},
		"virtual_alias_domains":                     {addresses, "virtual_alias_domains", kindList, ""},
		"virtual_mailbox_domains":                   {addresses, "virtual_mailbox_domains", kindList, ""},
		"relay_domains":                             {addresses, "relay_domains", kindList, ""},
		"local_recipient_maps":                      {addresses, "local_recipient_maps", kindTables, ""},
		"virtual_alias_maps":                        {addresses, "virtual_alias_maps", kindTables, ""},
		"virtual_maps":                              {addresses, "virtual_alias_maps", kindTables, ""},
		"virtual_mailbox_maps":                      {addresses, "virtual_mailbox_maps", kindTables, ""},
		"relay_recipient_maps":                      {addresses, "relay_recipient_maps", kindTables, ""},
		"canonical_maps":                            {addresses, "canonical_maps", kindTables, ""},
		"sender_canonical_maps":                     {addresses, "sender_canonical_maps", kindTables, ""},
		"recipient_canonical_maps":                  {addresses, "recipient_canonical_maps", kindTables, ""},
		"smtpd_sender_login_maps":                   {addresses, "sender_login_maps", kindTables, ""},
		"recipient_delimiter":                       {addresses, "recipient_delimiter", kindText, ""},
		"smtpd_null_access_lookup_key":              {addresses, "null_access_lookup_key", kindText, ""},
		"allow_untrusted_routing":                   {addresses, "allow_untrusted_routing", kindBool, ""},
		"show_user_unknown_table_name":              {addresses, "show_user_unknown_table_name", kindBool, ""},
		"strict_rfc821_envelopes":                   {addresses, "strict_rfc821_envelopes", kindBool, ""},
		"unverified_sender_reject_reason":           {addresses, "unverified_sender_reject_reason", kindText, ""},
		"unverified_recipient_reject_reason":        {addresses, "unverified_recipient_reject_reason", kindText, ""},
		"maps_rbl_domains":                          {dns, "maps_rbl_domains", kindList, ""},
		"rbl_reply_maps":                            {dns, "rbl_reply_maps", kindTables, ""},
		"default_rbl_reply":                         {dns, "default_rbl_reply", kindRaw, ""},
		"smtpd_expansion_filter":                    {dns, "expansion_filter", kindFilter, ""},
		"smtpd_dns_reply_filter":                    {dns, "dns_reply_filter", kindTables, ""},
	}
	const policy = "restrictions.policy"
	for name, to := range map[string]target{
		"timeout": {policy, "timeout", kindTime, ""}, "try_limit": {policy, "try_limit", kindNumber, ""},
		"retry_delay": {policy, "retry_delay", kindTime, ""}, "max_idle": {policy, "max_idle", kindTime, ""},
		"max_ttl": {policy, "max_ttl", kindTime, ""}, "request_limit": {policy, "request_limit", kindNumber, ""},
		"default_action": {policy, "default_action", kindText, ""}, "policy_context": {policy, "policy_context", kindText, ""},
	} {
		m["smtpd_policy_service_"+name] = to
	}
	for name, to := range map[string]target{
		"positive_expire_time": {verifying, "positive_expire", kindTime, "d"}, "positive_refresh_time": {verifying, "positive_refresh", kindTime, "d"},
		"negative_expire_time": {verifying, "negative_expire", kindTime, "d"}, "negative_refresh_time": {verifying, "negative_refresh", kindTime, "h"},
		"negative_cache": {verifying, "negative_cache", kindBool, ""}, "sender_ttl": {verifying, "sender_ttl", kindTime, "s"},
	} {
		m["address_verify_"+name] = to
	}
	m["queue_directory"] = target{policy, "queue_directory", kindText, ""}
	for _, code := range replyCodes {
		m[code] = target{"restrictions.codes", code, kindCode, ""}
	}
	return m
}

// replyCodes are settings that go to keys of the same name.
var replyCodes = []string{
	"reject_code", "defer_code", "access_map_reject_code", "access_map_defer_code", "invalid_hostname_reject_code",
	"non_fqdn_reject_code", "maps_rbl_reject_code", "multi_recipient_bounce_reject_code", "plaintext_reject_code",
	"relay_domains_reject_code", "unknown_address_reject_code", "unknown_client_reject_code", "unknown_hostname_reject_code",
	"unknown_local_recipient_reject_code", "unknown_relay_recipient_reject_code", "unknown_virtual_alias_reject_code",
	"unknown_virtual_mailbox_reject_code", "unverified_sender_reject_code", "unverified_recipient_reject_code",
	"unverified_sender_defer_code", "unverified_recipient_defer_code",
}

// listKeys are the restriction lists and their keys.
var listKeys = map[string]string{
	"smtpd_client_restrictions": "client", "smtpd_helo_restrictions": "helo", "smtpd_sender_restrictions": "sender",
	"smtpd_relay_restrictions": "relay", "smtpd_recipient_restrictions": "recipient",
	"smtpd_data_restrictions": "data", "smtpd_end_of_data_restrictions": "end_of_data",
}

// setting gives one setting its fate.
func (t *translation) setting(e *entry) {
	switch {
	case e.name == "":
		t.fate(e, NoCounterpart, "Postfix does not start with such a line")
		return
	case e.by != nil:
		t.fate(e, NoCounterpart, "has no effect: "+t.show(e.by.place)+" sets it again")
		return
	case e.service != nil && e.service != t.in:
		t.elsewhere(e)
		return
	}
	t.strayComment(e)
	class := t.classes[strings.ToLower(e.name)]
	switch {
	case listKeys[e.name] != "":
		t.restrictions(e, listKeys[e.name])
	case class != nil:
		t.classList(e, class)
	case t.special(e):
	default:
		if to, ok := t.targets[e.name]; ok {
			t.one(e, to)
			return
		}
		t.leave(e)
	}
}

// elsewhere gives a setting of a service that mail from outside does not come
// in by its fate.
func (t *translation) elsewhere(e *entry) {
	_, one := t.targets[e.name]
	if !one && listKeys[e.name] == "" {
		fate, why := reasonFor(e.name)
		t.fate(e, fate, why)
		return
	}
	if listKeys[e.name] != "" {
		t.restrictionsElsewhere(e)
	}
	t.fate(e, NoCounterpart, "Postern has one set of lists, that of the service that mail from outside comes in by; leave this in master.cf, and leave Postern out of that service where it is not wanted (-o smtpd_milters=)")
}

// leave gives a setting that is not translated its fate.
func (t *translation) leave(e *entry) {
	quiet := *t.expander // for the names that it uses, itself not among them
	quiet.odd = new(notes)
	used := t.expander.used[e.name]
	quiet.expand(e.value)
	t.expander.used[e.name] = used
	transport, ofTransport := transportOf(e.name)
	switch {
	case t.known[e.name]:
	case ofTransport:
		t.fate(e, NotOurs, "goes with the service "+transport+" of master.cf")
		if t.o.Master != "" && !t.hasService(transport) {
			t.odd.add(e.place, "%s: %s has no service %s", e.name, t.o.Master, transport)
		}
		return
	default:
		// Fate and report depend on who uses the name, see checkNames.
		t.fate(e, NotOurs, ownName)
		return
	}
	fate, why := reasonFor(e.name)
	t.fate(e, fate, why)
	if strings.HasSuffix(e.name, "_checks") {
		t.checkTables(e, tableChecks)
	}
}

// ownName is the fate of names that Postfix does not know.
const ownName = "a name of the administrator's own; its value stands where the name is used"

func (t *translation) hasService(name string) bool {
	for _, s := range t.services {
		if s.name == name {
			return true
		}
	}
	return false
}

// strayComment reports what looks like a comment and is none.
func (t *translation) strayComment(e *entry) {
	words, _ := e.value.words(blanks)
	for _, w := range words {
		if strings.HasPrefix(w.s, "#") {
			t.odd.add(w.at(0), "%s: a \"#\" behind a value begins no comment: Postfix takes it and what follows as part of the value", e.name)
			return
		}
	}
}

// show gives a place as comments have it.
func (t *translation) show(p Place) string { return p.short(t.files.beside) }

// quoteSource is the comment over a key.
func (t *translation) quoteSource(e *entry) string {
	at := t.show(e.place)
	if e.last > e.place.Line && e.service == nil {
		return fmt.Sprintf("%s-%d: %s", at, e.last, e.name)
	}
	if e.service != nil {
		return fmt.Sprintf("%s: -o %s=%s", at, e.name, clip(e.value.plain()))
	}
	return strings.TrimRight(fmt.Sprintf("%s: %s = %s", at, e.name, clip(e.value.plain())), " ")
}

// one translates a setting that goes into one key.
func (t *translation) one(e *entry, to target) {
	k := &key{name: to.key, comment: []string{t.quoteSource(e)}, at: e.place}
	value := e.value
	if to.kind != kindRaw {
		value = t.expander.expand(value)
	}
	fault := ""
	switch to.kind {
	case kindText, kindRaw:
		k.value = quote(value.plain())
	case kindFilter:
		k.value = quote(unescape(value.s))
	case kindBool:
		k.value, fault = boolean(value.s)
	case kindTime:
		k.value, fault = timeValue(value.s, to.unit)
	case kindNumber:
		if k.value = number(value.s); k.value == "" {
			fault = fmt.Sprintf("%q is no number", clip(value.s))
		}
	case kindCode:
		k.value, fault = code(value.s, e.name)
	case kindList:
		k.items = t.plainItems(value, e)
	case kindTables:
		k.items = t.tableItems(value, e)
	}
	if fault != "" {
		t.odd.add(e.place, "%s: %s", e.name, fault)
		t.fate(e, NoCounterpart, "Postfix cannot use this value")
		return
	}
	t.doc.add(to.section, k)
	if len(k.items) > 0 && !slices.ContainsFunc(k.items, func(it item) bool { return !it.off }) {
		t.fate(e, NoCounterpart, "Postern cannot read what it names")
		return
	}
	t.fate(e, Translated, "["+to.section+"] "+to.key)
}

// boolean reads yes or no.
func boolean(s string) (value, fault string) {
	switch strings.ToLower(s) {
	case "yes":
		return "true", ""
	case "no":
		return "false", ""
	}
	return "", fmt.Sprintf("%q is neither yes nor no", clip(s))
}

// code reads a reply code.
func code(s, name string) (value, fault string) {
	n, err := strconv.Atoi(s)
	accepts := strings.HasPrefix(name, "unverified_") && n >= 200 && n < 300
	if err != nil || (n < 400 || n > 599) && !accepts {
		return "", fmt.Sprintf("%q is not a reply code from 400 to 599", clip(s))
	}
	return strconv.Itoa(n), ""
}

// timeValue reads a time such as 30, 30s, 5m, 2h, 1d or 1w.
func timeValue(s, unit string) (value, fault string) {
	if number(s) != "" {
		s += unit
	}
	units := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}
	digits, each := s, time.Second
	if s != "" && units[s[len(s)-1]] != 0 {
		digits, each = s[:len(s)-1], units[s[len(s)-1]]
	}
	if value = duration(digits, each); value == "" {
		return "", fmt.Sprintf("%q is no time such as 30s, 5m, 2h, 1d or 1w", clip(s))
	}
	return value, ""
}

// unescape reads the backslash escapes of smtpd_expansion_filter.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if at := strings.IndexByte("abfnrtv", s[i]); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v"[at])
			continue
		}
		end := i
		for end < len(s) && end < i+3 && s[end] >= '0' && s[end] <= '7' {
			end++
		}
		if n, err := strconv.ParseUint(s[i:end], 8, 8); err == nil {
			b.WriteByte(byte(n))
			i = end - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// plainItems makes the items of a list of names, networks and tables.
func (t *translation) plainItems(value text, e *entry) []item {
	words, ok := value.words(listSeparators)
	if !ok {
		t.odd.add(e.place, "%s: braces do not match", e.name)
	}
	var items []item
	for _, w := range words {
		it := item{text: w.s, comment: t.onLine(w, e), at: w.at(0)}
		bare := strings.TrimPrefix(w.s, "!")
		switch {
		case strings.Contains(w.s, "$"):
			it.off, it.comment = true, join(it.comment, "is not known here")
		case isTable(bare):
			it = t.tableItem(w, bare, e, tableValues)
		case strings.HasPrefix(bare, "/"):
			t.checkFile(bare, w.at(0), e)
		}
		items = append(items, it)
	}
	return items
}

// isTable tells whether a word is type:name and not an IPv6 address.
func isTable(w string) bool {
	kind, _, found := strings.Cut(w, ":")
	return found && kind != "" && strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz") == "" && !strings.HasPrefix(w, "[") && !isAddress(w)
}

func isAddress(w string) bool {
	_, err := addr.ParseNetworks([]string{w})
	return err == nil
}

// onLine is the comment behind an item of a value that goes over several
// lines.
func (t *translation) onLine(w text, e *entry) string {
	if e.last == e.place.Line {
		return ""
	}
	return t.show(w.at(0))
}

func join(parts ...string) string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	return strings.Join(list, ": ")
}
