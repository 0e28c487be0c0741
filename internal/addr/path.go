package addr

import (
	"fmt"
	"strings"
)

// MaxPath bounds the bytes of an envelope path that is understood. RFC 5321
// section 4.5.3.1.3 asks for 256; internationalised ones are longer.
const MaxPath = 1024

// ParsePath reads an envelope address as it stands in MAIL FROM or RCPT TO
// (RFC 5321 section 4.1.2): with or without angle brackets, "" and "<>" being
// the null sender, a source route before it dropped, a quoted local part
// unquoted. A local part without a domain is allowed ("postmaster"). The
// error says what is wrong; the Address beside it is the best guess.
func ParsePath(path string) (Address, error) {
	s := strings.TrimSpace(path)
	if len(s) > MaxPath {
		return Address{}, fmt.Errorf("address of %d bytes is longer than %d", len(s), MaxPath)
	}
	s, open := strings.CutPrefix(s, "<")
	s, shut := strings.CutSuffix(s, ">")
	s = cutRoute(strings.TrimSpace(s))
	local, rest, err := cutLocal(s)
	a := Address{Local: local}
	if domain, ok := strings.CutPrefix(rest, "@"); ok {
		a.Domain = strings.ToLower(strings.TrimSuffix(domain, "."))
		if err == nil && (a.Domain == "" || a.Local == "") {
			err = fmt.Errorf("address %q lacks one side of its @", path)
		}
	}
	switch {
	case err != nil:
	case open != shut:
		err = fmt.Errorf("address %q has only one of its angle brackets", path)
	case strings.HasPrefix(a.Domain, "[") && strings.IndexByte(a.Domain, ']') == len(a.Domain)-1:
	case a.Domain != "" && !ValidDomain(a.Domain):
		err = fmt.Errorf("address %q has a domain that cannot be", path)
	}
	return a, err
}

// cutRoute drops an obsolete source route: "@a.example,@b.example:user@c".
func cutRoute(s string) string {
	if !strings.HasPrefix(s, "@") {
		return s
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && !strings.Contains(s[:i], "[") {
		return s[i+1:]
	}
	return s
}

// cutLocal takes the local part off and unquotes it; rest begins with the @,
// or is empty.
func cutLocal(s string) (local, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.LastIndexByte(s, '@')
		if i < 0 {
			i = len(s)
		}
		local, rest = s[:i], s[i:]
		if strings.ContainsAny(local, " \t\r\n\x00<>\"") {
			err = fmt.Errorf("local part %q needs quotes", local)
		}
		return local, rest, err
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			if rest = s[i+1:]; rest != "" && rest[0] != '@' {
				err = fmt.Errorf("address %q has text after its quoted local part", s)
			}
			return b.String(), rest, err
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), "", fmt.Errorf("address %q lacks its closing quote", s)
}
