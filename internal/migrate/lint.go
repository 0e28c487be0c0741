package migrate

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"postern/internal/table"
)

// linter looks for what is odd in one table's text.
type linter struct {
	t    *translation
	kind string
	use  tableUse
	odd  *notes
	// seen are the keys by the line they stand on.
	seen map[string]int
	// counts are how often each kind of report was made.
	counts map[string]int
	// open are the lines of IFs without an ENDIF so far.
	open []int
}

// mostAlike bounds reports of one kind about one table.
const mostAlike = 20

// report notes something; what comes too often is cut short.
func (l *linter) report(kind string, at Place, format string, args ...any) {
	l.counts[kind]++
	switch n := l.counts[kind]; {
	case n <= mostAlike:
		l.odd.add(at, format, args...)
	case n == mostAlike+1:
		l.odd.add(at, "and from here on more of the same: %s", kind)
	}
}

// read looks at all lines.
func (l *linter) read(file string, data []byte) {
	var leading notes
	lines, err := logicalLines(file, data, &leading)
	if err != nil {
		l.odd.add(Place{File: file}, "%v", err)
		return
	}
	for _, n := range leading.list {
		l.report("leading blanks", n.Place, "%s", n.Text)
	}
	for _, line := range lines {
		at, s := Place{file, line.first}, strings.TrimRight(line.s, blanks)
		switch l.kind {
		case "regexp", "pcre":
			l.pattern(s, at)
		case "cidr":
			l.network(s, at)
		default:
			l.keyValue(s, at)
		}
	}
	for _, at := range l.open {
		l.odd.add(Place{file, at}, "IF without ENDIF")
	}
}

// keyValue looks at "key value".
func (l *linter) keyValue(s string, at Place) {
	key, value, _ := cutBlank(s)
	if strings.HasPrefix(s, `"`) {
		if end := strings.IndexByte(s[1:], '"'); end >= 0 {
			rest := strings.IndexAny(s[end+2:]+" ", blanks)
			key, value = s[:end+2+rest], strings.TrimLeft(s[min(len(s), end+2+rest):], blanks)
		}
	}
	if value == "" {
		l.report("missing values", at, "%s has no value; Postfix leaves the line out", clip(key))
		return
	}
	folded := strings.ToLower(key)
	if before := l.seen[folded]; before > 0 {
		l.report("keys that are there twice", at, "%s is there already on line %d; the first one is taken", clip(key), before)
	} else {
		l.seen[folded] = at.Line
	}
	l.action(value, at)
}

// cutBlank cuts a line at its first blanks.
func cutBlank(s string) (first, rest string, found bool) {
	end := strings.IndexAny(s, blanks)
	if end < 0 {
		return s, "", false
	}
	return s[:end], strings.Trim(s[end:], blanks), true
}

// block looks at IF and ENDIF; rest is what follows, or what s is where it is
// neither. done tells that there is nothing left to look at.
func (l *linter) block(s string, at Place) (rest string, isIf, done bool) {
	word, after, _ := cutBlank(s)
	switch {
	case strings.EqualFold(word, "endif"):
		if len(l.open) == 0 {
			l.report("ENDIF without IF", at, "ENDIF without IF; Postfix leaves it out")
			return "", false, true
		}
		l.open = l.open[:len(l.open)-1]
		return "", false, true
	case strings.EqualFold(word, "if"):
		l.open = append(l.open, at.Line)
		return after, true, after == ""
	case len(s) > 2 && strings.EqualFold(s[:2], "if") && !isNameByte(s[2]):
		l.open = append(l.open, at.Line)
		return s[2:], true, false
	}
	return s, false, false
}

// pattern looks at "/pattern/flags result".
func (l *linter) pattern(s string, at Place) {
	s, isIf, done := l.block(s, at)
	if done {
		return
	}
	for again := true; again; {
		body := strings.TrimLeft(s, "!"+blanks)
		if body == "" || isNameByte(body[0]) && body[0] != '_' {
			l.report("lines that are no rules", at, "is no rule: it must begin with a pattern between delimiters, such as /pattern/; Postfix leaves it out: %s", clip(s))
			return
		}
		end := closingDelimiter(body)
		if end < 0 {
			l.report("patterns without a closing delimiter", at, "the pattern has no closing %q; Postfix leaves the rule out: %s", body[:1], clip(body))
			return
		}
		flags := end + 1
		for flags < len(body) && !isBlank(body[flags]) && body[flags] != '!' {
			flags++
		}
		if !l.flags(body[end+1:flags], at) {
			return
		}
		s = body[flags:]
		again = l.kind == "regexp" && strings.HasPrefix(s, "!")
	}
	if isIf {
		return
	}
	result := strings.Trim(s, blanks)
	if result == "" {
		l.report("rules without a result", at, "the rule has no result; Postfix takes it as empty, and an empty answer as an error")
		return
	}
	l.action(result, at)
}

// closingDelimiter gives the place of the second delimiter.
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

