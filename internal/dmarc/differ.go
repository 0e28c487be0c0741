package dmarc

import (
	"bytes"
	"slices"
	"strings"

	"postern/internal/addr"
	"postern/internal/message"
)

// What this file looks for is legible in two ways: mail readers that take the
// other one show somebody who never signed.

// otherDomain gives a domain that stands after an "@" in the value of From,
// outside of quotes and comments, and is none of the author domains; "" when
// there is none.
func otherDomain(value string, domains []string) string {
	open := bare(value)
	for {
		_, rest, ok := strings.Cut(open, "@")
		if !ok {
			return ""
		}
		end := 0
		for end < len(rest) && isDomainByte(rest[end]) {
			end++
		}
		domain := addr.NormalDomain(rest[:end])
		if domain != "" && !slices.Contains(domains, domain) {
			return domain
		}
		open = rest[end:]
	}
}

func isDomainByte(c byte) bool {
	return c >= 0x80 || c == '.' || c == '-' || c == '_' ||
		'0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// bare leaves out quoted strings and comments. One without its end is no such
// thing to every mail reader, and stays.
func bare(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); {
		end := 0
		switch value[i] {
		case '"':
			end = quoteEnd(value, i)
		case '(':
			end = commentEnd(value, i)
		}
		if end == 0 {
			b.WriteByte(value[i])
			i++
			continue
		}
		i = end
	}
	return b.String()
}

// quoteEnd gives where the quoted string at i ends, 0 where it does not.
func quoteEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// commentEnd gives where the comment at i ends, 0 where it does not.
func commentEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// addressLikeEntry tells whether From has an entry without an address that
// looks like one once its encoded words are decoded.
func addressLikeEntry(value string, boxes []message.Mailbox) bool {
	entries := 0
	for entry := range strings.SplitSeq(bare(value), ",") {
		if strings.Trim(entry, blanks) != "" {
			entries++
		}
	}
	return entries > len(boxes) && slices.ContainsFunc(boxes, func(b message.Mailbox) bool {
		return strings.Contains(b.Name, "@")
	})
}

// fromLines counts the lines of the header that somebody may read as From:
// after a bare CR, with NUL in the name, or with blanks before the first.
func fromLines(raw []byte) (n int) {
	for _, end := range []string{"\r\n\r\n", "\n\n", "\n\r\n"} {
		if i := bytes.Index(raw, []byte(end)); i >= 0 {
			raw = raw[:i]
		}
	}
	for first := true; len(raw) > 0; first = false {
		end := bytes.IndexAny(raw, "\r\n")
		if end < 0 {
			end = len(raw)
		}
		if isFrom(raw[:end], first) {
			n++
		}
		raw = raw[min(end+1, len(raw)):]
	}
	return n
}

// isFrom tells whether a line begins a field that may be taken for From.
func isFrom(line []byte, first bool) bool {
	const maxName = 64
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) > maxName || !first && (line[0] == ' ' || line[0] == '\t') {
		return false
	}
	name = bytes.ReplaceAll(bytes.TrimPrefix(name, []byte("\xef\xbb\xbf")), []byte{0}, nil)
	return bytes.EqualFold(bytes.Trim(name, blanks), []byte("from"))
}
