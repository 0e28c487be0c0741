package spf

import (
	"fmt"
	"strings"
)

// piece is a part of a macro-string (RFC 7208 section 7.1): text as it is,
// or a macro to expand.
type piece struct {
	// text stands for itself where letter is 0.
	text string
	// letter of the macro, in lower case.
	letter byte
	// escape tells that the letter was a capital: the value is URL-escaped.
	escape bool
	// keep is the number of right-hand parts to use; 0 for all.
	keep int
	// reverse the parts.
	reverse bool
	// delimiters between the parts; "" for the dot.
	delimiters string
}

// maxKeep is as good as all parts of any value.
const maxKeep = 1 << 20

// nextPiece reads the piece that s begins with and gives its length; reason
// is "" when it is good. s must not be empty.
func nextPiece(s string) (p piece, n int, reason string) {
	if s[0] != '%' {
		if n = strings.IndexByte(s, '%'); n < 0 {
			n = len(s)
		}
		return piece{text: s[:n]}, n, ""
	}
	if len(s) < 2 {
		return p, 0, "a percent sign stands alone"
	}
	switch s[1] {
	case '%':
		return piece{text: "%"}, 2, ""
	case '_':
		return piece{text: " "}, 2, ""
	case '-':
		return piece{text: "%20"}, 2, ""
	case '{':
		return nextMacro(s)
	}
	return p, 0, "a percent sign stands alone"
}

// nextMacro reads a macro such as %{d2r.} from the front of s.
func nextMacro(s string) (p piece, n int, reason string) {
	end := strings.IndexByte(s, '}')
	if end < 0 || end == 2 {
		return p, 0, "a macro lacks its letter or closing brace"
	}
	letter, rest := s[2], s[3:end]
	p.letter, p.escape = letter|0x20, letter&0x20 == 0
	if !isAlpha(letter) || strings.IndexByte("slodiphcrtv", p.letter) < 0 {
		return p, 0, fmt.Sprintf("there is no macro %q", clipTo(s[:end+1], 20))
	}
	digits := 0
	for digits < len(rest) && isDigit(rest[digits]) {
		p.keep = min(10*p.keep+int(rest[digits]-'0'), maxKeep)
		digits++
	}
	if digits > 0 && p.keep == 0 {
		return p, 0, "a macro keeps 0 parts"
	}
	rest = rest[digits:]
	if rest != "" && rest[0]|0x20 == 'r' {
		p.reverse, rest = true, rest[1:]
	}
	if strings.Trim(rest, ".-+,/_=") != "" {
		return p, 0, fmt.Sprintf("the macro %q has characters that mean nothing", clipTo(s[:end+1], 20))
	}
	p.delimiters = rest
	return p, end + 1, ""
}

// checkMacros checks a macro-string: printable ASCII and good macros. In
// explanations blanks and the macros c, r and t are allowed too. literal is
// where the text after the last macro begins.
func checkMacros(s string, explanation bool) (literal int, reason string) {
	lowest := byte('!')
	if explanation {
		lowest = ' '
	}
	for at := 0; at < len(s); {
		p, n, reason := nextPiece(s[at:])
		if reason != "" {
			return 0, reason
		}
		if s[at] == '%' {
			literal = at + n
		}
		if !explanation && (p.letter == 'c' || p.letter == 'r' || p.letter == 't') {
			return 0, fmt.Sprintf("the macro %%{%c} is for explanations only", p.letter)
		}
		if s[at] != '%' && !within(p.text, lowest) {
			return 0, "there is a character that is not printable ASCII"
		}
		at += n
	}
	return literal, ""
}

// within tells whether all octets are printable ASCII and not below lowest.
func within(s string, lowest byte) bool {
	for i := range len(s) {
		if s[i] < lowest || s[i] > '~' {
			return false
		}
	}
	return true
}

// checkDomainSpec checks a domain-spec: a macro-string that ends in a macro,
// or in a dot and a top label (RFC 7208 section 7.1).
func checkDomainSpec(s string) (reason string) {
	if s == "" {
		return "the domain is empty"
	}
	literal, reason := checkMacros(s, false)
	if reason != "" || literal == len(s) {
		return reason
	}
	name := strings.TrimSuffix(s, ".")
	dot := strings.LastIndexByte(name, '.')
	if dot < literal {
		return "the domain has no top label"
	}
	if !isTopLabel(name[dot+1:]) {
		return fmt.Sprintf("the domain ends in %q, which is no top label", clipTo(name[dot+1:], 63))
	}
	return ""
}

// isTopLabel tells whether a label can be the last: letters, digits and
// hyphens, no hyphen at an end, and not of digits only.
func isTopLabel(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	numeric := true
	for i := range len(s) {
		if !isDigit(s[i]) {
			numeric = false
			if !isAlpha(s[i]) && s[i] != '-' {
				return false
			}
		}
	}
	return !numeric
}
