package spf

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// expandName expands a domain-spec to the name to ask for. It works from the
// end and stops where what is left would be cut away, so that the work has a
// bound however many macros there are.
func (e *evaluation) expandName(spec, domain string) string {
	if strings.IndexByte(spec, '%') < 0 {
		return fitName(spec)
	}
	parts := make([]string, 0, 8)
	size := 0
	// One octet more than fits, besides a dot at the end, tells fitName
	// whether a label begins where the name does.
	for _, p := range slices.Backward(lastPieces(spec)) {
		if size > maxName+1 {
			break
		}
		text := e.expandPiece(p, domain)
		parts = append(parts, text)
		size += len(text)
	}
	slices.Reverse(parts)
	return fitName(strings.Join(parts, ""))
}

// lastPieces splits a checked macro-string and gives its last pieces, at
// least maxPieces if there are so many.
func lastPieces(s string) []piece {
	pieces := make([]piece, 0, 8)
	for s != "" {
		p, n, reason := nextPiece(s)
		if reason != "" {
			return nil // not checked: it stands for nothing
		}
		if len(pieces) == 2*maxPieces {
			pieces = append(pieces[:0], pieces[maxPieces:]...)
		}
		pieces = append(pieces, p)
		s = s[n:]
	}
	return pieces
}

// expandPiece gives what a piece stands for.
func (e *evaluation) expandPiece(p piece, domain string) string {
	if p.letter == 0 {
		return p.text
	}
	text := p.transform(e.value(p.letter, domain))
	if p.escape {
		return escape(text)
	}
	return text
}

// value gives the value of a macro (RFC 7208 section 7.2).
func (e *evaluation) value(letter byte, domain string) string {
	switch letter {
	case 's':
		return e.local + "@" + e.domain
	case 'l':
		return e.local
	case 'o':
		return e.domain
	case 'd':
		return domain
	case 'i':
		return e.dotted()
	case 'p':
		return e.clientName(domain)
	case 'v':
		if e.ip.Is4() {
			return "in-addr"
		}
		return "ip6"
	case 'h':
		return e.helo
	case 'c':
		return e.ip.String()
	case 'r':
		if e.checker.options.Hostname == "" {
			return "unknown"
		}
		return e.checker.options.Hostname
	case 't':
		if e.time.IsZero() {
			e.time = time.Now()
		}
		return strconv.FormatInt(e.time.Unix(), 10)
	}
	return ""
}

// dotted gives the client's address in labels: four numbers, or the 32
// hexadecimal digits of IPv6.
func (e *evaluation) dotted() string {
	if e.ip.Is4() {
		return e.ip.String()
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 63)
	for _, octet := range e.ip.As16() {
		b = append(b, digits[octet>>4], '.', digits[octet&15], '.')
	}
	return string(b[:63])
}

// transform splits a value, reverses its parts, keeps the last of them and
// joins them with dots (RFC 7208 section 7.3).
func (p *piece) transform(value string) string {
	if p.keep == 0 && !p.reverse && p.delimiters == "" {
		return value
	}
	delimiters := p.delimiters
	if delimiters == "" {
		delimiters = "."
	}
	parts := splitAny(value, delimiters)
	if p.reverse {
		slices.Reverse(parts)
	}
	if p.keep > 0 && p.keep < len(parts) {
		parts = parts[len(parts)-p.keep:]
	}
	return strings.Join(parts, ".")
}

// splitAny splits at each of the delimiters; parts may be empty.
func splitAny(s, delimiters string) []string {
	parts := make([]string, 0, 8)
	for {
		i := strings.IndexAny(s, delimiters)
		if i < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+1:]
	}
}

// escape URL-escapes all but the unreserved characters of RFC 3986.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		c := s[i]
		if isAlpha(c) || isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}

// neverMatches tells whether a domain-spec has a macro of the local part and
// that is not ASCII: no name in the DNS can hold it, and such terms never
// match (RFC 8616 section 4).
func (e *evaluation) neverMatches(spec string) bool {
	if strings.IndexByte(spec, '%') < 0 || within(e.local, 0) {
		return false
	}
	for spec != "" {
		p, n, reason := nextPiece(spec)
		if reason != "" || p.letter == 's' || p.letter == 'l' {
			return true
		}
		spec = spec[n:]
	}
	return false
}
