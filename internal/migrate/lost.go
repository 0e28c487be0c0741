package migrate

import (
	"slices"
	"strings"
)

// lost takes out the restrictions that would refuse good mail because a table
// that they need cannot be read: Postfix, which can read it, has to keep them.
func (t *translation) lost() {
	domains := t.lostFrom("mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains")
	if domains != (Place{}) {
		why := "Postern does not know the domains of " + t.show(domains) + " and would refuse mail for them; leave it to Postfix"
		t.takeOutRestrictions(why, relayProtection...)
	}
	users := t.lostFrom("local_recipient_maps", "virtual_alias_maps", "virtual_mailbox_maps", "relay_recipient_maps")
	if users == (Place{}) {
		users = domains
	}
	if users == (Place{}) {
		return
	}
	why := "Postern does not know the recipients of " + t.show(users) + " and would refuse them; leave it to Postfix"
	t.takeOutRestrictions(why, "reject_unlisted_recipient", "check_recipient_maps")
	for _, k := range t.doc.section("restrictions").keys {
		if k.name == "reject_unlisted_recipient" {
			k.value, k.comment = "false", append(k.comment, why)
			return
		}
	}
	t.doc.add("restrictions", &key{name: "reject_unlisted_recipient", value: "false", comment: []string{why}})
}

// lostFrom finds a table among settings of addresses that cannot be read.
func (t *translation) lostFrom(names ...string) Place {
	for _, k := range t.doc.section("restrictions.addresses").keys {
		if !slices.Contains(names, k.name) {
			continue
		}
		for _, it := range k.items {
			if it.off && it.at != (Place{}) {
				return it.at
			}
		}
	}
	return Place{}
}

// takeOutRestrictions makes comments of restrictions with some names.
func (t *translation) takeOutRestrictions(why string, names ...string) {
	for _, section := range []string{"restrictions", "restrictions.classes"} {
		for _, k := range t.doc.section(section).keys {
			for i := range k.items {
				it := &k.items[i]
				name := strings.ToLower(strings.TrimPrefix(it.text, warnIfReject+" "))
				if it.off || !slices.Contains(names, name) {
					continue
				}
				it.off, it.comment = true, join(it.comment, why)
				t.odd.add(orPlace(it.at, k.at), "%s: %s", it.text, why)
			}
		}
	}
}
