package migrate

import (
	"slices"
	"strings"

	"postern/internal/addr"
)

// unset writes what Postfix does without being told, where Postern does
// something else, and reports what cannot be known.
func (t *translation) unset() {
	at := Place{File: t.o.Main}
	if t.effective["mynetworks"] == nil {
		t.odd.add(at, "mynetworks is not set: Postfix takes the host's own networks or addresses (mynetworks_style); run \"postconf mynetworks\" there and write them into [engine] networks and [restrictions.hosts] mynetworks")
	}
	if t.effective["myhostname"] == nil {
		t.odd.add(at, "myhostname is not set: Postfix takes the host's own name; run \"postconf myhostname\" there and write it into [engine] hostname")
	}
	level := t.flat("compatibility_level")
	if t.effective["smtpd_relay_before_recipient_restrictions"] == nil && compareLevels(level, "3.6") < 0 && t.lists["relay"] != nil {
		t.doc.add("restrictions", &key{name: "relay_before_recipient", value: "false",
			comment: []string{"Postfix's default at compatibility_level " + level}})
	}
	for _, name := range []string{"mydestination", "relay_domains"} {
		t.unsetDomains(name, at)
	}
	if len(t.lists) > 0 {
		t.doc.add("restrictions", &key{name: "on_failure", value: `"defer"`, off: true, comment: []string{
			"Where a table or a policy service fails, Postern goes on without it. Postfix", "answers 451 4.3.5; so does Postern with this line:"}})
		if t.effective["reject_tempfail_action"] == nil {
			t.doc.add("restrictions", &key{name: "reject_tempfail_action", value: `"defer_if_permit"`,
				comment: []string{"Postfix's default; without the line mail passes while DNS does not answer"}})
		}
	}
}

// unsetDomains writes the domains that Postfix has by default.
func (t *translation) unsetDomains(name string, at Place) {
	if t.effective[name] != nil {
		return
	}
	k := &key{name: name, comment: []string{"not set in " + t.show(at) + ": Postfix's default"}}
	for _, w := range strings.FieldsFunc(t.flat(name), func(r rune) bool { return strings.ContainsRune(listSeparators, r) }) {
		k.items = append(k.items, item{text: w, off: strings.Contains(w, "$")})
	}
	t.doc.add("restrictions.addresses", k)
}

// checkLists looks at how the restrictions of the lists work together.
func (t *translation) checkLists() {
	for _, list := range []string{"client", "helo", "sender", "relay", "recipient", "data", "end_of_data"} {
		l := t.lists[list]
		if l == nil {
			continue
		}
		t.checkReached(l)
		t.checkTwice(l)
		t.checkStage(list, l)
	}
	for name, l := range t.lists {
		if strings.HasPrefix(name, "classes.") {
			t.checkReached(l) // reports are put in order later
		}
	}
	t.checkRelay()
	t.checkUnlisted()
	helo := t.lists["helo"]
	if helo != nil && len(helo.all) > 0 && !t.yes("smtpd_helo_required") {
		t.odd.add(helo.entry.place, "smtpd_helo_restrictions without smtpd_helo_required = yes: a client that says no HELO passes them by")
	}
}

// checkUnlisted reports that local users are not known to Postern.
func (t *translation) checkUnlisted() {
	if t.effective["local_recipient_maps"] != nil {
		return
	}
	for _, l := range t.lists {
		for _, r := range l.all {
			if r.name == "reject_unlisted_recipient" || r.name == "reject_unlisted_sender" {
				t.odd.add(r.at, "%s: Postfix looks local users up in the system's own list and in alias_maps, Postern knows none as long as [restrictions.addresses] local_recipient_maps names no table; Postfix itself goes on refusing unknown recipients", r.name)
			}
		}
	}
}

// checkReached reports restrictions behind one that always decides.
func (t *translation) checkReached(l *restrictionList) {
	for i, r := range l.all {
		ends := r.name == "permit" || r.name == "reject" || r.name == "defer"
		if ends && !r.warn && !r.dead && i+1 < len(l.all) {
			t.odd.add(l.all[i+1].at, "%s: %s is never reached, it stands behind %s", l.entry.name, describe(l.all[i+1]), r.name)
			return
		}
	}
}

// checkTwice reports restrictions that stand in a list twice.
func (t *translation) checkTwice(l *restrictionList) {
	seen := map[string]Place{}
	for _, r := range l.all {
		w := r.written()
		if before, twice := seen[w]; twice {
			t.odd.add(r.at, "%s: %s stands in the list already, at %s", l.entry.name, describe(r), t.show(before))
			continue
		}
		seen[w] = r.at
	}
}

