package table

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// patternTable is a table of regular expressions (regexp_table(5),
// pcre_table(5)): the first rule that matches gives the result.
type patternTable struct {
	rules []patternRule
	// gated counts the rules that can be passed over without running them.
	gated int
	// gaveUp counts matches that took too long.
	gaveUp atomic.Int64
}

// patternRule is one rule or the start or end of a block.
type patternRule struct {
	op     ruleOp
	first  *pattern
	negate bool
	// second is that of regexp's old form /pattern1/!/pattern2/; nil for none.
	second *pattern
	not    bool // second is negated
	result template
	// end is the place of the ENDIF of an IF.
	end int
}

func (t *patternTable) partial() bool { return false }
func (t *patternTable) entries() int  { return len(t.rules) }

func (t *patternTable) lookup(_ context.Context, key string) (string, bool, error) {
	s := newSubject(key, t.gated)
	for i := 0; i < len(t.rules); i++ {
		r := &t.rules[i]
		switch {
		case r.op == opEndif:
		case r.op == opIf:
			if !t.holds(r.first, r.negate, s) {
				i = r.end
			}
		case r.result.max > 0:
			if groups, ok := t.groups(r, s); ok {
				return r.result.expand(groups), true, nil
			}
		case t.holds(r.first, r.negate, s) && (r.second == nil || t.holds(r.second, r.not, s)):
			return r.result.text, true, nil
		}
	}
	return "", false, nil
}

// holds tells whether a pattern matches, or does not where it is negated. A
// match that was given up is neither.
func (t *patternTable) holds(p *pattern, negate bool, s *subject) bool {
	ok, err := p.match(s)
	if err != nil {
		t.gaveUp.Add(1)
		return false
	}
	return ok != negate
}

// groups gives what the groups of a rule matched.
func (t *patternTable) groups(r *patternRule, s *subject) ([]string, bool) {
	groups, err := r.first.groupsOf(s, r.result.max)
	if err != nil {
		t.gaveUp.Add(1)
		return nil, false
	}
	if groups == nil || r.second != nil && !t.holds(r.second, r.not, s) {
		return nil, false
	}
	return groups, true
}

// dialect is what regexp and pcre tables do each in their own way.
type dialect struct {
	kind string
	// two tells that /pattern1/!/pattern2/ is understood.
	two bool
	// noDelimiter and zeroGroup are Postfix's words.
	noDelimiter, zeroGroup string
	flags                  string
	// compile makes a pattern of its text and the flags that were toggled.
	compile func(text, flags string, o Options) (*pattern, error)
}

var regexpDialect = dialect{
	kind: "regexp", two: true, flags: "imx",
	noDelimiter: "skipping this rule", zeroGroup: "out-of-range", compile: compilePOSIX,
}

var pcreDialect = dialect{
	kind: "pcre", flags: "imsxAEUX",
	noDelimiter: "ignoring this rule", zeroGroup: "out of range", compile: compilePerl,
}

// ruleReader reads the rules of one table.
type ruleReader struct {
	dialect
	o    Options
	note *notes
	// The rule at hand.
	text string
	line int
	pos  int
}

// readPatterns reads a table of regular expressions.
func readPatterns(r io.Reader, d dialect, o Options, note *notes) (content, error) {
	lines := newLineReader(r, int(o.MaxLine), note)
	rr := &ruleReader{dialect: d, o: o, note: note}
	t := &patternTable{}
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
		rr.text, rr.line, rr.pos = string(text), line, 0
		rule, ok := rr.rule(len(open) > 0)
		if !ok {
			continue
		}
		if err := open.step(rule.op, len(t.rules), line, o, note.file, func(i, end int) { t.rules[i].end = end }); err != nil {
			return nil, err
		}
		t.rules = append(t.rules, rule)
		if rule.op != opEndif && rule.first.need != "" {
			t.gated++
		}
	}
}

// warn and skip note a fault at the present place.
func (r *ruleReader) warn(format string, args ...any) { r.note.add(r.line, r.pos+1, format, args...) }

func (r *ruleReader) skip(format string, args ...any) {
	r.note.skip(r.text, r.line, r.pos+1, format, args...)
}

// rule reads one line.
func (r *ruleReader) rule(inside bool) (patternRule, bool) {
	if !isAlnum(r.text[0]) {
		return r.match()
	}
	if rest, ok := keyword(r.text, "if"); ok {
		return r.block(rest)
	}
	if rest, ok := keyword(r.text, "endif"); ok {
		if !inside {
			r.skip("ignoring ENDIF without matching IF")
			return patternRule{}, false
		}
		if rest != "" {
			r.warn("ignoring extra text after ENDIF")
		}
		return patternRule{op: opEndif}, true
	}
	r.skip("ignoring unrecognized request")
	return patternRule{}, false
}

