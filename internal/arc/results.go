package arc

import (
	"strings"

	"postern/internal/authres"
)

// parseResults reads the value of an ARC-Authentication-Results: the instance,
// which must stand first (RFC 8617 section 4.1.1), the name of the server, and
// all that follows the instance. ok is false when there is no instance.
func parseResults(value string) (instance int, server, results string, ok bool) {
	rest := skipComments(value)
	if rest, ok = strings.CutPrefix(rest, "i"); !ok {
		return 0, "", "", false
	}
	if rest, ok = strings.CutPrefix(skipComments(rest), "="); !ok {
		return 0, "", "", false
	}
	rest = skipComments(rest)
	n := 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	instance, valid := parseInstance(rest[:n])
	rest, ok = strings.CutPrefix(skipComments(rest[n:]), ";")
	if !ok || !valid {
		return 0, "", "", false
	}
	results = strings.Trim(rest, " \t\r\n")
	return instance, authres.Server(results), results, true
}

// parseInstance reads one or two digits, from 1 to MaxSets.
func parseInstance(s string) (int, bool) {
	if len(s) == 0 || len(s) > 2 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, 1 <= n && n <= MaxSets
}

// skipComments skips blanks, folds and comments in parentheses.
func skipComments(s string) string {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(' && depth < maxComments:
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '\\' && depth > 0:
			i++
		case depth > 0, c == ' ', c == '\t', c == '\r', c == '\n':
		default:
			return s[i:]
		}
	}
	return ""
}
