package table

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"
)

// regError is a fault that regcomp(3) finds.
type regError string

func (e regError) Error() string { return string(e) }

// The faults of regcomp(3), in glibc's words.
const (
	errPattern    = regError(`Invalid regular expression`)
	errParen      = regError(`Unmatched ( or \(`)
	errCloseParen = regError(`Unmatched ) or \)`)
	errBracket    = regError(`Unmatched [, [^, [:, [., or [=`)
	errBrace      = regError(`Unmatched \{`)
	errBadBrace   = regError(`Invalid content of \{\}`)
	errRange      = regError(`Invalid range end`)
	errRepeat     = regError(`Invalid preceding regular expression`)
	errBackslash  = regError(`Trailing backslash`)
	errBackRef    = regError(`Invalid back reference`)
	errClass      = regError(`Invalid character class name`)
	errCollation  = regError(`Invalid collation character`)
	errTooBig     = regError(`Regular expression too big`)
)

// maxPatternDepth bounds groups within groups.
const maxPatternDepth = 200

// compilePOSIX compiles an expression as regcomp(3) of glibc takes it. It is
// about bytes, as in the C locale in which Postfix runs.
func compilePOSIX(text, flags string, o Options) (*pattern, error) {
	x := &posix{
		src: text, extended: !strings.Contains(flags, "x"),
		icase: !strings.Contains(flags, "i"), newline: strings.Contains(flags, "m"),
	}
	expr, err := x.whole()
	if err != nil {
		return nil, err
	}
	if !x.back {
		// POSIX wants the longest match; among those of equal length the
		// groups come out as in glibc.
		if p, ok := newPattern(expr, true); ok {
			p.latin, p.groups = true, x.groups
			return p, nil
		}
	}
	re, err := regexp2.Compile(expr, regexp2.None)
	if err != nil {
		return nil, errTooBig
	}
	re.MatchTimeout = o.MatchTimeout.Std()
	return &pattern{back: re, latin: true, groups: x.groups}, nil
}

// posix translates a POSIX expression, basic or extended, with GNU's
// additions, into one that both engines understand.
type posix struct {
	src                      string
	pos                      int
	extended, icase, newline bool
	// groups counts those that were opened; closed has a bit for each that is
	// closed and not in another branch.
	groups int
	closed uint16
	depth  int
	// back tells that only the backtracking engine can do it.
	back bool
	// word tells that what was written last is one word character.
	word bool
}

func (x *posix) whole() (string, error) {
	return x.alternation()
}

// token reads what comes next: op is the operator's character or 0 for an
// ordinary one, n its length in the source. Basic expressions write operators
// with a backslash where extended ones write them without.
func (x *posix) token() (op, c byte, n int, err error) {
	if x.pos >= len(x.src) {
		return 'E', 0, 0, nil
	}
	c = x.src[x.pos]
	if c == '\\' {
		if x.pos+1 >= len(x.src) {
			return 0, 0, 0, errBackslash
		}
		c = x.src[x.pos+1]
		if !x.extended && strings.IndexByte("(){}|+?", c) >= 0 {
			return c, c, 2, nil
		}
		if strings.IndexByte("wWsSbB<>`'123456789", c) >= 0 {
			return '\\', c, 2, nil
		}
		if x.icase && c >= 'a' && c <= 'z' {
			// QUIRK: glibc compares keys in upper case, but leaves the letter
			// behind a backslash as it is: \d matches nothing.
			return '-', c, 2, nil
		}
		return 0, c, 2, nil
	}
	switch {
	case c == '[' || c == '.' || c == '*':
		return c, c, 1, nil
	case c == '^' && (x.extended || x.atStart()), c == '$' && (x.extended || x.atEnd()):
		return c, c, 1, nil
	case x.extended && strings.IndexByte("(){|+?", c) >= 0:
		return c, c, 1, nil
	}
	return 0, c, 1, nil
}

// atStart and atEnd tell whether ^ and $ are anchors in a basic expression.
func (x *posix) atStart() bool {
	before := x.src[:x.pos]
	return before == "" || strings.HasSuffix(before, `\(`) || strings.HasSuffix(before, `\|`) || x.newline && strings.HasSuffix(before, "\n")
}

func (x *posix) atEnd() bool {
	after := x.src[x.pos+1:]
	return after == "" || strings.HasPrefix(after, `\)`) || strings.HasPrefix(after, `\|`) || x.newline && strings.HasPrefix(after, "\n")
}

// alternation reads branches up to the end or the bracket that closes them.
func (x *posix) alternation() (string, error) {
	var out strings.Builder
	before, all := x.closed, x.closed
	for {
		x.closed = before
		b, err := x.branch()
		if err != nil {
			return "", err
		}
		out.WriteString(b)
		all |= x.closed
		op, _, n, err := x.token()
		if err != nil || op != '|' {
			x.closed = all
			return out.String(), err
		}
		x.pos += n
		out.WriteByte('|')
	}
}

// branch reads pieces one behind the other.
func (x *posix) branch() (string, error) {
	var out strings.Builder
	for {
		op, c, n, err := x.token()
		if err != nil {
			return "", err
		}
		if op == 'E' || op == '|' || op == ')' && x.depth > 0 {
			return out.String(), nil
		}
		if op == ')' && !x.extended {
			return "", errCloseParen
		}
		x.pos += n
		piece, anchor, err := x.atom(op, c)
		if err == nil && !anchor {
			piece, err = x.repeated(piece)
		}
		if err != nil {
			return "", err
		}
		out.WriteString(piece)
	}
}

