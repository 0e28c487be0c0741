package callout

import (
	"strings"
	"unicode/utf8"

	"postern/internal/addr"
)

// maxWire bounds the octets of an address in a command: with the command
// around it, it stays within the 512 octets of a line (RFC 5321 section
// 4.5.3.1.4).
const maxWire = 480

// wireAddress gives the address as it stands in MAIL and RCPT, without the
// angle brackets: the domain in ASCII, the local part quoted where it must be
// (RFC 5321 section 4.1.2). It gives "" for what cannot be said there: no
// local part, control characters, text that is not UTF-8, too long.
func wireAddress(a addr.Address) string {
	if a.Local == "" || !utf8.ValidString(a.Local) || strings.ContainsFunc(a.Local, isControl) {
		return ""
	}
	w := a.Local
	if !isDotString(w) {
		w = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
	}
	if a.Domain != "" {
		domain := a.ASCIIDomain()
		if !addr.ValidDomain(domain) || !isASCII(domain) {
			return ""
		}
		w += "@" + domain
	}
	if len(w) > maxWire {
		return ""
	}
	return w
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// isDotString tells whether a local part needs no quotes; octets above 127
// are UTF-8 of RFC 6531.
func isDotString(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtom(r) }) {
			return false
		}
	}
	return true
}

func isAtom(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r >= utf8.RuneSelf ||
		strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}
