package content

import (
	"fmt"
	"strings"

	"postern/internal/message"
)

// partName names a part in evidence, such as "part 1.2 (text/html)".
func partName(p *message.Part) string {
	if p.Path() == "" {
		return p.MediaType()
	}
	return fmt.Sprintf("part %s (%s)", p.Path(), p.MediaType())
}

// hasFold tells whether s contains word, which is in lower case ASCII,
// without regard to case.
func hasFold(s, word string) bool { return indexFold(s, word) >= 0 }

// indexFold is where word, which is in lower case ASCII, first stands in s
// without regard to case, or -1.
func indexFold(s, word string) int {
	if word == "" {
		return 0
	}
	low, high := word[0], word[0]
	if low >= 'a' && low <= 'z' {
		high -= 'a' - 'A'
	}
	for i := 0; i+len(word) <= len(s); i++ {
		if (s[i] == low || s[i] == high) && strings.EqualFold(s[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}

// prefixFold tells whether s begins with prefix without regard to case.
func prefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// suffixFold tells whether s ends in suffix without regard to case.
func suffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
