package migrate

import (
	"strconv"
	"strings"
)

// maxDepth bounds names within names, so that a name that leads back to
// itself comes to an end.
const maxDepth = 50

// expander puts values in the place of $name, ${name}, $(name), ${name?text},
// ${name?{text}:{text}}, ${name:text} and ${{a} == {b} ? {x} : {y}}
// (postconf(5)).
type expander struct {
	// lookup gives a setting's value.
	lookup func(name string) (value string, known lookupResult)
	odd    *notes
	// used are the names that were asked for.
	used map[string]bool
	// size counts what was written, so that doubling names end.
	size int
}

type lookupResult uint8

const (
	// lookupFound: the value is known.
	lookupFound lookupResult = iota
	// lookupElsewhere: Postfix knows the name, and takes the value from the
	// host or from its build.
	lookupElsewhere
	// lookupUndefined: there is no such name; Postfix takes it as empty.
	lookupUndefined
)

// expand gives the text with its names replaced.
func (x *expander) expand(t text) text {
	if strings.IndexByte(t.s, '$') < 0 {
		return t
	}
	var b textBuilder
	x.size = 0
	for pos := 0; pos < len(t.s); {
		dollar := strings.IndexByte(t.s[pos:], '$')
		if dollar < 0 {
			x.copy(&b, t, pos, len(t.s))
			break
		}
		x.copy(&b, t, pos, pos+dollar)
		at := t.at(pos + dollar)
		value, n := x.name(t.s[pos+dollar:], at, 0)
		b.add(value, at.Line)
		pos += dollar + n
	}
	return b.text(t.file)
}

// copy appends a part of the text line by line.
func (x *expander) copy(b *textBuilder, t text, from, to int) {
	for from < to {
		end := to
		for _, m := range t.marks {
			if m.offset > from && m.offset < end {
				end = m.offset
			}
		}
		b.add(t.s[from:end], t.at(from).Line)
		from = end
	}
}

// flat expands a text without places.
func (x *expander) flat(s string, at Place, depth int) string {
	var b strings.Builder
	x.size += len(s) + 1
	for {
		dollar := strings.IndexByte(s, '$')
		if dollar < 0 || x.size > maxLogicalLine {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:dollar])
		value, n := x.name(s[dollar:], at, depth)
		b.WriteString(value)
		s = s[dollar+n:]
	}
}

// name expands what begins with "$" and gives how long that is.
func (x *expander) name(s string, at Place, depth int) (value string, n int) {
	if len(s) < 2 {
		x.odd.add(at, "a lone \"$\": Postfix stops at it")
		return s, len(s)
	}
	switch s[1] {
	case '$':
		return "$", 2
	case '{', '(':
		end := closing(s[1:])
		if end < 0 {
			x.odd.add(at, "%s is not closed: Postfix stops at it", clip(s))
			return s, len(s)
		}
		return x.braced(s[2:1+end], s[:2+end], at, depth), 2 + end
	}
	end := 1
	for end < len(s) && isNameByte(s[end]) {
		end++
	}
	if end == 1 {
		x.odd.add(at, "a lone \"$\": Postfix stops at it")
		return "$", 1
	}
	return x.value(s[1:end], s[:end], at, depth), end
}

