package table

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// perlSets are the escapes that stand for sets, as they are written within
// brackets; those in upper case are what is not in the others.
var perlSets = map[byte]string{
	'd': `0-9`, 'w': `0-9A-Za-z_`, 's': `\t-\r `, 'h': `\t \xa0`, 'v': `\n-\r\x85`,
}

// perlChars are the escapes that stand for one character.
var perlChars = map[byte]rune{'a': 7, 'e': 27, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape translates a backslash outside brackets.
func (x *perl) escape() error {
	if x.pos+1 >= len(x.src) {
		return perlError(len(x.src), `\ at end of pattern`)
	}
	c := x.src[x.pos+1]
	if set, ok := perlSets[c|0x20]; ok && isAlnum(c) {
		x.pos += 2
		x.begin()
		if c&0x20 == 0 {
			set = "^" + set
		}
		x.out.WriteString("[" + set + "]")
		return nil
	}
	if r, n, ok, err := x.charEscape(); ok || err != nil {
		x.pos += n
		x.begin()
		x.char(r)
		return err
	}
	return x.special(c)
}

// special translates the escapes with a meaning of their own.
func (x *perl) special(c byte) error {
	simple := map[byte]string{
		'b': `\b`, 'B': `\B`, 'A': `\A`, 'z': `\z`, 'G': `\A`, 'K': "", 'E': "",
		'R': `(?:\r\n|[\n-\r\x85])`, 'N': `[^\n]`, 'Z': `(?:\n?\z)`,
	}
	if x.full {
		simple['Z'] = `\Z`
	}
	if text, ok := simple[c]; ok {
		x.pos += 2
		// What \K drops from the match is in no group and in no result.
		if text != "" {
			x.begin()
		}
		x.out.WriteString(text)
		return nil
	}
	switch {
	case c == 'Q':
		return x.quoted()
	case c >= '1' && c <= '9':
		return x.numbered()
	case c == 'g' || c == 'k':
		return x.named(c)
	case c == 'p' || c == 'P':
		return x.property()
	case c == 'X' || c == 'C':
		return perlError(x.pos+2, `\%c is not supported`, c)
	}
	return perlError(x.pos+2, `unrecognized character follows \`)
}

// quoted writes what is between \Q and \E.
func (x *perl) quoted() error {
	text, _, ok := strings.Cut(x.src[x.pos+2:], `\E`)
	x.pos += 2 + len(text)
	if ok {
		x.pos += 2
	}
	for _, r := range text {
		x.begin()
		x.char(r)
	}
	return nil
}

// numbered reads a reference by number.
func (x *perl) numbered() error {
	end := x.pos + 2
	for end < len(x.src) && x.src[end] >= '0' && x.src[end] <= '9' && end < x.pos+4 {
		end++
	}
	n, err := strconv.Atoi(x.src[x.pos+1 : end])
	if err != nil {
		return perlError(end, "reference to non-existent subpattern")
	}
	return x.reference(n, end-x.pos)
}

// reference writes a reference to a group.
func (x *perl) reference(group, length int) error {
	if group < 1 || group > x.total {
		return perlError(x.pos+length, "reference to non-existent subpattern")
	}
	x.pos += length
	x.back = true
	x.begin()
	fmt.Fprintf(&x.out, `(?:\%d)`, group)
	return nil
}

// named reads \k<name>, \k{name}, \k'name', \g{n}, \gn and \g{-n}.
func (x *perl) named(c byte) error {
	rest := x.src[x.pos:]
	for _, form := range [][2]string{{`\k<`, ">"}, {`\k{`, "}"}, {`\k'`, "'"}, {`\g{`, "}"}} {
		name, ok := cutBetween(rest, form[0], form[1])
		if !ok {
			continue
		}
		group := x.names[name]
		if n, err := strconv.Atoi(name); err == nil && c == 'g' {
			if group = n; n < 0 {
				group = x.groups + 1 + n
			}
		}
		return x.reference(group, 4+len(name))
	}
	if c == 'g' && len(rest) > 2 && rest[2] >= '1' && rest[2] <= '9' {
		return x.reference(int(rest[2]-'0'), 3)
	}
	return perlError(x.pos+2, `\%c is not followed by a reference that is supported`, c)
}

// property copies \pL, \p{Lu} and \P{…}.
func (x *perl) property() error {
	text, n := x.propertyText()
	if n == 0 {
		return perlError(x.pos+2, `malformed \P or \p sequence`)
	}
	x.pos += n
	x.begin()
	x.out.WriteString(text)
	return nil
}

// propertyText gives a property for both engines.
func (x *perl) propertyText() (text string, n int) {
	c, rest := x.src[x.pos+1], x.src[x.pos+2:]
	switch {
	case rest == "":
		return "", 0
	case rest[0] != '{':
		return fmt.Sprintf(`\%c{%c}`, c, rest[0]), 3
	}
	name, ok := cutBetween(rest, "{", "}")
	if !ok {
		return "", 0
	}
	n = len(name) + 4
	if bare, negated := strings.CutPrefix(name, "^"); negated {
		name, c = bare, c^0x20
	}
	return fmt.Sprintf(`\%c{%s}`, c, name), n
}

// charEscape reads an escape that stands for one character; n is its length.
func (x *perl) charEscape() (r rune, n int, ok bool, err error) {
	rest := x.src[x.pos+1:]
	c := rest[0]
	if r, ok := perlChars[c]; ok {
		return r, 2, true, nil
	}
	switch {
	case c == 'x':
		return x.hex(rest)
	case c == '0':
		n := 1
		for n < len(rest) && n < 3 && rest[n] >= '0' && rest[n] <= '7' {
			n++
		}
		v, err := strconv.ParseUint(rest[:n], 8, 16)
		return rune(v), n + 1, true, err
	case c == 'c':
		if len(rest) < 2 || rest[1] < ' ' || rest[1] > '~' {
			return 0, 0, false, perlError(x.pos+2, `\c must be followed by a printable ASCII character`)
		}
		return rune(strings.ToUpper(rest[1:2])[0] ^ 64), 3, true, nil
	case c < utf8.RuneSelf && !isAlnum(c):
		return rune(c), 2, true, nil
	case c >= utf8.RuneSelf:
		r, n := utf8.DecodeRuneInString(rest)
		return r, n + 1, true, nil
	}
	return 0, 0, false, nil
}

// hex reads \xhh and \x{…}.
func (x *perl) hex(rest string) (r rune, n int, ok bool, err error) {
	digits, braced := cutBetween(rest, "x{", "}")
	n = len(digits) + 4
	if !braced {
		end := 1
		for end < len(rest) && end < 3 && strings.IndexByte("0123456789abcdefABCDEF", rest[end]) >= 0 {
			end++
		}
		digits, n = rest[1:end], end+1
	}
	if digits == "" {
		return 0, n, !braced, nil
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
		return 0, 0, false, perlError(x.pos+n, `character code point value in \x{} or \o{} is too large`)
	}
	return rune(v), n, true, nil
}

// class translates a set in square brackets.
func (x *perl) class() error {
	x.begin()
	x.out.WriteByte('[')
	x.pos++
	if strings.HasPrefix(x.src[x.pos:], "^") {
		x.out.WriteByte('^')
		x.pos++
	}
	for first := true; ; first = false {
		if x.pos >= len(x.src) {
			return perlError(len(x.src), "missing terminating ] for character class")
		}
		if x.src[x.pos] == ']' && !first {
			x.out.WriteByte(']')
			x.pos++
			return nil
		}
		if err := x.classItem(); err != nil {
			return err
		}
	}
}

// posixClass finds a class such as [:alpha:] within brackets.
var posixClass = regexp.MustCompile(`^\[:(\^?)([a-z]+):\]`)

// classItem translates one thing within square brackets.
func (x *perl) classItem() error {
	rest := x.src[x.pos:]
	if m := posixClass.FindStringSubmatch(rest); m != nil {
		return x.posixClass(m)
	}
	c := rest[0]
	if c == '-' {
		x.out.WriteByte('-')
		x.pos++
		return nil
	}
	if c != '\\' {
		r, n := utf8.DecodeRuneInString(rest)
		x.pos += n
		x.char(r)
		return nil
	}
	if len(rest) < 2 {
		return perlError(len(x.src), `\ at end of pattern`)
	}
	c = rest[1]
	if set, ok := perlSets[c]; ok {
		x.pos += 2
		x.out.WriteString(set)
		return nil
	}
	if r, n, ok, err := x.charEscape(); ok || err != nil {
		x.pos += n
		x.char(r)
		return err
	}
	return x.classSpecial(c)
}

// classSpecial translates the other escapes within square brackets.
func (x *perl) classSpecial(c byte) error {
	switch {
	case c == 'b':
		x.char('\b')
	case c == 'D' || c == 'W' || c == 'S':
		fmt.Fprintf(&x.out, `\%c`, c)
	case c == 'E':
	case c == 'p' || c == 'P':
		text, n := x.propertyText()
		if n == 0 {
			return perlError(x.pos+2, `malformed \P or \p sequence`)
		}
		x.out.WriteString(text)
		x.pos += n - 2
	case c >= '1' && c <= '7':
		v, err := strconv.ParseUint(x.octal(), 8, 16)
		if err != nil {
			return perlError(x.pos+2, "octal value is too large")
		}
		x.pos += len(x.octal()) - 1
		x.char(rune(v))
	default:
		return perlError(x.pos+2, "escape sequence is invalid in character class")
	}
	x.pos += 2
	return nil
}

// octal gives the digits behind the backslash at the present place.
func (x *perl) octal() string {
	end := x.pos + 1
	for end < len(x.src) && end < x.pos+4 && x.src[end] >= '0' && x.src[end] <= '7' {
		end++
	}
	return x.src[x.pos+1 : end]
}

// posixClass writes a class by its characters.
func (x *perl) posixClass(m []string) error {
	ranges, ok := posixClasses[m[2]]
	if m[2] == "word" {
		ranges, ok = posixClasses["alnum"]+"__", true
	}
	if !ok {
		return perlError(x.pos, "unknown POSIX class name")
	}
	x.pos += len(m[0])
	if m[1] != "" {
		var s byteSet
		for i := 0; i+1 < len(ranges); i += 2 {
			s.add(ranges[i], ranges[i+1])
		}
		for c := range s {
			s[c] = !s[c] && c < utf8.RuneSelf
		}
		x.out.WriteString(strings.Trim((&posix{}).set(s), "[]") + "\u0080-\U0010FFFF")
		return nil
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		fmt.Fprintf(&x.out, `\x%02x-\x%02x`, ranges[i], ranges[i+1])
	}
	return nil
}
