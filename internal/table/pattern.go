package table

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// pattern is one compiled regular expression: by the linear-time engine of the
// standard library where that can do it, else by a backtracking one with a
// time limit.
type pattern struct {
	linear *regexp.Regexp
	back   *regexp2.Regexp
	// latin tells that the pattern is about bytes: it was compiled, and keys
	// are presented to it, with each byte as one rune.
	latin bool
	// groups counts the groups in round brackets.
	groups int
	// need is ASCII text, in lower case, that is in everything that the
	// pattern matches; "" where none is known.
	need string
	// needs are the bits of need's ends in the mask of a key.
	needs [2]uint16
}

// newPattern compiles the linear form; ok is false where it cannot.
func newPattern(expr string, longest bool) (p *pattern, ok bool) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, false
	}
	if longest {
		re.Longest()
	}
	p = &pattern{linear: re, need: needed(expr)}
	if len(p.need) < gram {
		p.need = ""
	} else {
		p.needs = [2]uint16{gramBit(p.need), gramBit(p.need[len(p.need)-gram:])}
	}
	return p, true
}

// match tells whether the pattern is anywhere in the key. The error says that
// it took too long.
func (p *pattern) match(s *subject) (bool, error) {
	if !p.possible(s) {
		return false, nil
	}
	if p.linear != nil {
		return p.linear.MatchString(s.text(p.latin)), nil
	}
	return p.back.MatchString(s.text(p.latin))
}

// groupsOf gives the text of the groups up to max, the whole match first; nil
// where the pattern does not match.
func (p *pattern) groupsOf(s *subject, max int) ([]string, error) {
	if !p.possible(s) {
		return nil, nil
	}
	groups, err := p.find(s.text(p.latin), max)
	if p.latin && !s.ascii {
		for i, g := range groups {
			groups[i] = fromLatin(g)
		}
	}
	return groups, err
}

// find gives the groups as they are in the text presented.
func (p *pattern) find(text string, max int) ([]string, error) {
	if p.linear != nil {
		return p.linear.FindStringSubmatch(text), nil
	}
	m, err := p.back.FindStringMatch(text)
	if m == nil || err != nil {
		return nil, err
	}
	groups := make([]string, max+1)
	for i := range groups {
		if g := m.GroupByNumber(i); g != nil {
			groups[i] = g.String()
		}
	}
	return groups, nil
}

// gram is the length of the pieces by which patterns are passed over.
const gram = 3

// gramBit gives the bit of the first three bytes in a key's mask.
func gramBit(s string) uint16 {
	h := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16
	return uint16(h * 0x9E3779B1 >> 20)
}

// possible tells whether the pattern can match: false only where the text it
// needs is not there. Keys beyond ASCII always pass, since there are letters
// beyond ASCII that are the same as ASCII ones in the other case.
func (p *pattern) possible(s *subject) bool {
	if p.need == "" || !s.ascii {
		return true
	}
	if s.masked && (!s.has(p.needs[0]) || !s.has(p.needs[1])) {
		return false
	}
	return strings.Contains(s.lower, p.need)
}

// subject is a key as patterns see it.
type subject struct {
	key   string
	ascii bool
	lower string
	bytes string // each byte as a rune
	// mask has a bit for every three bytes in a row in lower.
	masked bool
	mask   [64]uint64
}

// newSubject prepares a key for a table in which so many patterns need text.
func newSubject(key string, gated int) *subject {
	s := &subject{key: key, ascii: true, lower: key}
	upper := false
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c >= utf8.RuneSelf {
			s.ascii = false
			return s
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if upper {
		s.lower = strings.ToLower(key)
	}
	// The mask costs as much as looking for a few texts.
	if s.masked = gated > 4; s.masked {
		for i := 0; i+gram <= len(key); i++ {
			b := gramBit(s.lower[i:])
			s.mask[b>>6] |= 1 << (b & 63)
		}
	}
	return s
}

func (s *subject) has(bit uint16) bool { return s.mask[bit>>6]&(1<<(bit&63)) != 0 }

// text gives the key, as bytes where latin says so.
func (s *subject) text(latin bool) string {
	if !latin || s.ascii {
		return s.key
	}
	if s.bytes == "" {
		s.bytes = toLatin(s.key)
	}
	return s.bytes
}

// toLatin makes a rune of each byte.
func toLatin(s string) string {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

// fromLatin makes a byte of each rune.
func fromLatin(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}