// atom translates what was read as one token; anchor tells that it cannot be
// repeated.
func (x *posix) atom(op, c byte) (piece string, anchor bool, err error) {
	word := x.word
	x.word = false
	switch op {
	case '(':
		piece, err = x.group()
		return piece, false, err
	case '[':
		piece, err = x.bracket()
		return piece, false, err
	case '.':
		if x.newline {
			return `[^\n]`, false, nil
		}
		return `(?s:.)`, false, nil
	case '^':
		return x.lineEdge(`\A`, `(?m:^)`), true, nil
	case '$':
		return x.lineEdge(`\z`, `(?m:$)`), true, nil
	case '*', '+', '?', '{':
		if x.extended || op == '{' {
			return "", false, errRepeat
		}
	case '-':
		return x.set(byteSet{}), false, nil
	case '\\':
		return x.escape(c, word)
	}
	x.word = isWord(c)
	return x.set(only(c)), false, nil
}

// lineEdge gives what an anchor is without and with lines.
func (x *posix) lineEdge(text, line string) string {
	if x.newline {
		return line
	}
	return text
}

// group reads from behind an opening bracket to behind the closing one.
func (x *posix) group() (string, error) {
	if x.depth++; x.depth > maxPatternDepth {
		return "", errTooBig
	}
	x.groups++
	number := x.groups
	inner, err := x.alternation()
	if err != nil {
		return "", err
	}
	op, _, n, err := x.token()
	if err != nil {
		return "", err
	}
	if op != ')' {
		return "", errParen
	}
	x.pos += n
	x.depth--
	x.word = false
	if number < 16 {
		x.closed |= 1 << number
	}
	return "(" + inner + ")", nil
}

const wordSet = `[0-9A-Za-z_]`

// escape translates a backslash with a meaning of its own.
func (x *posix) escape(c byte, word bool) (piece string, anchor bool, err error) {
	switch c {
	case 'w':
		return wordSet, false, nil
	case 'W':
		return `[^0-9A-Za-z_]`, false, nil
	case 's':
		return `[\t-\r ]`, false, nil
	case 'S':
		return `[^\t-\r ]`, false, nil
	case '`':
		return `\A`, true, nil
	case '\'':
		return `\z`, true, nil
	case 'b', 'B', '<', '>':
		return x.wordEdge(c, word), true, nil
	}
	if x.closed&(1<<(c-'0')) == 0 {
		return "", false, errBackRef
	}
	x.back = true
	if x.icase {
		return fmt.Sprintf(`(?i:\%c)`, c), false, nil
	}
	return fmt.Sprintf(`(?:\%c)`, c), false, nil
}

// wordEdge translates the edges of words. Where the character beside a \< or
// \> is known to be of a word, \b says the same.
func (x *posix) wordEdge(c byte, word bool) string {
	switch {
	case c == 'b' || c == 'B':
		return `\` + string(rune(c))
	case c == '>' && word:
		return `\b`
	case c == '<' && x.pos < len(x.src) && isWord(x.src[x.pos]):
		return `\b`
	}
	x.back = true
	if c == '<' {
		return `(?<!` + wordSet + `)(?=` + wordSet + `)`
	}
	return `(?<=` + wordSet + `)(?!` + wordSet + `)`
}

func isWord(c byte) bool { return isAlnum(c) || c == '_' }

// repeated reads the operators behind an atom.
func (x *posix) repeated(piece string) (string, error) {
	for i := 0; ; i++ {
		op, _, n, err := x.token()
		if err != nil {
			return "", err
		}
		if op == 0 || strings.IndexByte("*+?{", op) < 0 {
			return piece, nil
		}
		x.pos += n
		x.word = false
		if i > 0 {
			if !x.extended && (op == '*' || op == '{') {
				return "", errRepeat
			}
			piece = "(?:" + piece + ")"
		}
		suffix := string(rune(op))
		if op == '{' {
			if suffix, err = x.interval(); err != nil {
				return "", err
			}
		}
		piece += suffix
		if len(piece) > 1<<20 {
			return "", errTooBig
		}
	}
}

// interval reads "n,m}" as glibc does.
func (x *posix) interval() (string, error) {
	closing := "}"
	if !x.extended {
		closing = `\}`
	}
	inner, _, ok := strings.Cut(x.src[x.pos:], closing)
	if !ok {
		low, _, comma := strings.Cut(inner, ",")
		if _, err := dupCount(low, true); comma && err != nil {
			return "", errBadBrace
		}
		return "", errBrace
	}
	x.pos += len(inner) + len(closing)
	low, high, comma := strings.Cut(inner, ",")
	n, err := dupCount(low, comma && low == "")
	if err != nil {
		return "", err
	}
	if !comma {
		return fmt.Sprintf("{%d}", n), nil
	}
	if high == "" {
		return fmt.Sprintf("{%d,}", n), nil
	}
	m, err := dupCount(high, false)
	if err != nil {
		return "", err
	}
	if n > m {
		return "", errBadBrace
	}
	return fmt.Sprintf("{%d,%d}", n, m), nil
}

// dupCount reads a count; an empty one is 0 where that is allowed.
func dupCount(s string, empty bool) (int, error) {
	if s == "" && empty {
		return 0, nil
	}
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errBadBrace
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > 0x7fff {
		return 0, errTooBig
	}
	return n, nil
}
