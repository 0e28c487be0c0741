package migrate

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"postern/internal/addr"
	"postern/internal/listen"
)

// special translates settings that go to more than one place, or only
// sometimes; false for all others.
func (t *translation) special(e *entry) bool {
	switch e.name {
	case "myhostname":
		t.hostname(e)
	case "mynetworks":
		t.networks(e)
	case "myorigin":
		t.origin(e)
	case "parent_domain_matches_subdomains":
		t.parents(e)
	case "inet_interfaces", "proxy_interfaces":
		return t.interfaces(e)
	case "smtpd_milters", "non_smtpd_milters":
		return t.milters(e)
	case "smtpd_restriction_classes":
		t.fate(e, Translated, "names the classes of [restrictions.classes]")
	case "mydomain":
		t.expander.expand(e.value)
		t.fate(e, Translated, "stands where $mydomain is used")
	case "compatibility_level":
		t.fate(e, Translated, "the defaults of that level are written out where Postern's are others")
	default:
		return false
	}
	return true
}

// hostname translates myhostname.
func (t *translation) hostname(e *entry) {
	name := t.expander.expand(e.value).plain()
	if strings.ContainsAny(name, " $") || name == "" {
		t.odd.add(e.place, "myhostname: %q is no host name", clip(name))
		t.fate(e, NoCounterpart, "it is no host name")
		return
	}
	for _, section := range []string{"engine", "restrictions.hosts"} {
		t.doc.add(section, &key{name: "hostname", at: e.place, comment: []string{t.quoteSource(e)}, value: quote(name)})
	}
	t.fate(e, Translated, "[engine] hostname, [restrictions.hosts] hostname")
}

// networks translates mynetworks: all of it for restrictions, what is a
// network for scoring.
func (t *translation) networks(e *entry) {
	value := t.expander.expand(e.value)
	all := t.plainItems(value, e)
	scored := &key{name: "networks", at: e.place, comment: []string{t.quoteSource(e)}}
	words, _ := value.words(listSeparators)
	for i, it := range all {
		w := words[i]
		if it.off {
			continue
		}
		switch {
		case isMapped(w.s) && covered(w.s, words):
			all[i].comment = join(it.comment, "matches no client; the same in IPv4 does")
			continue
		case isMapped(w.s):
			t.odd.add(w.at(0), "mynetworks: %s matches no client: Postfix knows IPv4 clients by their IPv4 address; write %s if it is meant", w.s, unmapped(w.s))
			all[i].comment = join(it.comment, "matches no client")
			continue
		case !isAddress(w.s):
			t.odd.add(w.at(0), "mynetworks: %s is no network: [restrictions.hosts] mynetworks has it, [engine] networks cannot", w.s)
			continue
		}
		scored.items = append(scored.items, it)
	}
	t.doc.add("engine", scored)
	t.doc.add("restrictions.hosts", &key{name: "mynetworks", at: e.place, comment: []string{t.quoteSource(e)}, items: all})
	t.fate(e, Translated, "[engine] networks, [restrictions.hosts] mynetworks")
}

