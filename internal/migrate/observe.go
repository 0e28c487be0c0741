package migrate

import "strings"

// observed is said over keys that are changed for observing.
const observed = "only observed for now"

// observe makes everything that refuses mail report it only.
func (t *translation) observe() {
	if !t.o.Observe {
		return
	}
	t.doc.add("actions", &key{
		name: "observe", comment: []string{"Nothing happens to mail for now; each decision says what would have."},
		items: []item{{text: "greylist"}, {text: "rewrite subject"}, {text: "soft reject"}, {text: "quarantine"}, {text: "reject"}, {text: "discard"}},
	})
	s := t.doc.section("restrictions")
	for _, k := range s.keys {
		for i := range k.items {
			k.items[i].text = warned(k.items[i].text)
		}
	}
	// What refuses mail without standing in a list.
	for name, byDefault := range map[string]bool{"helo_required": false, "reject_unlisted_sender": false, "reject_unlisted_recipient": true} {
		switchOff(s, name, byDefault)
	}
}

// warned puts warn_if_reject before a restriction that can refuse.
func warned(restriction string) string {
	name, _, _ := strings.Cut(restriction, " ")
	if strings.HasPrefix(name, "permit") || name == warnIfReject {
		return restriction
	}
	return warnIfReject + " " + restriction
}

// switchOff sets a key to false, and leaves what it would be as a comment.
func switchOff(s *section, name string, byDefault bool) {
	for _, k := range s.keys {
		if k.name != name {
			continue
		}
		if k.value == "true" {
			k.comment = append(k.comment, observed+"; it is to be true")
			k.value = "false"
		}
		return
	}
	if byDefault {
		s.keys = append(s.keys, &key{name: name, value: "false", comment: []string{observed + "; without this line it is true"}})
	}
}
