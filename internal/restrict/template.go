package restrict

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// The outcomes of expanding a template, added up.
const (
	// expandError says that the template is malformed.
	expandError = 1
	// expandUndefined says that a name has no value.
	expandUndefined = 2
)

// maxNesting bounds how deep templates may nest.
const maxNesting = 100

// maxExpansion bounds the bytes that a template expands to.
const maxExpansion = 64 << 10

// expander expands templates with $name, ${name}, ${name?text},
// ${name:text}, ${name?{text}:{text}} and ${{a} == {b}?{text}:{text}}, as
// postconf(5) describes them.
type expander struct {
	// value gives the value of a name; ok is false for none.
	value func(name string) (value string, ok bool)
	// filter are the characters that may stand in a value, others become
	// "_"; "" allows all.
	filter string
	// compare are further ways to compare, by the word that follows the
	// operator.
	compare map[string]func(a, b string) int
	// warnings say what is wrong with the template.
	warnings []string

	depth, left int
}

// expand gives the text and the outcomes.
func (x *expander) expand(template string) (text string, status int) {
	x.left = maxExpansion
	var b strings.Builder
	status = x.parse(&b, template)
	return b.String(), status
}

// wrong notes what is wrong with the template.
func (x *expander) wrong(format string, args ...any) int {
	x.warnings = append(x.warnings, fmt.Sprintf(format, args...))
	return expandError
}

// write adds to the result within bounds.
func (x *expander) write(b *strings.Builder, s string) {
	s = s[:min(len(s), x.left)]
	x.left -= len(s)
	b.WriteString(s)
}

// parse expands one template or a part of one.
func (x *expander) parse(b *strings.Builder, s string) (status int) {
	if x.depth++; x.depth > maxNesting {
		x.depth--
		return x.wrong("unreasonable macro call nesting: %q", clip(s))
	}
	defer func() { x.depth-- }()
	for len(s) > 0 && status&expandError == 0 {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			x.write(b, s)
			break
		}
		x.write(b, s[:i])
		whole := s
		s = s[i+1:]
		switch {
		case strings.HasPrefix(s, "$"):
			x.write(b, "$")
			s = s[1:]
		case s != "" && (s[0] == '{' || s[0] == '('):
			end := closing(s)
			if end < 0 {
				return status | x.wrong("truncated macro reference: \"%s\"", clip(whole))
			}
			status |= x.expression(b, s[1:end])
			s = s[end+1:]
		default:
			n := nameLength(s)
			status |= x.put(b, s[:n])
			s = s[n:]
		}
	}
	return status
}