// covered tells whether the IPv4 addresses of a network within IPv6 are in
// another network of the list.
func covered(mapped string, words []text) bool {
	p, _ := prefixOf(mapped)
	for _, w := range words {
		other, ok := prefixOf(w.s)
		if ok && !strings.HasPrefix(w.s, "!") && other.Bits() <= max(0, p.Bits()-96) && other.Contains(p.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// prefixOf reads a network as mynetworks has it.
func prefixOf(w string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(strings.NewReplacer("[", "", "]", "", "!", "").Replace(w))
	return p, err == nil
}

// isMapped tells whether a network is one of IPv4 addresses within IPv6.
func isMapped(w string) bool {
	p, ok := prefixOf(w)
	return ok && p.Addr().Is4In6()
}

// unmapped gives such a network in IPv4.
func unmapped(w string) string {
	p, _ := prefixOf(w)
	return fmt.Sprintf("%s/%d", p.Addr().Unmap(), max(0, p.Bits()-96))
}

// origin translates myorigin, which may be a file.
func (t *translation) origin(e *entry) {
	value := t.expander.expand(e.value).plain()
	k := &key{name: "myorigin", at: e.place, comment: []string{t.quoteSource(e)}}
	if strings.HasPrefix(value, "/") {
		real, found := t.files.find(value)
		data, err := os.ReadFile(real)
		first, _, _ := bytes.Cut(data, []byte("\n"))
		if !found || err != nil {
			t.odd.add(e.place, "myorigin: %s is not here: write the domain that stands in it into [restrictions.addresses] myorigin", value)
			k.off, k.value = true, quote("the first line of "+value)
			t.doc.add("restrictions.addresses", k)
			t.fate(e, Translated, "[restrictions.addresses] myorigin, to be filled in")
			return
		}
		k.comment = append(k.comment, "as "+real+" has it")
		value = strings.TrimSpace(string(first))
	}
	k.value = quote(value)
	t.doc.add("restrictions.addresses", k)
	t.fate(e, Translated, "[restrictions.addresses] myorigin")
}

// ownParents are the lists of parent_domain_matches_subdomains that matter
// to restrictions.
var ownParents = map[string]bool{"mynetworks": true, "permit_mx_backup_networks": true, "relay_domains": true, "smtpd_access_maps": true}

// parents translates parent_domain_matches_subdomains.
func (t *translation) parents(e *entry) {
	k := &key{name: "parent_domain_matches_subdomains", at: e.place, comment: []string{t.quoteSource(e)}}
	words, _ := t.expander.expand(e.value).words(listSeparators)
	for _, w := range words {
		if ownParents[w.s] {
			k.items = append(k.items, item{text: w.s, comment: t.onLine(w, e), at: w.at(0)})
		}
	}
	t.doc.add("restrictions.hosts", k)
	t.fate(e, Translated, "[restrictions.hosts] parent_domain_matches_subdomains, as far as restrictions look at it")
}

// interfaces translates addresses of the host; words such as "all" only say
// where Postfix listens.
func (t *translation) interfaces(e *entry) bool {
	words, _ := t.expander.expand(e.value).words(listSeparators)
	var items []item
	for _, w := range words {
		if _, ok := addr.ParseIP(strings.Trim(w.s, "[]")); !ok {
			return false
		}
		items = append(items, item{text: strings.Trim(w.s, "[]"), comment: t.onLine(w, e), at: w.at(0)})
	}
	if len(items) == 0 {
		return false
	}
	s := t.doc.section("restrictions.hosts")
	for _, k := range s.keys {
		if k.name == "my_addresses" {
			k.comment, k.items = append(k.comment, t.quoteSource(e)), append(k.items, items...)
			t.fate(e, Translated, "[restrictions.hosts] my_addresses")
			return true
		}
	}
	t.doc.add("restrictions.hosts", &key{name: "my_addresses", at: e.place, comment: []string{t.quoteSource(e)}, items: items})
	t.fate(e, Translated, "[restrictions.hosts] my_addresses")
	return true
}

// milterPort is where rspamd's proxy listens for mail servers, and Postern.
const milterPort = ":11332"

// milters translates a milter that Postern takes the place of.
func (t *translation) milters(e *entry) bool {
	words, _ := t.expander.expand(e.value).words(listSeparators)
	for _, w := range words {
		address, inet := strings.CutPrefix(w.s, "inet:")
		host, found := strings.CutSuffix(address, milterPort)
		if !inet || !found || listen.Check(loopback(host)+milterPort) != nil {
			continue
		}
		why := w.s + " is Postern from now on, and the line stays"
		if e.name == "smtpd_milters" {
			why = "[milter] listen: " + why
			t.doc.add("milter", &key{name: "listen", value: quote(loopback(host) + milterPort), at: e.place, comment: []string{
				t.quoteSource(e), "rspamd's port: Postern listens there when rspamd no longer does.",
			}})
		}
		t.fate(e, Translated, why)
		return true
	}
	return false
}

// loopback gives a host as an address.
func loopback(host string) string {
	if host == "localhost" {
		return "127.0.0.1"
	}
	return host
}
