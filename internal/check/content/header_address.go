package content

import (
	"strings"

	"postern/internal/addr"
	"postern/internal/message"
)

// author gives the first mailbox in From that has a domain, or failing that
// the first one; nil when there is none. Fraud often begins the field with
// words and a comma that no quotes protect, which makes them a mailbox.
func author(m *message.Message) *message.Mailbox {
	from := m.From()
	for i := range from {
		if from[i].Address.Domain != "" {
			return &from[i]
		}
	}
	return firstOf(from)
}

// firstOf gives the first mailbox, nil when there is none.
func firstOf(boxes []message.Mailbox) *message.Mailbox {
	if len(boxes) == 0 {
		return nil
	}
	return &boxes[0]
}

// anyDomain tells whether one of the mailboxes is in that domain.
func anyDomain(boxes []message.Mailbox, domain string) bool {
	for i := range boxes {
		if boxes[i].Address.Domain == domain {
			return true
		}
	}
	return false
}

// anyAddress tells whether one of the mailboxes has that address.
func anyAddress(boxes []message.Mailbox, a addr.Address) bool {
	for i := range boxes {
		if boxes[i].Address.Equal(a) {
			return true
		}
	}
	return false
}

// titles are forms of address that begin a display name in letters of advance
// fee fraud; people seldom introduce themselves to mail programs like that.
var titles = [...]string{
	"mr", "mrs", "ms", "miss", "mister", "dr", "sir", "madam", "prof", "rev", "reverend",
	"barrister", "barr", "engr", "hon", "pastor", "sgt", "gen", "capt", "col",
}

// beginsWithTitle tells whether a display name begins with a title that a
// name follows.
func beginsWithTitle(name string) bool {
	word, rest, ok := cutTitleWord(strings.TrimLeft(name, " \"'"))
	if !ok || rest == "" {
		return false
	}
	for _, t := range titles {
		if strings.EqualFold(word, t) {
			return true
		}
	}
	return false
}

// cutTitleWord cuts the first word off, up to a full stop or a blank.
func cutTitleWord(s string) (word, rest string, ok bool) {
	i := strings.IndexAny(s, " .")
	if i < 2 || i > len("barrister") {
		return "", "", false
	}
	return s[:i], strings.TrimLeft(s[i:], " ."), true
}

// addressWithin finds the first mail address with a dotted domain that stands
// somewhere in a text, such as a display name.
func addressWithin(text string) (a addr.Address, ok bool) {
	for at := strings.IndexByte(text, '@'); at >= 0; {
		start, end := at, at+1
		for start > 0 && isAtomByte(text[start-1]) {
			start--
		}
		for end < len(text) && isDomainByte(text[end]) {
			end++
		}
		domain := strings.ToLower(strings.Trim(text[at+1:end], ".-"))
		if start < at && strings.IndexByte(domain, '.') > 0 {
			return addr.Address{Local: text[start:at], Domain: domain}, true
		}
		next := strings.IndexByte(text[at+1:], '@')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return addr.Address{}, false
}

// isAtomByte tells whether c may stand in a local part without quotes, as
// far as people use it.
func isAtomByte(c byte) bool {
	return isDomainByte(c) || c == '_' || c == '+' || c == '=' || c == '~' || c == '&'
}

// isDomainByte tells whether c may stand in a domain, dots included.
func isDomainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.'
}

// serviceAccounts are users that programs run under and people do not.
var serviceAccounts = [...]string{
	"www-data", "apache", "nobody", "httpd", "nginx", "www", "web", "anonymous", "ftp", "guest", "cgi", "wwwrun",
}

// isServiceAccount tells whether a local part is such a user.
func isServiceAccount(local string) bool {
	for _, s := range serviceAccounts {
		if strings.EqualFold(local, s) {
			return true
		}
	}
	return false
}
