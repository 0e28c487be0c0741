package authres

import (
	"strconv"
	"strings"
)

// margin is the column after which lines are folded.
const margin = 75

// String gives the value of the field, each result on a line of its own, with
// CRLF in the folds and none at the end. Whatever stands in the header cannot
// become more than that: control characters are blanks, quotes and parentheses
// are escaped.
func (h *Header) String() string {
	var b strings.Builder
	b.WriteString(quote(h.Server, isToken))
	if h.Version > 1 {
		b.WriteString(" " + strconv.Itoa(h.Version))
	}
	if len(h.Results) == 0 {
		b.WriteString("; none")
	}
	for i := range h.Results {
		b.WriteString(";\r\n\t")
		h.Results[i].write(&b)
	}
	return b.String()
}

// String gives the result on one line.
func (r *Result) String() string {
	var b strings.Builder
	for i, piece := range r.pieces() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(piece)
	}
	return b.String()
}

// write writes the result with folds.
func (r *Result) write(b *strings.Builder) {
	column := 8
	for i, piece := range r.pieces() {
		switch {
		case i == 0:
		case column+1+len(piece) > margin:
			b.WriteString("\r\n\t ")
			column = 9
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(piece)
		column += len(piece)
	}
}

// pieces gives the parts between which blanks or folds stand.
func (r *Result) pieces() []string {
	method := only(strings.ToLower(r.Method))
	if r.Version > 1 {
		method += "/" + strconv.Itoa(r.Version)
	}
	list := []string{method + "=" + only(r.Value)}
	if r.Comment != "" {
		list = append(list, "("+escape(r.Comment, `()\`)+")")
	}
	if r.Reason != "" {
		list = append(list, `reason="`+escape(r.Reason, `"\`)+`"`)
	}
	for _, p := range r.Properties {
		name := only(strings.ToLower(p.Name))
		if p.Type != "" {
			name = only(strings.ToLower(p.Type)) + "." + name
		}
		list = append(list, name+"="+quote(p.Value, isPlain))
	}
	return list
}

// isPlain tells whether c may stand in a value without quotes for everybody.
func isPlain(c byte) bool { return isToken(c) || c == '@' }

// only keeps what may stand in a keyword.
func only(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < 0x80 && isKeyword(byte(c)) {
			return c
		}
		return -1
	}, s)
	if s == "" {
		return "unknown"
	}
	return s
}

// quote puts text in quotes unless it may stand without.
func quote(s string, allowed func(byte) bool) string {
	for i := 0; i < len(s); i++ {
		if !allowed(s[i]) {
			return `"` + escape(s, `"\`) + `"`
		}
	}
	if s == "" {
		return `""`
	}
	return strings.ToValidUTF8(s, "?")
}

// escape puts a backslash before those characters, and blanks in place of
// control characters.
func escape(s, special string) string {
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(s, "?") {
		switch {
		case c < ' ' || c == 0x7f:
			c = ' '
		case strings.ContainsRune(special, c):
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
