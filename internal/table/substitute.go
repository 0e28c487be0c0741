package table

import (
	"strconv"
	"strings"
)

// template is the result of a pattern rule: text with the numbers of groups.
type template struct {
	// text is the whole result where no group is asked for.
	text  string
	parts []templatePart
	// max is the largest group asked for.
	max int
}

// templatePart is literal text, or a group where group is not 0.
type templatePart struct {
	text  string
	group int
}

// parseTemplate reads a result with $1, ${1}, $(1) and $$ (mac_parse of
// Postfix). say is called for each fault with what Postfix says; of a group 0
// it says zero.
func parseTemplate(s, zero string, say func(format string, args ...any)) (t template, ok bool) {
	var text strings.Builder
	ok = true
	for i := 0; i < len(s); {
		switch {
		case s[i] != '$':
			text.WriteByte(s[i])
			i++
			continue
		case strings.HasPrefix(s[i:], "$$"):
			text.WriteByte('$')
			i += 2
			continue
		}
		name, n, fault := macroName(s[i+1:])
		if fault != "" {
			say("%s: \"%s\"", fault, s)
			return t, false
		}
		i += 1 + n
		group, fault := groupNumber(name, zero)
		if fault != "" {
			say("%s replacement index \"%s\"", fault, name)
			ok = false
			continue
		}
		if text.Len() > 0 {
			t.parts = append(t.parts, templatePart{text: text.String()})
			text.Reset()
		}
		t.parts = append(t.parts, templatePart{group: group})
		t.max = max(t.max, group)
	}
	if t.max == 0 {
		t.text = text.String()
	} else if text.Len() > 0 {
		t.parts = append(t.parts, templatePart{text: text.String()})
	}
	return t, ok
}

// macroName reads the name after a dollar sign; n is its length with brackets.
func macroName(s string) (name string, n int, fault string) {
	if s != "" && (s[0] == '(' || s[0] == '{') {
		name, n = bracketed(s)
		if n == 0 {
			return "", 0, "truncated macro reference"
		}
	} else {
		for n < len(s) && (isAlnum(s[n]) || s[n] == '_') {
			n++
		}
		name = s[:n]
	}
	if name == "" {
		return "", 0, "empty macro name"
	}
	return name, n, ""
}

// bracketed gives what stands in the round or curly brackets at the start of
// s, and the length with them; 0 where they are not closed.
func bracketed(s string) (inner string, n int) {
	open, shut := s[0], byte(')')
	if open == '{' {
		shut = '}'
	}
	level := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			level++
		case shut:
			if level--; level == 0 {
				return s[1:i], i + 1
			}
		}
	}
	return "", 0
}

// groupNumber reads the number of a group; zero is the fault of 0.
func groupNumber(name, zero string) (n int, fault string) {
	if strings.Trim(name, "0123456789") != "" {
		return 0, "non-numeric"
	}
	n, err := strconv.Atoi(name)
	if err != nil || n > 1<<20 {
		return 1 << 20, ""
	}
	if n < 1 {
		return 0, zero
	}
	return n, ""
}

// expand gives the result for the groups that matched; group 0 is the whole.
func (t *template) expand(groups []string) string {
	if t.max == 0 {
		return t.text
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.group == 0 {
			b.WriteString(p.text)
		} else if p.group < len(groups) {
			b.WriteString(groups[p.group])
		}
	}
	return b.String()
}