// checkStage reports restrictions that look at what is not known yet where
// smtpd_delay_reject is off.
func (t *translation) checkStage(list string, l *restrictionList) {
	unknown := map[string][]string{
		"client": {"helo", "sender", "recipient"}, "helo": {"sender", "recipient"}, "sender": {"recipient"},
	}[list]
	if t.yes("smtpd_delay_reject") || unknown == nil {
		return
	}
	for _, r := range l.all {
		wants := t.words[strings.ToLower(r.name)].wants
		if r.service != "" && r.service != Keep {
			wants = "recipient"
		}
		if slices.Contains(unknown, wants) {
			t.odd.add(r.at, "%s: %s looks at the %s, which is not known there with smtpd_delay_reject = no", l.entry.name, describe(r), wants)
		}
	}
}

// relayProtection are restrictions that keep strangers from relaying.
var relayProtection = []string{"reject_unauth_destination", "defer_unauth_destination", "check_relay_domains"}

// endings are restrictions that let nobody pass.
var endings = []string{"reject", "defer", "defer_if_permit"}

// checkRelay looks whether strangers can relay.
func (t *translation) checkRelay() {
	relay, recipient := t.lists["relay"], t.lists["recipient"]
	byDefault := t.effective["smtpd_relay_restrictions"] == nil && compareLevels(t.flat("compatibility_level"), "1") >= 0
	if byDefault || t.protects(relay, 0) {
		return
	}
	if !t.protects(recipient, 0) {
		if recipient != nil || relay != nil {
			t.odd.add(Place{File: t.o.Main}, "no list has reject_unauth_destination or reject: Postfix does not accept mail without one of them in smtpd_relay_restrictions or smtpd_recipient_restrictions")
		}
		return
	}
	for _, r := range recipient.all {
		if slices.Contains(relayProtection, r.name) || slices.Contains(endings, r.name) {
			return
		}
		known := t.words[r.name]
		opens := r.name == "permit" || r.class != nil || known.arg == argTable || strings.Contains(r.name, ":") || r.service == Keep
		if opens && !r.warn && !r.dead {
			t.odd.add(r.at, "%s: %s stands before reject_unauth_destination: an OK of it lets the client relay to anywhere", recipient.entry.name, describe(r))
		}
	}
}

// protects tells whether a list keeps strangers from relaying.
func (t *translation) protects(l *restrictionList, depth int) bool {
	if l == nil || depth > maxDepth {
		return false
	}
	for _, r := range l.all {
		if !r.warn && !r.dead && (slices.Contains(relayProtection, r.name) || slices.Contains(endings, r.name)) {
			return true
		}
		if r.class != nil && t.protects(t.lists["classes."+r.class.name], depth+1) {
			return true
		}
	}
	return false
}

// checkClasses reports classes that nothing uses.
func (t *translation) checkClasses() {
	for _, c := range t.classes {
		if !c.used {
			t.odd.add(c.at, "class %s is used by no list, nor by a table that could be read", c.name)
		}
	}
}

// checkNames reports names that Postfix does not know and nothing uses.
func (t *translation) checkNames() {
	for i, l := range t.lines {
		if l.Why != ownName {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(l.Text, "-o "), " ")
		if t.expander.used[name] {
			t.lines[i].Fate = Translated
			continue
		}
		t.odd.add(l.Place, "Postfix knows no %s, and nothing refers to it%s", name, meant(name, t.known))
		t.lines[i].Fate, t.lines[i].Why = NoCounterpart, "Postfix knows no such name, and nothing refers to it"
	}
}

// ownDomains offers the section of own domains: main.cf says which domains
// are received here, not that nobody else sends from them.
func (t *translation) ownDomains() {
	k := &key{name: "own", off: true}
	seen := map[string]bool{"localhost": true}
	for _, s := range t.doc.sections {
		if s.name != "restrictions.addresses" {
			continue
		}
		for _, from := range s.keys {
			if !slices.Contains([]string{"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"}, from.name) {
				continue
			}
			for _, it := range from.items {
				domain := strings.ToLower(it.text)
				if it.off || seen[domain] || !strings.Contains(domain, ".") || !addr.ValidDomain(addr.NormalDomain(domain)) {
					continue
				}
				seen[domain] = true
				k.items = append(k.items, item{text: domain})
			}
		}
	}
	if len(k.items) == 0 {
		return
	}
	s := t.doc.section("domains")
	s.comment = []string{
		"Postfix has nothing like it: mail from outside that claims to be from these", "domains is scored. Take the \"#\" off when nobody else sends mail from them.",
	}
	s.keys = append(s.keys, k)
}
