package table

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// compilePerl compiles an expression as PCRE2 takes it, with Unicode as
// Postfix does when smtputf8_enable is on.
func compilePerl(text, flags string, o Options) (*pattern, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("error in regex at offset 0: UTF-8 error: the pattern is not UTF-8")
	}
	x := newPerl(text, flags, false)
	expr, err := x.whole()
	if err == nil && !x.back {
		if p, ok := newPattern(expr, false); ok {
			p.groups = x.groups
			return p, nil
		}
		if err := perlFault(expr, text); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	return compileBack(text, flags, o)
}

// compileBack compiles for the backtracking engine.
func compileBack(text, flags string, o Options) (*pattern, error) {
	x := newPerl(text, flags, true)
	expr, err := x.whole()
	if err != nil {
		return nil, err
	}
	var options regexp2.RegexOptions
	if !strings.Contains(flags, "i") {
		options |= regexp2.IgnoreCase
	}
	if !strings.Contains(flags, "s") {
		options |= regexp2.Singleline
	}
	if strings.Contains(flags, "m") {
		options |= regexp2.Multiline
	}
	re, err := regexp2.Compile(expr, options)
	if err != nil {
		return nil, fmt.Errorf("error in regex at offset 0: %v", err)
	}
	re.MatchTimeout = o.MatchTimeout.Std()
	return &pattern{back: re, groups: x.groups}, nil
}

// perlFault tells which fault of an expression makes it bad for PCRE2 too;
// nil where only the linear engine cannot do it.
func perlFault(expr, text string) error {
	_, err := syntax.Parse(expr, syntax.Perl)
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return nil
	}
	switch fault.Code {
	case syntax.ErrInvalidCharRange:
		if at := strings.Index(text, fault.Expr); at >= 0 && strings.Contains(fault.Expr, "-") {
			return perlError(at+len(fault.Expr)-1, "range out of order in character class")
		}
	case syntax.ErrInvalidUTF8:
		return perlError(0, "UTF-8 error")
	}
	return nil
}

// perlError is a fault in Postfix's and PCRE2's words.
func perlError(offset int, format string, args ...any) error {
	return fmt.Errorf("error in regex at offset %d: %s", offset, fmt.Sprintf(format, args...))
}

// perl translates an expression of PCRE2 for one of the two engines: full for
// the backtracking one, else for the linear one; back then tells that only the
// other can do it. Groups get the numbers that PCRE2 gives them, whatever
// their names.
type perl struct {
	src  string
	pos  int
	full bool
	back bool
	out  strings.Builder

	flags      string
	dollarEnd  bool
	groups     int
	names      map[string]int
	state      perlState
	stack      []perlGroup
	atom       int // where the last atom begins in out; -1 for none
	quantified bool
	total      int
}

// perlState are the flags that a group restores.
type perlState struct{ multi, extended, ungreedy bool }

type perlGroup struct {
	state perlState
	start int
}

func newPerl(src, flags string, full bool) *perl {
	has := func(f string) bool { return strings.Contains(flags, f) }
	return &perl{
		src: src, full: full, flags: flags, dollarEnd: has("E"), names: map[string]int{}, atom: -1,
		state: perlState{multi: has("m"), extended: has("x"), ungreedy: has("U")},
		total: strings.Count(src, "("),
	}
}

// whole translates the expression.
func (x *perl) whole() (string, error) {
	for x.pos < len(x.src) {
		if err := x.step(); err != nil {
			return "", err
		}
		if x.out.Len() > 1<<20 {
			return "", perlError(x.pos, "regular expression is too large")
		}
	}
	if len(x.stack) > 0 {
		return "", perlError(len(x.src), "missing closing parenthesis")
	}
	expr := x.out.String()
	if strings.Contains(x.flags, "A") {
		expr = `\G(?:` + expr + `)`
		if !x.full {
			expr = `\A` + expr[2:]
		}
	}
	if x.full {
		return expr, nil
	}
	on := ""
	for _, f := range []struct {
		letter  string
		toggled bool
	}{{"i", false}, {"s", false}, {"m", true}} {
		if strings.Contains(x.flags, f.letter) == f.toggled {
			on += f.letter
		}
	}
	if on != "" {
		expr = "(?" + on + ")" + expr
	}
	return expr, nil
}

