package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gaissmai/bart"
)

// cidrTable is a table of networks (cidr_table(5)): the first rule that
// matches gives the result.
//
// Rules outside IF blocks and without negation are found by their network;
// only the others are tried one by one, up to the first of those that match.
type cidrTable struct {
	rules []cidrRule
	// plain gives the first plain rule of each network.
	plain *bart.Table[int]
	// tried are the rules that must be tried in order.
	tried []int
}

// cidrRule is one rule or the start or end of a block.
type cidrRule struct {
	op     ruleOp
	net    netip.Prefix
	negate bool
	value  string
	// end is the place of the ENDIF of an IF.
	end int
}

// ruleOp tells what a rule of a pattern table is.
type ruleOp uint8

const (
	opMatch ruleOp = iota
	opIf
	opEndif
)

func (t *cidrTable) partial() bool { return false }
func (t *cidrTable) entries() int  { return len(t.rules) }

func (t *cidrTable) lookup(_ context.Context, key string) (string, bool, error) {
	ip, ok := tableAddr(key)
	if !ok {
		return "", false, nil
	}
	best := len(t.rules)
	for _, i := range t.plain.Supernets(netip.PrefixFrom(ip, ip.BitLen())) {
		best = min(best, i)
	}
	if i, ok := t.try(ip, best); ok {
		best = i
	}
	if best == len(t.rules) {
		return "", false, nil
	}
	return t.rules[best].value, true, nil
}

// try gives the first match before limit among the rules that are tried in
// order.
func (t *cidrTable) try(ip netip.Addr, limit int) (int, bool) {
	skipTo := 0
	for _, i := range t.tried {
		if i >= limit {
			break
		}
		r := &t.rules[i]
		if i < skipTo || r.op == opEndif {
			continue
		}
		// Also a negated rule is about addresses of its family only.
		matches := r.net.Addr().Is4() == ip.Is4() && r.net.Contains(ip) != r.negate
		switch {
		case r.op == opMatch && matches:
			return i, true
		case r.op == opIf && !matches:
			skipTo = r.end
		}
	}
	return 0, false
}

// tableAddr reads an address as inet_pton(3) does: an IPv4 address within
// IPv6 stays IPv6.
func tableAddr(s string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(s)
	return ip, err == nil && ip.Zone() == ""
}

// readCIDR reads a table of networks.
func readCIDR(r io.Reader, o Options, note *notes) (content, error) {
	lines := newLineReader(r, int(o.MaxLine), note)
	t := &cidrTable{plain: new(bart.Table[int])}
	var open blocks
	for {
		text, line, err := lines.next()
		if errors.Is(err, io.EOF) {
			for i, at := range open.unclosed(len(t.rules), note) {
				t.rules[i].end = at
			}
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		rule, reason := parseCIDRRule(string(text), len(open) > 0)
		if reason != "" {
			note.skip(string(text), line, 1, "%s: skipping this rule", reason)
			continue
		}
		if err := open.step(rule.op, len(t.rules), line, o, note.file, func(i, end int) { t.rules[i].end = end }); err != nil {
			return nil, err
		}
		t.add(rule, len(open) > 0)
	}
}

// add puts a rule at the end; inside tells whether it is within a block.
func (t *cidrTable) add(r cidrRule, inside bool) {
	at := len(t.rules)
	t.rules = append(t.rules, r)
	if r.op != opMatch || r.negate || inside {
		t.tried = append(t.tried, at)
		return
	}
	if _, ok := t.plain.Get(r.net); !ok {
		t.plain.Insert(r.net, at)
	}
}

// parseCIDRRule reads one line; reason is Postfix's where it is bad.
func parseCIDRRule(text string, inside bool) (r cidrRule, reason string) {
	if rest, ok := keyword(text, "endif"); ok {
		switch {
		case !inside:
			return r, "ENDIF without IF"
		case rest != "":
			return r, "garbage after ENDIF"
		}
		return cidrRule{op: opEndif}, ""
	}
	rest, isIf := keyword(text, "if")
	if !isIf {
		rest = text
	}
	rest, r.negate = cutNegation(rest)
	pattern := rest
	if isIf {
		r.op = opIf
	} else if end := strings.IndexAny(rest, blanks); end >= 0 {
		pattern, r.value = rest[:end], strings.Trim(rest[end:], blanks)
	}
	switch {
	case pattern == "":
		return r, "no address pattern"
	case r.op == opMatch && r.value == "":
		return r, "no lookup result"
	}
	r.net, reason = parseNet(pattern)
	return r, reason
}

// keyword tells whether a line begins with the word, in any case, and gives
// what follows it without blanks around.
func keyword(text, word string) (rest string, ok bool) {
	n := len(word)
	if len(text) < n || !strings.EqualFold(text[:n], word) || len(text) > n && isAlnum(text[n]) {
		return "", false
	}
	return strings.Trim(text[n:], blanks), true
}

// cutNegation takes exclamation marks and the blanks among them off.
func cutNegation(s string) (rest string, negate bool) {
	for s != "" && (s[0] == '!' || isBlank(s[0])) {
		negate = negate != (s[0] == '!')
		s = s[1:]
	}
	return s, negate
}

// parseNet reads an address or a network; IPv6 may stand in brackets, with the
// length within or behind them. The reason is Postfix's.
func parseNet(pattern string) (p netip.Prefix, reason string) {
	if inner, ok := strings.CutPrefix(pattern, "["); ok {
		end := strings.IndexByte(inner, ']')
		if end < 0 {
			return p, fmt.Sprintf("missing ']' character after \"[%s\"", inner)
		}
		rest := inner[end+1:]
		if rest != "" && rest[0] != '/' {
			return p, fmt.Sprintf("garbage after \"[%s]\"", inner[:end])
		}
		pattern = inner[:end] + rest
	}
	address, length, masked := strings.Cut(pattern, "/")
	ip, ok := tableAddr(address)
	bits := 32
	if strings.Contains(address, ":") {
		bits = 128
	}
	if !masked {
		if !ok {
			return p, fmt.Sprintf("bad address pattern: \"%s\"", address)
		}
		return netip.PrefixFrom(ip, bits), ""
	}
	n, err := strconv.Atoi(length)
	switch {
	case length == "" || strings.Trim(length, "0123456789") != "":
		return p, fmt.Sprintf("bad mask value in \"%s\"", pattern)
	case err != nil || n > bits:
		return p, fmt.Sprintf("bad mask length in \"%s\"", pattern)
	case !ok:
		return p, fmt.Sprintf("bad network value in \"%s\"", pattern)
	}
	p = netip.PrefixFrom(ip, n)
	if p.Masked() != p {
		return p, fmt.Sprintf("non-null host address bits in \"%s\", perhaps you should use \"%s\" instead", pattern, p.Masked())
	}
	return p, ""
}