// closing gives the position of the bracket that closes the first one.
func closing(s string) int {
	open, shut := s[0], byte('}')
	if open == '(' {
		shut = ')'
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// nameLength gives the length of the name at the beginning of s.
func nameLength(s string) int {
	n := 0
	for n < len(s) && (s[n] == '_' || '0' <= s[n] && s[n] <= '9' || 'a' <= s[n]|0x20 && s[n]|0x20 <= 'z') {
		n++
	}
	return n
}

// put writes the value of a name.
func (x *expander) put(b *strings.Builder, name string) int {
	value, ok := x.value(name)
	if !ok {
		return expandUndefined
	}
	if x.filter != "" {
		value = strings.Map(func(r rune) rune {
			if strings.ContainsRune(x.filter, r) {
				return r
			}
			return '_'
		}, value)
	}
	x.write(b, value)
	return 0
}

// expression expands what stands in brackets.
func (x *expander) expression(b *strings.Builder, s string) int {
	if strings.HasPrefix(s, "{") {
		return x.relation(b, s)
	}
	start := len(s) - len(trimBlanks(s))
	end := start + nameLength(s[start:])
	name, rest := s[start:end], trimBlanks(s[end:])
	switch {
	case rest == "" && name != "":
		return x.put(b, name)
	case rest == "" || rest[0] != '?' && rest[0] != ':' || name == "":
		return x.wrong("attribute name syntax error at: \"...%s>>>%s\"", s[:end], clip(s[end:]))
	}
	value, _ := x.value(name)
	return x.choose(b, value != "", rest)
}

// relation expands {a} == {b} and what follows it.
func (x *expander) relation(b *strings.Builder, s string) int {
	end := closing(s)
	if end < 0 {
		return x.wrong("unbalanced {} in: \"%s\"", clip(s))
	}
	left, rest := s[1:end], trimBlanks(s[end+1:])
	op := operator(rest)
	if op == "" {
		return x.wrong(`"==" or "!="" or "<"" or "<="" or ">="" or ">" expected at: "...%s}>>>%s"`, left, clip(rest))
	}
	rest = rest[len(op):]
	suffix := rest[:letters(rest)]
	by, known := x.compare[suffix]
	if suffix != "" && !known {
		return x.wrong("bad operator suffix at: \"...%s>>>%s\"", op, suffix)
	}
	rest = trimBlanks(rest[len(suffix):])
	if end = -1; strings.HasPrefix(rest, "{") {
		end = closing(rest)
	}
	if end < 0 {
		return x.wrong("\"{expression}\" expected at: \"...{%s} %s>>>%s\"", left, op, clip(rest))
	}
	var l, r strings.Builder
	status := x.parse(&l, left) | x.parse(&r, rest[1:end])
	if status&expandError != 0 {
		return status
	}
	if by == nil {
		by = compareTexts
	}
	holds := holdsFor(op, by(l.String(), r.String()))
	rest = trimBlanks(rest[end+1:])
	switch {
	case rest == "" && holds:
		x.write(b, "true")
		return status
	case rest == "":
		return status
	case rest[0] != '?' && rest[0] != ':':
		return status | x.wrong("\"?\" or \":\" expected at: \"...}>>>%s\"", clip(rest))
	}
	return status | x.choose(b, holds, rest)
}

// choose expands "?yes", ":no", "?{yes}:{no}".
func (x *expander) choose(b *strings.Builder, holds bool, s string) (status int) {
	yes, no := "", ""
	unexpected := func(no, rest string) int {
		if rest == "" {
			return 0
		}
		return x.wrong("unexpected input at: \"...%s}>>>%s\"", no, clip(rest))
	}
	if s[0] == ':' {
		no, s = branch(s[1:])
		status = unexpected(no, s)
	} else if yes, s = branch(s[1:]); strings.HasPrefix(s, ":") {
		no, s = branch(s[1:])
		status = unexpected(no, s)
	} else if s != "" {
		status = x.wrong("\":\" expected at: \"...%s}>>>%s\"", yes, clip(s))
	}
	if !holds {
		yes = no
	}
	return status | x.parse(b, yes)
}

// branch takes one text off: what stands in braces, or else all of it.
func branch(s string) (text, rest string) {
	t := trimBlanks(s)
	if !strings.HasPrefix(t, "{") {
		return s, ""
	}
	end := closing(t)
	if end < 0 {
		return s, ""
	}
	return t[1:end], trimBlanks(t[end+1:])
}

// operator gives the operator at the beginning of s; "" for none.
func operator(s string) string {
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

func holdsFor(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// compareTexts compares as numbers where both are, otherwise as texts.
func compareTexts(a, b string) int {
	if allDigits(a) && allDigits(b) {
		m, errA := strconv.ParseUint(a, 10, 63)
		n, errB := strconv.ParseUint(b, 10, 63)
		if errA == nil && errB == nil {
			return cmp.Compare(m, n)
		}
	}
	return cmp.Compare(a, b)
}

// letters gives the number of letters at the beginning of s.
func letters(s string) int {
	n := 0
	for n < len(s) && 'a' <= s[n]|0x20 && s[n]|0x20 <= 'z' {
		n++
	}
	return n
}

func trimBlanks(s string) string { return strings.TrimLeft(s, " \t\r\n") }

// clip cuts a text to what is shown of it in a warning.
func clip(s string) string { return s[:min(len(s), 20)] }
