package table

import (
	"fmt"
	"strings"
)

// itemBreaks are what stands between the items of a table within braces and
// of a list of tables.
const itemBreaks = ", \t\r\n"

// bracedLen gives the length of the text in balanced braces at the start of
// s; 0 where there is none.
func bracedLen(s string) int {
	level := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			level++
		case '}':
			level--
		}
		if level <= 0 {
			if i == 0 {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

// unbrace takes the braces around a text off, and the blanks within them; the
// error is in Postfix's words.
func unbrace(s string) (string, error) {
	if !strings.HasPrefix(s, "{") {
		return "", fmt.Errorf("no '{' at start of text in \"%s\"", s)
	}
	n := bracedLen(s)
	if n == 0 {
		return "", fmt.Errorf("missing '}' in \"%s\"", s)
	}
	if n < len(s) {
		return "", fmt.Errorf("syntax error after '}' in \"%s\"", s)
	}
	return strings.Trim(s[1:n-1], blanks), nil
}

// splitItems cuts a text at blanks and commas outside braces.
func splitItems(s string) []string {
	var items []string
	for {
		s = strings.TrimLeft(s, itemBreaks)
		if s == "" {
			return items
		}
		end := itemLen(s)
		items = append(items, s[:end])
		s = s[end:]
	}
}

// itemLen gives the length of the first item. A closing brace too many ends
// nothing.
func itemLen(s string) int {
	level := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '{':
			level++
		case c == '}':
			level--
		case level <= 0 && strings.IndexByte(itemBreaks, c) >= 0:
			return i
		}
	}
	return len(s)
}

// bracedItems gives the items of "{item, item}", which must be all of s.
func bracedItems(s string) (items []string, ok bool) {
	n := bracedLen(s)
	if n != len(s) || n <= 2 {
		return nil, false
	}
	return splitItems(s[1 : n-1]), true
}
