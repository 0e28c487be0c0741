package restrict

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"postern/internal/addr"
)

// zone is a DNS list as a restriction names it: "domain" or "domain=filter".
type zone struct {
	// spec is the whole of it, the key of rbl_reply_maps.
	spec string
	// domain is asked; filter chooses among its answers, nil for none.
	domain string
	filter *answerFilter
}

// parseZone reads "domain" or "domain=d1.d2.d3.d4".
func parseZone(spec string) (*zone, error) {
	domain, pattern, filtered := strings.Cut(spec, "=")
	z := &zone{spec: spec, domain: strings.ToLower(strings.Trim(domain, "."))}
	if !validHostname(z.domain) {
		return nil, fmt.Errorf("%s is not a list's domain", quoteClip(domain))
	}
	if !filtered {
		return z, nil
	}
	f, err := parseAnswerFilter(pattern)
	if err != nil {
		return nil, err
	}
	z.filter = f
	return z, nil
}

// listed tells whether an answer says "listed". Without a filter only 127/8
// counts, and not the answers that mean "refused" on every list: 127.0.0.1 and
// 127.255.255.0/24 (RFC 5782 section 2.1 and the lists' own documentation).
func (z *zone) listed(answer netip.Addr) bool {
	answer = answer.Unmap()
	if !answer.Is4() {
		return false
	}
	b := answer.As4()
	if z.filter != nil {
		return z.filter.matches(b)
	}
	return b[0] == 127 && b != [4]byte{127, 0, 0, 1} && (b[1] != 255 || b[2] != 255)
}

// refused tells whether an answer means that the list does not serve us.
func refused(answer netip.Addr) bool {
	if !answer.Is4() {
		return false
	}
	b := answer.As4()
	return b[0] == 127 && b[1] == 255 && b[2] == 255
}

// answerFilter is a pattern for the four numbers of an answer.
type answerFilter struct {
	fields [4][]span
}

// span is an inclusive range of numbers.
type span struct{ low, high uint8 }

func (f *answerFilter) matches(b [4]byte) bool {
	for i, spans := range f.fields {
		if !within(spans, b[i]) {
			return false
		}
	}
	return true
}

func within(spans []span, n uint8) bool {
	for _, s := range spans {
		if s.low <= n && n <= s.high {
			return true
		}
	}
	return false
}

// parseAnswerFilter reads Postfix's d1.d2.d3.d4, each a number or a list of
// numbers and ranges in brackets such as [1;3..5]; the whole of it may stand
// in brackets too.
func parseAnswerFilter(pattern string) (*answerFilter, error) {
	end := len(pattern) - 1
	if strings.HasPrefix(pattern, "[[") {
		if pattern[end] != ']' {
			return nil, fmt.Errorf("answer filter: missing \"]\" character in %s", quoteClip(pattern))
		}
		return parseFields(pattern[1:end])
	}
	f, err := parseFields(pattern)
	if err != nil && strings.HasPrefix(pattern, "[") && pattern[end] == ']' {
		if whole, e := parseFields(pattern[1:end]); e == nil {
			return whole, nil
		}
	}
	return f, err
}

// parseFields reads the four fields.
func parseFields(text string) (*answerFilter, error) {
	p := filterParser{text: text}
	f := new(answerFilter)
	for i := range f.fields {
		if i > 0 && !p.take(".") {
			return nil, p.wrong(`need "."`)
		}
		spans, why := p.field()
		if why != "" {
			return nil, p.wrong(why)
		}
		f.fields[i] = spans
	}
	if p.pos != len(p.text) {
		return nil, p.wrong("garbage after pattern")
	}
	return f, nil
}

type filterParser struct {
	text string
	pos  int
}

// wrong says what is wrong at the present place, which it marks.
func (p *filterParser) wrong(why string) error {
	end := p.pos
	for end < len(p.text) && '0' <= p.text[end] && p.text[end] <= '9' {
		end++
	}
	if end == p.pos && end < len(p.text) {
		end++
	}
	return fmt.Errorf("answer filter: %s at \"%s>%s<%s\"", why, p.text[:p.pos], p.text[p.pos:end], p.text[end:])
}

func (p *filterParser) take(s string) bool {
	if !strings.HasPrefix(p.text[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

// field reads one number or one list in brackets.
func (p *filterParser) field() (spans []span, why string) {
	if !p.take("[") {
		n, ok := p.number()
		if !ok {
			return nil, `need decimal number 0..255 or "["`
		}
		return []span{{n, n}}, ""
	}
	for {
		low, ok := p.number()
		if !ok {
			return nil, "need decimal number 0..255"
		}
		high := low
		if p.take(".") {
			p.take(".")
			start := p.pos
			if high, ok = p.number(); !ok || high < low || p.text[start-2] != '.' {
				p.pos = start
				return nil, "numeric range error"
			}
		}
		spans = append(spans, span{low, high})
		if p.take("]") {
			return spans, ""
		}
		if !p.take(";") {
			return nil, `need ";" or "]"`
		}
	}
}

func (p *filterParser) number() (uint8, bool) {
	end := p.pos
	for end < len(p.text) && '0' <= p.text[end] && p.text[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(p.text[p.pos:end], 10, 8)
	if err != nil {
		return 0, false
	}
	p.pos = end
	return uint8(n), true
}

// addressName gives the name to ask a list for an address (RFC 5782 section
// 2.1 and 2.4).
func addressName(ip netip.Addr, domain string) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 80)
	if ip = ip.Unmap(); ip.Is4() {
		for i, a := 3, ip.As4(); i >= 0; i-- {
			b = strconv.AppendUint(b, uint64(a[i]), 10)
			b = append(b, '.')
		}
	} else {
		for i, a := 15, ip.As16(); i >= 0; i-- {
			b = append(b, hex[a[i]&15], '.', hex[a[i]>>4], '.')
		}
	}
	return string(append(b, domain...))
}

// askable tells whether a domain may be asked of a list, and in which form.
func askable(domain string) (string, bool) {
	domain = addr.NormalDomain(domain)
	if domain == "" || domain[0] == '[' || !validHostname(domain) {
		return "", false
	}
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return domain, !allDigits(last)
}
