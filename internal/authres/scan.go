package authres

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// scanner reads the pieces of a field.
type scanner struct {
	s   string
	pos int
	// comment is the first one since it was last emptied.
	comment string
}

// end tells whether everything was read.
func (s *scanner) end() bool { return s.pos == len(s.s) }

// rest shows what comes next, in an error.
func (s *scanner) rest() string {
	text := s.s[s.pos:]
	if len(text) > shownBytes {
		text = text[:shownBytes] + "..."
	}
	if text == "" {
		return "its end"
	}
	return fmt.Sprintf("%q", text)
}

// skip skips blanks, folds and comments.
func (s *scanner) skip() error {
	for s.pos < len(s.s) {
		switch s.s[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		case '(':
			if err := s.skipComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// skipComment skips a comment with those in it.
func (s *scanner) skipComment() error {
	depth, from := 0, s.pos+1
	for ; s.pos < len(s.s); s.pos++ {
		switch s.s[s.pos] {
		case '(':
			if depth++; depth > maxComments {
				s.pos = len(s.s) // what follows would be taken for more than a comment
				return fmt.Errorf("comments are nested deeper than %d", maxComments)
			}
		case ')':
			if depth--; depth == 0 {
				if s.comment == "" {
					s.comment = plain(s.s[from:s.pos])
				}
				s.pos++
				return nil
			}
		case '\\':
			s.pos = min(s.pos+1, len(s.s)-1)
		}
	}
	return fmt.Errorf("a comment does not end")
}

// plain takes folds and escapes out of a comment.
func plain(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// take reads a character if it comes next, after blanks and comments.
func (s *scanner) take(c byte) (bool, error) {
	if err := s.skip(); err != nil {
		return false, err
	}
	if s.pos < len(s.s) && s.s[s.pos] == c {
		s.pos++
		return true, nil
	}
	return false, nil
}

// word reads characters that may stand in a piece of that kind, after blanks
// and comments; "" when there are none.
func (s *scanner) word(allowed func(c byte) bool) (string, error) {
	if err := s.skip(); err != nil {
		return "", err
	}
	from := s.pos
	for s.pos < len(s.s) && allowed(s.s[s.pos]) {
		s.pos++
	}
	word := s.s[from:s.pos]
	if !utf8.ValidString(word) {
		return "", fmt.Errorf("%q is not UTF-8", word)
	}
	return word, nil
}

// value reads a quoted string or else a word.
func (s *scanner) value(allowed func(c byte) bool) (string, error) {
	if err := s.skip(); err != nil {
		return "", err
	}
	if s.end() || s.s[s.pos] != '"' {
		return s.word(allowed)
	}
	var b strings.Builder
	for i := s.pos + 1; i < len(s.s); i++ {
		switch c := s.s[i]; {
		case c == '"':
			s.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(s.s):
			i++
			b.WriteByte(s.s[i])
		case c == '\r' || c == '\n': // a fold, of which the blank stays
		case c < ' ' && c != '\t' || c == 0x7f:
			return "", fmt.Errorf("a quoted text has a control character")
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("a quoted text does not end")
}

// skipResult goes behind the next semicolon, or to the end.
func (s *scanner) skipResult() {
	for s.pos < len(s.s) {
		switch s.s[s.pos] {
		case ';':
			s.pos++
			return
		case '(':
			if s.skipComment() != nil {
				s.pos = len(s.s)
			}
		case '"':
			if _, err := s.value(nil); err != nil {
				s.pos = len(s.s)
			}
		default:
			s.pos++
		}
	}
}

// isToken tells whether c may stand in a token (RFC 2045 section 5.1), or is
// part of a character that is not ASCII (RFC 8616).
func isToken(c byte) bool {
	return c > ' ' && c != 0x7f && strings.IndexByte(`()<>@,;:\"/[]?=`, c) < 0
}

// isKeyword tells whether c may stand in the name of a method or a property.
func isKeyword(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// isValue tells whether c may stand in the value of a property: those of an
// address, and those of base64, which servers write without quotes.
func isValue(c byte) bool { return isToken(c) || strings.IndexByte("@/=<>", c) >= 0 }

// isDigit tells whether c is a digit.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
