package table

import (
	"fmt"
	"strings"
)

// byteSet is a set of bytes.
type byteSet [256]bool

func only(c byte) (s byteSet) {
	s[c] = true
	return s
}

// add puts a range in.
func (s *byteSet) add(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		s[c] = true
	}
}

// posixClasses are the classes of the C locale as ranges.
var posixClasses = map[string]string{
	"alpha": "AZaz", "digit": "09", "alnum": "09AZaz", "upper": "AZ", "lower": "az",
	"space": "\t\r  ", "blank": "\t\t  ", "punct": "!/:@[`{~", "print": " ~", "graph": "!~",
	"cntrl": "\x00\x1f\x7f\x7f", "xdigit": "09AFaf",
}

// set writes a set as both engines understand it, in both cases where case
// does not matter.
func (x *posix) set(s byteSet) string {
	if x.icase {
		s.bothCases()
	}
	var b strings.Builder
	ranges, single := 0, byte(0)
	for c := 0; c < 256; c++ {
		if !s[c] {
			continue
		}
		from := c
		for c+1 < 256 && s[c+1] {
			c++
		}
		ranges++
		single = byte(from)
		if from != c {
			ranges++
			fmt.Fprintf(&b, `\x%02x-`, from)
		}
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	switch ranges {
	case 0:
		return `[^\x00-\xff]`
	case 1:
		return fmt.Sprintf(`\x%02x`, single)
	}
	return "[" + b.String() + "]"
}

func (s *byteSet) bothCases() {
	for c := 'A'; c <= 'Z'; c++ {
		both := s[c] || s[c|0x20]
		s[c], s[c|0x20] = both, both
	}
}

// bracket reads from behind "[" to behind "]".
func (x *posix) bracket() (string, error) {
	var s byteSet
	negate := strings.HasPrefix(x.src[x.pos:], "^")
	if negate {
		x.pos++
	}
	for first := true; ; first = false {
		if x.pos >= len(x.src) {
			return "", errBracket
		}
		if x.src[x.pos] == ']' && !first {
			x.pos++
			break
		}
		if err := x.element(&s); err != nil {
			return "", err
		}
	}
	if negate {
		if x.icase {
			s.bothCases()
		}
		for c := range s {
			s[c] = !s[c]
		}
		if x.newline {
			s['\n'] = false
		}
		// Both cases are out already.
		return (&posix{}).set(s), nil
	}
	return x.set(s), nil
}

// element reads a class, a character or a range within a bracket.
func (x *posix) element(s *byteSet) error {
	if name, ok, err := x.named(':'); ok || err != nil {
		ranges, known := posixClasses[name]
		if err == nil && !known {
			err = errClass
		}
		for i := 0; i+1 < len(ranges); i += 2 {
			s.add(ranges[i], ranges[i+1])
		}
		return err
	}
	from, err := x.member()
	if err != nil {
		return err
	}
	rest := x.src[x.pos:]
	if !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") {
		s[from] = true
		return nil
	}
	x.pos++
	if x.pos >= len(x.src) {
		return errBracket
	}
	to, err := x.member()
	if err != nil {
		return err
	}
	if to < from {
		return errRange
	}
	s.add(from, to)
	return nil
}

// member reads one character, also as [.x.] or [=x=].
func (x *posix) member() (byte, error) {
	for _, kind := range []byte{'.', '='} {
		if name, ok, err := x.named(kind); ok || err != nil {
			if err == nil && len(name) != 1 {
				return 0, errCollation
			}
			if err != nil {
				return 0, err
			}
			return name[0], nil
		}
	}
	c := x.src[x.pos]
	x.pos++
	return c, nil
}

// named reads "[:name:]" with the given character for the colon.
func (x *posix) named(kind byte) (name string, ok bool, err error) {
	rest := x.src[x.pos:]
	if len(rest) < 2 || rest[0] != '[' || rest[1] != kind {
		return "", false, nil
	}
	end := strings.Index(rest[2:], string([]byte{kind, ']'}))
	if end < 0 {
		return "", false, errBracket
	}
	x.pos += end + 4
	return rest[2 : 2+end], true, nil
}
