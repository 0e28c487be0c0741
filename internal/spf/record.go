package spf

import (
	"fmt"
	"net/netip"
	"strings"
)

// version begins every record (RFC 7208 section 4.5).
const version = "v=spf1"

// Record is a parsed SPF record (RFC 7208 section 4.6).
type Record struct {
	// Terms are the mechanisms in order.
	Terms []Term
	// Redirect and Exp are the domain-specs of the modifiers of these names;
	// "" for none.
	Redirect, Exp string
	// redirectText is the modifier as it stands in the record.
	redirectText string
}

// Term is one mechanism with its qualifier.
type Term struct {
	// Text is the term as it stands in the record.
	Text string
	// Mechanism in lower case, such as "ip4".
	Mechanism string
	// Qualifier is the result when the mechanism matches.
	Qualifier Code
	// Domain is the domain-spec, with macros; "" for none.
	Domain string
	// Network of ip4 and ip6.
	Network netip.Prefix
	// Bits4 and Bits6 are the prefix lengths of a and mx.
	Bits4, Bits6 int
	kind         kind
}

// kind is the mechanism of a term.
type kind uint8

const (
	kindAll kind = iota
	kindInclude
	kindA
	kindMX
	kindPTR
	kindIP4
	kindIP6
	kindExists
)

// Asks tells whether the term asks the DNS and so counts towards MaxLookups.
func (t *Term) Asks() bool {
	return t.kind != kindAll && t.kind != kindIP4 && t.kind != kindIP6
}

// SyntaxError says what in a record is wrong.
type SyntaxError struct {
	// Offset of the term within the record, in octets.
	Offset int
	// Term as it stands there.
	Term string
	// Reason in words.
	Reason string
}

// Error gives the term, its place and the reason.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%q at octet %d: %s", clipTo(e.Term, 100), e.Offset, e.Reason)
}

// IsRecord tells whether a text record is an SPF record: it begins with the
// version, and that ends with a blank or the record (RFC 7208 section 4.5).
func IsRecord(text string) bool {
	return len(text) >= len(version) && strings.EqualFold(text[:len(version)], version) &&
		(len(text) == len(version) || text[len(version)] == ' ')
}

// ParseRecord parses a whole record. The error is a *SyntaxError for the
// first fault, wherever it stands (RFC 7208 section 4.6).
func ParseRecord(text string) (*Record, error) {
	if !IsRecord(text) {
		return nil, &SyntaxError{0, text, "does not begin with v=spf1"}
	}
	if len(text) > maxRecord {
		return nil, &SyntaxError{maxRecord, "", fmt.Sprintf("the record has more than %d octets", maxRecord)}
	}
	r := &Record{Terms: make([]Term, 0, min(strings.Count(text, " "), 64))}
	for at := len(version); at < len(text); {
		if text[at] == ' ' {
			at++
			continue
		}
		end := strings.IndexByte(text[at:], ' ')
		if end < 0 {
			end = len(text) - at
		}
		term := text[at : at+end]
		if reason := r.add(term); reason != "" {
			return nil, &SyntaxError{at, term, reason}
		}
		at += end
	}
	return r, nil
}

// add takes one term into the record; reason is "" when it is good.
func (r *Record) add(text string) (reason string) {
	n := nameLen(text)
	if n > 0 && n < len(text) && text[n] == '=' {
		return r.addModifier(text, text[:n], text[n+1:])
	}
	t, reason := parseTerm(text)
	if reason == "" {
		r.Terms = append(r.Terms, t)
	}
	return reason
}

// addModifier takes a modifier; unknown ones only have to be well formed
// (RFC 7208 section 6).
func (r *Record) addModifier(text, name, value string) (reason string) {
	switch {
	case strings.EqualFold(name, "redirect"):
		if r.Redirect != "" {
			return "redirect stands there twice"
		}
		r.Redirect, r.redirectText = value, text
		return checkDomainSpec(value)
	case strings.EqualFold(name, "exp"):
		if r.Exp != "" {
			return "exp stands there twice"
		}
		r.Exp = value
		return checkDomainSpec(value)
	}
	_, reason = checkMacros(value, false)
	return reason
}

// nameLen gives the length of the name that a term begins with; 0 for none.
func nameLen(s string) int {
	for i := range len(s) {
		c := s[i]
		if !isAlpha(c) && (i == 0 || !isDigit(c) && c != '-' && c != '_' && c != '.') {
			return i
		}
	}
	return len(s)
}

func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
