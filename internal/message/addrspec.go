package message

import (
	"strings"

	"postern/internal/addr"
)

// parseSpec parses an addr-spec with comments, blanks and a source route
// (RFC 5322 sections 3.4.1 and 4.4). valid tells that it has a local part and
// a domain that obey the rules; what does not is parsed as well as can be.
func parseSpec(spec string) (a addr.Address, valid bool) {
	spec = strings.Trim(plainSpec(spec), " \t\r\n")
	if strings.HasPrefix(spec, "@") { // a source route
		if i := strings.IndexByte(spec, ':'); i >= 0 {
			spec = spec[i+1:]
		}
	}
	at := lastAt(spec)
	if at < 0 {
		return addr.Address{Local: cleanText(spec)}, false
	}
	local, valid := parseLocal(spec[:at])
	domain := cleanText(spec[at+1:])
	if strings.HasPrefix(domain, "[") {
		valid = valid && addr.IsIPLiteral(domain)
	} else {
		valid = valid && addr.ValidDomain(domain) && !strings.HasSuffix(domain, ".")
		domain = strings.TrimSuffix(domain, ".")
	}
	return addr.Address{Local: local, Domain: strings.ToLower(domain)}, valid
}

// plainSpec takes out comments, and blanks beside dots and the @.
func plainSpec(spec string) string {
	if !strings.ContainsAny(spec, "( \t\r\n") {
		return spec
	}
	var b strings.Builder
	for i := 0; i < len(spec); i++ {
		switch c := spec[i]; {
		case c == '"':
			end := quoteEnd(spec, i)
			b.WriteString(spec[i : end+1])
			i = end
		case c == '\\' && i+1 < len(spec):
			b.WriteString(spec[i : i+2])
			i++
		case c == '(':
			i = commentEnd(spec, i) - 1
		case isBlank(c):
			if !besideDot(spec, i) {
				b.WriteByte(' ')
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// besideDot tells whether the blank at i stands beside a dot, an @, a comment
// or another blank.
func besideDot(spec string, i int) bool {
	before, after := byte('.'), byte('.')
	if i > 0 {
		before = spec[i-1]
	}
	if i+1 < len(spec) {
		after = spec[i+1]
	}
	const beside = ".@,:() \t\r\n"
	return strings.IndexByte(beside, before) >= 0 || strings.IndexByte(beside, after) >= 0
}

// lastAt finds the last @ that is not quoted nor in brackets; -1 when there
// is none.
func lastAt(spec string) int {
	last := -1
	for i := 0; i < len(spec); i++ {
		switch spec[i] {
		case '\\':
			i++
		case '"':
			i = quoteEnd(spec, i)
		case '[':
			if last >= 0 && last == i-1 {
				return last
			}
		case '@':
			last = i
		}
	}
	return last
}

// parseLocal unquotes a local part; valid tells that it obeys RFC 5322
// section 3.4.1 or RFC 6532.
func parseLocal(s string) (local string, valid bool) {
	if strings.HasPrefix(s, `"`) && quoteEnd(s, 0) == len(s)-1 && len(s) > 1 {
		return cleanText(unescape(s[1 : len(s)-1])), true
	}
	valid = s != "" && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
	for i := 0; i < len(s) && valid; i++ {
		valid = isAtomByte(s[i]) || s[i] == '.'
	}
	if !valid && strings.IndexByte(s, '"') >= 0 {
		// The obsolete form: quoted words between dots.
		local, valid = obsoleteLocal(s)
		return cleanText(local), valid
	}
	return cleanText(s), valid
}

// obsoleteLocal parses words, quoted or not, with dots between them (RFC 5322
// section 4.4).
func obsoleteLocal(s string) (local string, valid bool) {
	var b strings.Builder
	valid = true
	word := false // a word was read since the last dot
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			end := quoteEnd(s, i)
			if end == i || word {
				return s, false
			}
			b.WriteString(unescape(s[i+1 : end]))
			i, word = end, true
		case c == '.':
			valid = valid && word
			word = false
			b.WriteByte(c)
		default:
			valid = valid && isAtomByte(c) && (!word || i == 0 || s[i-1] != '"')
			word = true
			b.WriteByte(c)
		}
	}
	return b.String(), valid && word
}

// unescape takes the backslashes of quoted pairs out.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return commentText("(" + s + ")")
}

// isAtomByte tells whether c may stand in an atom (RFC 5322 section 3.2.3,
// RFC 6532 section 3.2).
func isAtomByte(c byte) bool {
	switch {
	case c >= 0x80, 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