// closing gives the place of the bracket that closes the first byte of s.
func closing(s string) int {
	open, shut, depth := s[0], byte('}'), 0
	if open == '(' {
		shut = ')'
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// value gives a name's value with the names in it expanded.
func (x *expander) value(name, written string, at Place, depth int) string {
	x.used[name] = true
	value, result := x.lookup(name)
	switch {
	case result == lookupElsewhere:
		x.odd.add(at, "%s stands for what Postfix takes from the host or its build, and is not set: write it in", written)
		return written
	case result == lookupUndefined:
		x.odd.add(at, "%s is not set anywhere; Postfix puts nothing in its place", written)
		return ""
	case depth >= maxDepth:
		x.odd.add(at, "%s leads back to itself", written)
		return ""
	}
	return x.flat(value, at, depth+1)
}

// braced expands what stands within ${ }.
func (x *expander) braced(inner, written string, at Place, depth int) string {
	s := strings.Trim(inner, blanks)
	if strings.HasPrefix(s, "{") {
		return x.comparison(s, written, at, depth)
	}
	end := 0
	for end < len(s) && isNameByte(s[end]) {
		end++
	}
	name, rest := s[:end], strings.TrimLeft(s[end:], blanks)
	if name == "" || rest != "" && rest[0] != '?' && rest[0] != ':' {
		x.odd.add(at, "%s makes no sense: Postfix stops at it", clip(written))
		return ""
	}
	if rest == "" {
		return x.value(name, written, at, depth)
	}
	x.used[name] = true
	value, result := x.lookup(name)
	if result == lookupElsewhere {
		return x.value(name, written, at, depth)
	}
	return x.choose(x.flat(value, at, depth+1) != "" && depth < maxDepth, rest, at, depth)
}

// choose takes one side of "?yes", "?{yes}:{no}" or ":no".
func (x *expander) choose(yes bool, rest string, at Place, depth int) string {
	if depth >= maxDepth {
		return ""
	}
	op, rest := rest[0], strings.TrimLeft(rest[1:], blanks)
	first, second := rest, ""
	if strings.HasPrefix(rest, "{") {
		if end := closing(rest); end >= 0 {
			first = strings.Trim(rest[1:end], blanks)
			if after, ok := strings.CutPrefix(strings.TrimLeft(rest[end+1:], blanks), ":"); ok {
				second, _ = unbrace(strings.Trim(after, blanks))
			}
		}
	}
	if op == ':' {
		yes = !yes
	}
	if yes {
		return x.flat(first, at, depth+1)
	}
	return x.flat(second, at, depth+1)
}

// comparison expands "{a} == {b} ? {x} : {y}".
func (x *expander) comparison(s, written string, at Place, depth int) string {
	end := closing(s)
	rest := ""
	if end > 0 {
		rest = strings.TrimLeft(s[end+1:], blanks)
	}
	brace := strings.IndexByte(rest, '{')
	if end < 0 || brace < 0 || closing(rest[brace:]) < 0 || depth >= maxDepth {
		x.odd.add(at, "%s makes no sense: Postfix stops at it", clip(written))
		return ""
	}
	op := strings.Trim(rest[:brace], blanks)
	after := brace + closing(rest[brace:]) + 1
	left := x.flat(strings.Trim(s[1:end], blanks), at, depth+1)
	right := x.flat(strings.Trim(rest[brace+1:after-1], blanks), at, depth+1)
	holds, ok := compare(left, op, right)
	tail := strings.TrimLeft(rest[after:], blanks)
	if !ok || tail != "" && tail[0] != '?' && tail[0] != ':' {
		x.odd.add(at, "%s makes no sense: Postfix stops at it", clip(written))
		return ""
	}
	if tail == "" {
		return map[bool]string{true: "bool:true"}[holds]
	}
	return x.choose(holds, tail, at, depth)
}

// compare holds one comparison: numbers as numbers, all else as text;
// operators that end in "level" compare versions such as 3.6.
func compare(a, op, b string) (holds, ok bool) {
	op, level := strings.CutSuffix(op, "level")
	op = strings.Trim(op, blanks)
	order := strings.Compare(a, b)
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case level:
		order = compareLevels(a, b)
	case errX == nil && errY == nil:
		order = int(max(-1, min(1, x-y)))
	}
	switch op {
	case "==":
		return order == 0, true
	case "!=":
		return order != 0, true
	case "<":
		return order < 0, true
	case "<=":
		return order <= 0, true
	case ">":
		return order > 0, true
	case ">=":
		return order >= 0, true
	}
	return false, false
}

// compareLevels compares versions part by part.
func compareLevels(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		if order := part(x, i) - part(y, i); order != 0 {
			return max(-1, min(1, order))
		}
	}
	return 0
}

func part(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	n, err := strconv.ParseInt(strings.Trim(parts[i], blanks), 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}
