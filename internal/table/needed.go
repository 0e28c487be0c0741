package table

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// needed gives the longest ASCII text, in lower case, that stands in
// everything an expression matches in ASCII; "" where there is none.
func needed(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	var n need
	n.visit(re.Simplify())
	n.end()
	return n.best
}

// need gathers text that must be there: run is what is being gathered.
type need struct {
	run  strings.Builder
	best string
}

// end closes the run.
func (n *need) end() {
	if n.run.Len() > len(n.best) {
		n.best = n.run.String()
	}
	n.run.Reset()
}

// visit walks through one part of an expression in order.
func (n *need) visit(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			n.rune(r)
		}
	case syntax.OpCharClass:
		// Both cases of one letter: [Aa].
		if r := re.Rune; len(r) == 4 && r[0] == r[1] && r[2] == r[3] && r[0]|0x20 == r[2] && r[0] >= 'A' && r[0] <= 'Z' {
			n.rune(r[2])
			return
		}
		n.end()
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n.visit(sub)
		}
	case syntax.OpCapture:
		n.visit(re.Sub[0])
	case syntax.OpPlus:
		n.visit(re.Sub[0])
		n.end()
	case syntax.OpEmptyMatch:
	default:
		n.end()
	}
}

// rune adds one character to the run.
func (n *need) rune(r rune) {
	switch {
	case r >= utf8.RuneSelf:
		n.end()
	case r >= 'A' && r <= 'Z':
		n.run.WriteByte(byte(r) + 'a' - 'A')
	default:
		n.run.WriteByte(byte(r))
	}
}
