package restrict

import (
	"fmt"
	"strings"
)

// token is one word of a list and where it stands.
type token struct {
	// text of the word; braces around the whole of it are kept.
	text string
	// item is the index in the list of strings, column the byte in it from 1.
	item, column int
}

// SyntaxError says what is wrong with a list, and where.
type SyntaxError struct {
	// List is the name of the list or class.
	List string
	// Item is the index in the list, from 0; Column the byte in it, from 1.
	Item, Column int
	// Reason in words.
	Reason string
}

// Error gives the place and the reason.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s[%d]: column %d: %s", e.List, e.Item, e.Column, e.Reason)
}

// isSeparator tells whether c stands between words.
func isSeparator(c byte) bool {
	return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n'
}

// tokenize splits the strings of a list into words at commas and blanks.
// Text within braces stays together, blanks and all.
func tokenize(list string, items []string) ([]token, error) {
	var tokens []token
	for i, s := range items {
		for pos := 0; pos < len(s); {
			if isSeparator(s[pos]) {
				pos++
				continue
			}
			end := wordEnd(s, pos)
			if end < 0 {
				return nil, &SyntaxError{list, i, pos + 1, "braces do not match in " + quoteClip(s[pos:])}
			}
			tokens = append(tokens, token{s[pos:end], i, pos + 1})
			pos = end
		}
	}
	return tokens, nil
}

// wordEnd gives the end of the word that begins at pos; -1 where its braces
// do not match.
func wordEnd(s string, pos int) int {
	depth := 0
	for ; pos < len(s); pos++ {
		switch c := s[pos]; {
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth < 0 {
				return -1
			}
		case depth == 0 && isSeparator(c):
			return pos
		}
	}
	if depth != 0 {
		return -1
	}
	return pos
}

// inner gives the text within the braces around a word.
func inner(word string) (text string, braced bool) {
	if len(word) < 2 || word[0] != '{' || word[len(word)-1] != '}' {
		return word, false
	}
	return strings.TrimSpace(word[1 : len(word)-1]), true
}

// quoteClip quotes a text for an error, cut to a readable length.
func quoteClip(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q…", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