// flags looks at a pattern's flags.
func (l *linter) flags(flags string, at Place) bool {
	known := map[string]string{"regexp": "imx", "pcre": "imsxAEUX"}[l.kind]
	for i := range len(flags) {
		if strings.IndexByte(known, flags[i]) < 0 {
			r, _ := utf8.DecodeRuneInString(flags[i:])
			name := fmt.Sprintf("%q", r)
			if r == '\u00a0' {
				name = "U+00A0, a no-break space, which is no blank,"
			}
			l.report("unknown flags", at, "unknown flag %s behind the pattern; Postfix leaves the rule out", name)
			return false
		}
	}
	if strings.Count(flags, "i")%2 == 1 {
		l.report("/i that turns the folding of case off", at, "/i turns the folding of case OFF: Postfix's patterns fold case without it")
	}
	return true
}

// network looks at "network result" of a cidr table.
func (l *linter) network(s string, at Place) {
	s, isIf, done := l.block(s, at)
	if done {
		return
	}
	word, result, _ := cutBlank(strings.TrimLeft(s, "!"+blanks))
	plain := strings.NewReplacer("[", "", "]", "").Replace(word)
	p, err := netip.ParsePrefix(plain)
	switch {
	case err == nil && p.Masked() != p:
		l.report("networks with host bits", at, "%s is not the beginning of a network; Postfix leaves the rule out; did you mean %s?", clip(word), p.Masked())
		return
	case err != nil && strings.Contains(plain, "/"):
		l.report("lines that are no networks", at, "%s is no network; Postfix leaves the rule out", clip(word))
		return
	case err != nil:
		if _, err := netip.ParseAddr(plain); err != nil {
			l.report("lines that are no networks", at, "%s is no network; Postfix leaves the rule out", clip(word))
			return
		}
	}
	if isIf {
		return
	}
	if result == "" {
		l.report("rules without a result", at, "%s has no result; Postfix leaves the rule out", clip(word))
		return
	}
	l.action(result, at)
}

// accessActions are the actions of access(5), checksActions those of
// header_checks(5).
const (
	accessActions = " ok relay dunno reject defer hangup info warn filter hold discard redirect bcc defer_if_permit defer_if_reject prepend "
	checksActions = " ok dunno reject discard hold filter redirect bcc prepend replace strip ignore info warn pass "
)

// action looks at a table's value.
func (l *linter) action(value string, at Place) {
	word, rest, _ := cutBlank(value)
	lower := strings.ToLower(word)
	switch l.use {
	case tableChecks:
		if !strings.Contains(checksActions, " "+lower+" ") {
			l.report("unknown actions", at, "%s is no action of header_checks(5)%s; Postfix passes over it", clip(word), meant(lower, wordSet(checksActions)))
		}
	case tableAccess:
		l.access(lower, word, rest, at)
	}
}

// access looks at an action of access(5): one of its words, a reply, a class
// or restrictions.
func (l *linter) access(lower, word, rest string, at Place) {
	switch {
	case lower == "filter":
		l.report("FILTER", at, "FILTER has no counterpart in Postern: it hands no mail to other filters")
	case strings.Contains(accessActions, " "+lower+" "), strings.Contains(word, "$"):
	case strings.Trim(word, "0123456789") == "":
		if rest != "" && (len(word) != 3 || word[0] != '4' && word[0] != '5') {
			l.report("bad reply codes", at, "%s is no reply code from 400 to 599", word)
		}
	default:
		l.restrictions(strings.TrimSpace(word+" "+rest), at)
	}
}

// restrictions looks at a value that is a list of restrictions, and notes the
// classes that it uses.
func (l *linter) restrictions(value string, at Place) {
	for pending := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(listSeparators, r) }); len(pending) > 0; {
		name := strings.ToLower(pending[0])
		pending = pending[1:]
		if c := l.t.classes[name]; c != nil {
			c.used = true
			continue
		}
		if name == warnIfReject {
			continue
		}
		known, ok := l.t.words[name]
		if !ok {
			candidates := wordSet(accessActions)
			for word := range l.t.words {
				candidates[word] = true
			}
			l.report("unknown actions", at, "%s is no action, restriction or class%s; Postfix answers 451 4.3.5 to what the line matches", clip(name), meant(name, candidates))
			return
		}
		if known.arg != argNone && len(pending) > 0 {
			pending = pending[1:]
		}
	}
}

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// rules reads a table as Postern will, and reports the rules that are left out
// and were not reported before.
func (l *linter) rules(real, file string) {
	o := table.DefaultOptions()
	o.ReloadInterval = 0
	set := table.New(o, nil, table.Outside{})
	defer set.Close()
	if _, err := set.Open(l.kind + ":" + real); err != nil {
		l.odd.add(Place{File: file}, "Postern cannot read it: %v", err)
		return
	}
	reported := map[int]bool{}
	for _, n := range l.odd.list {
		if n.Place.File == file {
			reported[n.Place.Line] = true
		}
	}
	for _, s := range set.Status() {
		for _, w := range s.Warnings {
			if w.Skipped && !reported[w.Line] {
				l.report("rules that are left out", Place{file, w.Line}, "%s; the rule is left out", w.Reason)
			}
		}
	}
}

// describe is how a restriction is named in reports.
func describe(r restriction) string { return fmt.Sprintf("%q", r.written()) }