// block reads the rest of an IF.
func (r *ruleReader) block(rest string) (patternRule, bool) {
	r.pos = len(r.text) - len(rest)
	p, ok := r.pattern()
	if !ok {
		return patternRule{}, false
	}
	if extra := strings.TrimLeft(r.text[r.pos:], blanks); extra != "" {
		r.pos = len(r.text) - len(extra)
		r.warn("ignoring extra text after IF statement: \"%s\"", extra)
		r.warn("do not prepend whitespace to statements between IF and ENDIF")
	}
	compiled, ok := r.compiled(p)
	return patternRule{op: opIf, first: compiled, negate: p.negate}, ok
}

// match reads a rule with a result. The order of the checks is Postfix's, so
// that of several faults the same one is reported.
func (r *ruleReader) match() (patternRule, bool) {
	first, ok := r.pattern()
	if !ok {
		return patternRule{}, false
	}
	var second written
	if r.two && strings.HasPrefix(r.text[r.pos:], "!") {
		if second, ok = r.pattern(); !ok {
			return patternRule{}, false
		}
	}
	result := strings.TrimLeft(r.text[r.pos:], blanks)
	r.pos = len(r.text) - len(result)
	if result == "" {
		r.warn("no replacement text: using empty string")
	}
	t, ok := parseTemplate(result, r.zeroGroup, r.warn)
	if !ok {
		r.skip("bad replacement syntax: skipping this rule")
		return patternRule{}, false
	}
	if t.max > 0 && first.negate {
		r.skip("$number found in negative match replacement text: skipping this rule")
		return patternRule{}, false
	}
	return r.finish(first, second, t)
}

// finish compiles the patterns of a rule.
func (r *ruleReader) finish(first, second written, t template) (patternRule, bool) {
	rule := patternRule{negate: first.negate, not: second.negate, result: t}
	var ok bool
	if rule.first, ok = r.compiled(first); !ok {
		return rule, false
	}
	if t.max > rule.first.groups {
		r.skip("out of range replacement index \"%d\": skipping this rule", t.max)
		return rule, false
	}
	if second.present {
		rule.second, ok = r.compiled(second)
	}
	return rule, ok
}

// written is a pattern as it stands in a rule.
type written struct {
	present bool
	negate  bool
	text    string
	flags   string
	pos     int
}

// pattern reads "!/text/flags" from the present place on.
func (r *ruleReader) pattern() (p written, ok bool) {
	rest, negate := cutNegation(r.text[r.pos:])
	p = written{present: true, negate: negate}
	r.pos = len(r.text) - len(rest)
	if rest == "" {
		r.skip("no regexp: skipping this rule")
		return p, false
	}
	p.pos = r.pos + 1
	end := closingDelimiter(rest)
	if end < 0 {
		r.skip("no closing regexp delimiter %s: %s", visible(rest), r.noDelimiter)
		return p, false
	}
	p.text = rest[1:end]
	for r.pos += end + 1; r.pos < len(r.text) && !isBlank(r.text[r.pos]); r.pos++ {
		c := r.text[r.pos]
		if c == '!' && r.two {
			break
		}
		if strings.IndexByte(r.flags, c) < 0 {
			r.skip("unknown regexp option %s: skipping this rule", visible(r.text[r.pos:]))
			return p, false
		}
		p.flags = toggle(p.flags, c)
	}
	return p, true
}

// visible gives the first character of a text in quotes; one that cannot be
// told from another, such as a no-break space, as its number.
func visible(s string) string {
	if s[0] < utf8.RuneSelf {
		return "\"" + s[:1] + "\""
	}
	_, n := utf8.DecodeRuneInString(s)
	return strconv.QuoteToASCII(s[:n])
}

// closingDelimiter gives the place of the second delimiter; the first is the
// first byte of s. A backslash protects what follows.
func closingDelimiter(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i
		}
	}
	return -1
}

// toggle adds a flag that is not there, and drops one that is.
func toggle(flags string, c byte) string {
	if i := strings.IndexByte(flags, c); i >= 0 {
		return flags[:i] + flags[i+1:]
	}
	return flags + string(rune(c))
}

// compiled makes the pattern; a fault in it is noted.
func (r *ruleReader) compiled(p written) (*pattern, bool) {
	c, err := r.compile(p.text, p.flags, r.o)
	if err == nil {
		return c, true
	}
	r.pos = p.pos
	r.skip("%s", err.Error())
	return nil, false
}
