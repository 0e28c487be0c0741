package table

import "strings"

// open reads what begins with an opening bracket.
func (x *perl) open() error {
	rest := x.src[x.pos:]
	if strings.HasPrefix(rest, "(*") {
		return perlError(x.pos+2, "(*VERB) not recognized or not supported")
	}
	if !strings.HasPrefix(rest, "(?") {
		x.groups++
		return x.push("(", 1)
	}
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!", "(?>"} {
		if strings.HasPrefix(rest, look) {
			x.back = true
			return x.push(look, len(look))
		}
	}
	switch {
	case strings.HasPrefix(rest, "(?:"):
		return x.push("(?:", 3)
	case strings.HasPrefix(rest, "(?#"):
		return x.comment(rest)
	case strings.HasPrefix(rest, "(?("):
		return x.condition(rest)
	}
	if name, n := groupName(rest); n > 0 {
		x.groups++
		x.names[name] = x.groups
		return x.push("(", n)
	}
	if name, ok := cutBetween(rest, "(?P=", ")"); ok {
		return x.reference(x.names[name], len(name)+5)
	}
	return x.setFlags(rest)
}

// comment leaves "(?#…)" out.
func (x *perl) comment(rest string) error {
	end := strings.IndexByte(rest, ')')
	if end < 0 {
		return perlError(len(x.src), "missing ) after (?# comment")
	}
	x.pos += end + 1
	return nil
}

// condition begins "(?(1)yes|no)".
func (x *perl) condition(rest string) error {
	number, ok := cutBetween(rest, "(?(", ")")
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return perlError(x.pos+3, "this kind of condition is not supported")
	}
	x.back = true
	return x.push("(?("+number+")", len(number)+4)
}

// groupName reads "(?<name>", "(?P<name>" or "(?'name'"; n is its length.
func groupName(rest string) (name string, n int) {
	for _, form := range [][2]string{{"(?<", ">"}, {"(?P<", ">"}, {"(?'", "'"}} {
		if name, ok := cutBetween(rest, form[0], form[1]); ok && name != "" {
			return name, len(form[0]) + len(name) + 1
		}
	}
	return "", 0
}

// cutBetween gives what stands between the two at the start of s.
func cutBetween(s, before, after string) (string, bool) {
	s, ok := strings.CutPrefix(s, before)
	if !ok {
		return "", false
	}
	return firstOf(strings.Cut(s, after))
}

func firstOf(first, _ string, ok bool) (string, bool) { return first, ok }

// setFlags reads "(?flags)" and "(?flags:".
func (x *perl) setFlags(rest string) error {
	end := strings.IndexAny(rest, ":)")
	if end < 0 {
		return perlError(len(x.src), "missing closing parenthesis")
	}
	state := x.state
	flags, bad := state.toggle(rest[2:end])
	if bad >= 0 {
		return perlError(x.pos+2+bad, "unrecognized character after (? or (?-")
	}
	if rest[end] == ':' {
		err := x.push("(?"+flags+":", end+1)
		x.state = state
		return err
	}
	x.state = state
	x.pos += end + 1
	if flags != "" {
		x.out.WriteString("(?" + flags + ")")
	}
	x.atom = -1
	return nil
}

// toggle takes flags into the state and gives those that are left to the
// engine; bad is the place of one that is not known, or -1.
func (s *perlState) toggle(text string) (flags string, bad int) {
	on := true
	var sets, clears string
	for i := range len(text) {
		switch c := text[i]; c {
		case '-':
			on = false
		case '^':
			clears, s.multi, s.extended = "ims", false, false
		case 'i', 's', 'm':
			if on {
				sets += string(rune(c))
			} else {
				clears += string(rune(c))
			}
			if c == 'm' {
				s.multi = on
			}
		case 'x':
			s.extended = on
		case 'U':
			s.ungreedy = on
		case 'J', 'n':
		default:
			return "", i
		}
	}
	clears = strings.Map(func(r rune) rune {
		if strings.ContainsRune(sets, r) {
			return -1
		}
		return r
	}, clears)
	if clears != "" {
		return sets + "-" + clears, -1
	}
	return sets, -1
}
