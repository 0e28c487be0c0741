package dnslist

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Code says what one kind of answer of a list means: the symbol that is
// found, and what it scores. In a configuration it is a text:
//
//	127.0.0.[4..7] RBL_EXAMPLE 2.5 A text that describes it
//
// First comes a filter, "&N" for answers that have all bits of the number N,
// or "*" for what no other code knows. The text may be missing.
type Code struct {
	// Symbol that is found.
	Symbol string
	// Score of the symbol.
	Score float64
	// Description of the symbol, for reports.
	Description string

	filter *Filter
	mask   uint32
	rest   bool // answers that no other code knows
}

// ParseCode reads a code.
func ParseCode(text string) (Code, error) {
	var c Code
	words := strings.Fields(text)
	if len(words) < 3 {
		return c, fmt.Errorf("%q: want an answer, a symbol and a score such as \"127.0.0.2 RBL_EXAMPLE 2.5\"", text)
	}
	var err error
	switch mask, isMask := strings.CutPrefix(words[0], "&"); {
	case words[0] == "*":
		c.rest = true
	case isMask:
		var n uint64
		if n, err = strconv.ParseUint(mask, 0, 32); err != nil || n == 0 {
			return c, fmt.Errorf("%q: %q is no number of bits such as &4", text, words[0])
		}
		c.mask = uint32(n)
	default:
		if c.filter, err = ParseFilter(words[0]); err != nil {
			return c, fmt.Errorf("%q: %w", text, err)
		}
	}
	if c.Symbol = words[1]; !validSymbol(c.Symbol) {
		return c, fmt.Errorf("%q: %q is not a symbol: capitals, digits and underscores", text, words[1])
	}
	if c.Score, err = strconv.ParseFloat(words[2], 64); err != nil || !(c.Score >= -maxScore && c.Score <= maxScore) {
		return c, fmt.Errorf("%q: %q is not a score from %d to %d", text, words[2], -maxScore, maxScore)
	}
	c.Description = strings.Join(words[3:], " ")
	return c, nil
}

// maxScore bounds what one answer of a list can score.
const maxScore = 1000

func validSymbol(s string) bool {
	return len(s) <= 64 && s != "" && s[0] >= 'A' && s[0] <= 'Z' && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// UnmarshalText reads a code.
func (c *Code) UnmarshalText(text []byte) error {
	var err error
	*c, err = ParseCode(string(text))
	return err
}

// MarshalText prints a code.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String prints a code.
func (c Code) String() string {
	s := c.answer() + " " + c.Symbol + " " + strconv.FormatFloat(c.Score, 'f', -1, 64)
	if c.Description != "" {
		s += " " + c.Description
	}
	return s
}

func (c Code) answer() string {
	switch {
	case c.rest:
		return "*"
	case c.filter != nil:
		return c.filter.String()
	}
	return "&" + strconv.FormatUint(uint64(c.mask), 10)
}

// match tells whether an address is such an answer; "*" matches none.
func (c *Code) match(ip netip.Addr) bool {
	switch {
	case c.filter != nil:
		return c.filter.Match(ip)
	case c.mask != 0 && ip.Is4():
		a := ip.As4()
		n := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		return n&c.mask == c.mask
	}
	return false
}

// names tells whether the code means just this address.
func (c *Code) names(ip netip.Addr) bool { return c.filter != nil && c.filter.Names(ip) }
