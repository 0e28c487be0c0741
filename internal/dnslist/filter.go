package dnslist

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Filter is a pattern of the addresses with which a list answers, as Postfix
// writes it behind "=": four fields d1.d2.d3.d4, each a number or "[" numbers
// and ranges "lo..hi", separated by ";" "]". The whole may stand in brackets.
type Filter struct {
	text   string
	fields [4]octets
}

// octets is a set of numbers from 0 to 255.
type octets [4]uint64

func (o *octets) add(lo, hi int) {
	for n := lo; n <= hi; n++ {
		o[n>>6] |= 1 << (n & 63)
	}
}

func (o *octets) has(n byte) bool { return o[n>>6]&(1<<(n&63)) != 0 }

// single tells whether the set is n and nothing else.
func (o *octets) single(n byte) bool {
	var want octets
	want.add(int(n), int(n))
	return *o == want
}

// ParseFilter reads a filter. The error says what is wanted and shows the
// place between ">" and "<", as Postfix does.
func ParseFilter(pattern string) (*Filter, error) {
	pattern, err := cutBrackets(pattern)
	if err != nil {
		return nil, err
	}
	s := scanner{text: pattern}
	var f Filter
	var b strings.Builder
	for i := range f.fields {
		if i > 0 {
			if s.next() != '.' {
				return nil, s.fault(`need "."`)
			}
			b.WriteByte('.')
		}
		if err := s.field(&f.fields[i], &b); err != nil {
			return nil, err
		}
	}
	if s.next() != tokenEnd {
		return nil, s.fault("garbage after pattern")
	}
	f.text = b.String()
	return &f, nil
}

// cutBrackets takes the brackets around a whole pattern off.
func cutBrackets(pattern string) (string, error) {
	if pattern == "" {
		return "", fmt.Errorf("empty address pattern")
	}
	if pattern[0] != '[' {
		return pattern, nil
	}
	depth := 0
	for i := range len(pattern) {
		switch pattern[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth > 0 {
			continue
		}
		if i < len(pattern)-1 {
			return pattern, nil // the brackets of the first field
		}
		return pattern[1:i], nil
	}
	return "", fmt.Errorf(`missing "]" character`)
}

// Tokens of a pattern besides single characters.
const (
	tokenEnd    = 0
	tokenNumber = 256 + iota
	tokenBad    // a number beyond 255
)

// scanner cuts a pattern into tokens.
type scanner struct {
	text       string
	start, end int // of the token read last
	number     int // its value
}

func (s *scanner) next() int {
	s.start = s.end
	if s.start == len(s.text) {
		return tokenEnd
	}
	for s.end < len(s.text) && s.text[s.end] >= '0' && s.text[s.end] <= '9' {
		s.end++
	}
	if s.end == s.start {
		s.end++
		return int(s.text[s.start])
	}
	n, err := strconv.ParseUint(s.text[s.start:s.end], 10, 64)
	if err != nil || n > 255 {
		return tokenBad
	}
	s.number = int(n)
	return tokenNumber
}

// fault is an error at the token read last.
func (s *scanner) fault(what string) error {
	return fmt.Errorf(`%s at "%s>%s<%s"`, what, s.text[:s.start], s.text[s.start:s.end], s.text[s.end:])
}

// field reads one field and prints it.
func (s *scanner) field(set *octets, b *strings.Builder) error {
	switch s.next() {
	case tokenNumber:
		set.add(s.number, s.number)
		b.WriteString(strconv.Itoa(s.number))
		return nil
	case '[':
		return s.items(set, b)
	}
	return s.fault(`need decimal number 0..255 or "["`)
}

// items reads the numbers and ranges between brackets.
func (s *scanner) items(set *octets, b *strings.Builder) error {
	b.WriteByte('[')
	for {
		if s.next() != tokenNumber {
			return s.fault("need decimal number 0..255")
		}
		lo := s.number
		hi := lo
		b.WriteString(strconv.Itoa(lo))
		token := s.next()
		if token == '.' {
			if s.next() != '.' || s.next() != tokenNumber || s.number < lo {
				return s.fault("numeric range error")
			}
			hi = s.number
			b.WriteString(".." + strconv.Itoa(hi))
			token = s.next()
		}
		set.add(lo, hi)
		switch token {
		case ';':
			b.WriteByte(';')
		case ']':
			b.WriteByte(']')
			return nil
		default:
			return s.fault(`need ";" or "]"`)
		}
	}
}

// String gives the filter without brackets around the whole.
func (f *Filter) String() string { return f.text }

// Match tells whether an address fits the filter; only IPv4 addresses do.
func (f *Filter) Match(ip netip.Addr) bool {
	if !ip.Is4() {
		return false
	}
	a := ip.As4()
	for i := range f.fields {
		if !f.fields[i].has(a[i]) {
			return false
		}
	}
	return true
}

// Names tells whether the filter means just this address, or a few of the
// same network: those that match anything do not.
func (f *Filter) Names(ip netip.Addr) bool {
	if !f.Match(ip) {
		return false
	}
	a := ip.As4()
	return f.fields[1].single(a[1]) && f.fields[2].single(a[2])
}
