package restrict

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// item is one restriction of a list, ready to be evaluated.
type item struct {
	op     op
	server server
	// name is the restriction as written, in lower case, without its old
	// name; symbol the one it reports.
	name, symbol string
	// warn says that warn_if_reject stands before it.
	warn bool
	// index counts the restrictions of the list from 0.
	index int
	// spec is the argument as written: a table, a zone, a service, a name.
	spec string
	// table, zone and service are what spec stands for.
	table   *openTable
	zone    *zone
	service *policyService
	// class is the list that a class's name stands for.
	class *list
	// wait is the argument of sleep, weight the number of score.
	wait   time.Duration
	weight float64
	// at is where it stands.
	at token
}

// list is a restriction list, ready to be evaluated.
type list struct {
	name  string
	items []item
}

// parser reads lists. What it does not know are tables and services: it asks
// for them by the functions.
type parser struct {
	classes map[string]*list
	// open, policy and zone make what an argument stands for; nil where
	// arguments of that kind are not allowed or not wanted.
	open   func(spec string) (*openTable, error)
	policy func(spec string) (*policyService, error)
	// notes are remarks on old names and items that are never reached.
	notes []string
}

// parse reads one list.
func (p *parser) parse(name string, items []string) (*list, error) {
	tokens, err := tokenize(name, items)
	if err != nil {
		return nil, err
	}
	l := &list{name: name, items: make([]item, 0, len(tokens))}
	warn := false
	for len(tokens) > 0 {
		if strings.EqualFold(tokens[0].text, warnIfReject) {
			warn, tokens = true, tokens[1:]
			if len(tokens) == 0 {
				p.notes = append(p.notes, name+": nothing follows the last warn_if_reject")
			}
			continue
		}
		it, rest, err := p.item(name, tokens)
		if err != nil {
			return nil, err
		}
		it.warn, it.index = warn, len(l.items)
		l.items = append(l.items, it)
		warn, tokens = false, rest
	}
	p.remark(l)
	return l, nil
}

// item reads the restriction that begins with the first token.
func (p *parser) item(list string, tokens []token) (it item, rest []token, err error) {
	at := tokens[0]
	bad := func(t token, format string, args ...any) (item, []token, error) {
		return item{}, nil, &SyntaxError{list, t.item, t.column, fmt.Sprintf(format, args...)}
	}
	name := strings.ToLower(at.text)
	if class := p.classes[name]; class != nil {
		return item{op: opClass, name: name, class: class, at: at}, tokens[1:], nil
	}
	if strings.Contains(at.text, ":") {
		it := item{op: opBareTable, name: "table", spec: at.text, at: at}
		if err := p.argument(&it, argTable); err != nil {
			return bad(at, "%v", err)
		}
		return it, tokens[1:], nil
	}
	if now, old := aliases[name]; old {
		p.notes = append(p.notes, fmt.Sprintf("%s[%d]: %s is an old name of %s", list, at.item, name, now))
		name = now
	}
	w, known := words[name]
	if !known {
		return bad(at, "unknown restriction %s%s", quoteClip(at.text), p.guess(name))
	}
	if better, old := obsolete[name]; old {
		p.notes = append(p.notes, fmt.Sprintf("%s[%d]: %s is obsolete: %s", list, at.item, name, better))
	}
	it = item{op: w.op, server: w.server, name: name, symbol: symbolOf(name), at: at}
	need := 1
	switch w.arg {
	case argNone:
		return it, tokens[1:], nil
	case argScore:
		need = 2
	}
	if len(tokens) <= need {
		return bad(at, "%s lacks %s", name, argumentNames[w.arg])
	}
	it.spec = tokens[1].text
	if need == 2 {
		it.spec += " " + tokens[2].text
	}
	if err := p.argument(&it, w.arg); err != nil {
		return bad(tokens[1], "%s: %v", name, err)
	}
	return it, tokens[need+1:], nil
}