// step translates the next thing.
func (x *perl) step() error {
	c := x.src[x.pos]
	switch {
	case c == '\\':
		return x.escape()
	case c == '[':
		return x.class()
	case c == '(':
		return x.open()
	case c == ')':
		return x.close()
	case c == '|':
		x.out.WriteByte(c)
		x.pos++
		x.atom = -1
	case c == '*' || c == '+' || c == '?' || c == '{' && quantifierLen(x.src[x.pos:]) > 0:
		return x.quantifier()
	case c == '$':
		x.pos++
		x.begin()
		x.dollar()
	case x.state.extended && isBlank(c):
		x.pos++
	case x.state.extended && c == '#':
		if n := strings.IndexByte(x.src[x.pos:], '\n'); n >= 0 {
			x.pos += n + 1
		} else {
			x.pos = len(x.src)
		}
	case c == '.' || c == '^':
		x.begin()
		x.out.WriteByte(c)
		x.pos++
	default:
		r, n := utf8.DecodeRuneInString(x.src[x.pos:])
		x.pos += n
		x.begin()
		x.char(r)
	}
	return nil
}

// begin notes that an atom starts here.
func (x *perl) begin() {
	x.atom = x.out.Len()
	x.quantified = false
}

// char writes one character that stands for itself.
func (x *perl) char(r rune) {
	if r >= utf8.RuneSelf || isWord(byte(r)) || r == ' ' {
		x.out.WriteRune(r)
		return
	}
	if r < ' ' || r == 0x7f {
		fmt.Fprintf(&x.out, `\x%02x`, r)
		return
	}
	x.out.WriteByte('\\')
	x.out.WriteRune(r)
}

// dollar writes the end of the text. PCRE2 lets a newline follow it.
func (x *perl) dollar() {
	switch {
	case x.state.multi:
		x.out.WriteString(`$`)
	case x.dollarEnd:
		x.out.WriteString(`\z`)
	case x.full:
		x.out.WriteString(`\Z`)
	default:
		x.out.WriteString(`(?:\n?\z)`)
	}
}

// quantifierLen gives the length of "{n}", "{n,}" or "{n,m}" at the start of
// s; 0 where the brace stands for itself.
func quantifierLen(s string) int {
	end := strings.IndexByte(s, '}')
	if end < 2 {
		return 0
	}
	low, high, _ := strings.Cut(s[1:end], ",")
	if low == "" || strings.Trim(low+high, "0123456789") != "" {
		return 0
	}
	return end + 1
}

// quantifier repeats the last atom.
func (x *perl) quantifier() error {
	if x.atom < 0 {
		return perlError(x.pos, "quantifier does not follow a repeatable item")
	}
	n := max(1, quantifierLen(x.src[x.pos:]))
	text := x.src[x.pos : x.pos+n]
	x.pos += n
	lazy, possessive := false, false
	if x.pos < len(x.src) {
		lazy, possessive = x.src[x.pos] == '?', x.src[x.pos] == '+'
	}
	if lazy || possessive {
		x.pos++
	}
	if x.quantified {
		x.wrap("(?:", ")")
	}
	x.out.WriteString(text)
	if lazy != x.state.ungreedy && !possessive {
		x.out.WriteByte('?')
	}
	if possessive {
		x.back = true
		x.wrap("(?>", ")")
	}
	x.quantified = true
	return nil
}

// wrap puts something around the last atom.
func (x *perl) wrap(before, after string) {
	all := x.out.String()
	x.out.Reset()
	x.out.WriteString(all[:x.atom] + before + all[x.atom:] + after)
}

// close ends a group.
func (x *perl) close() error {
	if len(x.stack) == 0 {
		return perlError(x.pos, "unmatched closing parenthesis")
	}
	g := x.stack[len(x.stack)-1]
	x.stack = x.stack[:len(x.stack)-1]
	x.state = g.state
	x.out.WriteByte(')')
	x.pos++
	x.atom, x.quantified = g.start, false
	return nil
}

// push begins a group with what opens it.
func (x *perl) push(opening string, length int) error {
	if len(x.stack) >= maxPatternDepth {
		return perlError(x.pos, "parentheses are too deeply nested")
	}
	x.stack = append(x.stack, perlGroup{state: x.state, start: x.out.Len()})
	x.out.WriteString(opening)
	x.pos += length
	x.atom = -1
	return nil
}