// argument makes what a restriction's argument stands for.
func (p *parser) argument(it *item, kind argument) (err error) {
	switch kind {
	case argTable:
		if it.op == opCcertAccess {
			if it.spec, err = bracedTable(it.spec); err != nil {
				return err
			}
		}
		if !strings.Contains(it.spec, ":") {
			return fmt.Errorf("%s is not a table, want type:name", quoteClip(it.spec))
		}
		if p.open == nil {
			return fmt.Errorf("table %s cannot stand in a table's value; name a restriction class", quoteClip(it.spec))
		}
		it.table, err = p.open(it.spec)
	case argZone:
		it.zone, err = parseZone(it.spec)
	case argService:
		if p.policy == nil {
			return fmt.Errorf("policy service %s cannot stand in a table's value; name a restriction class", quoteClip(it.spec))
		}
		it.service, err = p.policy(it.spec)
	case argSeconds:
		it.wait, err = parseSeconds(it.spec)
	case argScore:
		it.symbol, it.weight, err = parseScore(it.spec)
	case argName:
		if !isSymbol(it.spec) {
			err = fmt.Errorf("%s is not a name of letters, digits and underscores", quoteClip(it.spec))
		}
		it.symbol = "TAG_" + strings.ToUpper(it.spec)
	}
	return err
}

// bracedTable takes the braces off "{ table, search_order = ... }", of which
// only the order that is used anyway is known.
func bracedTable(spec string) (string, error) {
	text, braced := inner(spec)
	if !braced {
		return spec, nil
	}
	words, err := tokenize("table", []string{text})
	if err != nil || len(words) == 0 {
		return "", errors.New("the braces hold no table")
	}
	for _, w := range words[1:] {
		option, _ := inner(w.text)
		name, value, _ := strings.Cut(option, "=")
		value = strings.ReplaceAll(strings.ReplaceAll(value, ",", " "), "cert_fingerprint", "cert")
		if strings.TrimSpace(name) != "search_order" || strings.Join(strings.Fields(value), " ") != "cert pubkey_fingerprint" {
			return "", fmt.Errorf("option %s is not supported; certificates are looked up by cert_fingerprint, then pubkey_fingerprint", quoteClip(w.text))
		}
	}
	return words[0].text, nil
}

// parseSeconds reads a time as Postfix has it: a number of seconds, or one
// with a unit of s, m, h, d or w.
func parseSeconds(s string) (time.Duration, error) {
	unit := time.Second
	digits := s
	if s != "" {
		if u, ok := timeUnits[s[len(s)-1]]; ok {
			unit, digits = u, s[:len(s)-1]
		}
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || n > uint64(math.MaxInt64/unit) {
		return 0, fmt.Errorf("%s is not a time such as 5, 30s or 2m", quoteClip(s))
	}
	return time.Duration(n) * unit, nil
}

var timeUnits = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// parseScore reads a symbol and a number.
func parseScore(s string) (symbol string, weight float64, err error) {
	symbol, number, _ := strings.Cut(s, " ")
	weight, err = strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(weight) || math.IsInf(weight, 0) {
		return "", 0, fmt.Errorf("%s is not a score such as 2.5", quoteClip(number))
	}
	if !isSymbol(symbol) {
		return "", 0, fmt.Errorf("%s is not a symbol of letters, digits and underscores", quoteClip(symbol))
	}
	return strings.ToUpper(symbol), weight, nil
}

// isSymbol tells whether s can be a symbol's name.
func isSymbol(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// remark notes items that stand behind one that always decides.
func (p *parser) remark(l *list) {
	for i, it := range l.items[:max(0, len(l.items)-1)] {
		if !it.warn && (it.op == opPermit || it.op == opReject || it.op == opDefer) {
			p.notes = append(p.notes, fmt.Sprintf("%s: %s is never reached, it stands behind %s",
				l.name, l.items[i+1].name, it.name))
			return
		}
	}
}

// guess gives the known name that a misspelt one probably stands for, in
// words for the end of an error; "" for none.
func (p *parser) guess(name string) string {
	known := slices.Sorted(maps.Keys(words))
	known = append(known, warnIfReject)
	known = append(known, slices.Sorted(maps.Keys(aliases))...)
	known = append(known, slices.Sorted(maps.Keys(p.classes))...)
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
