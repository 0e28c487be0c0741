package migrate

import (
	"bytes"
	"fmt"
	"strings"
)

// maxLogicalLine bounds one logical line, continuations included.
const maxLogicalLine = 1 << 20

// maxEntries bounds the settings of one file.
const maxEntries = 50_000

// logicalLine is a line with those that continue it, and where it begins and
// ends.
type logicalLine struct {
	text
	first, last int
}

// logicalLines reads a file as postconf(5) says: a line that begins with a
// blank continues the one before; lines that are empty or begin with "#"
// after blanks are left out and end nothing.
func logicalLines(file string, data []byte, odd *notes) ([]logicalLine, error) {
	var lines []logicalLine
	var b textBuilder
	first, last := 0, 0
	flush := func() {
		if first > 0 {
			lines = append(lines, logicalLine{b.text(file), first, last})
		}
		b, first = textBuilder{}, 0
	}
	number := 0
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data, number = rest, number+1
		trimmed := bytes.TrimLeft(line, blanks)
		switch {
		case len(trimmed) == 0 || trimmed[0] == '#':
			continue
		case len(trimmed) == len(line):
			flush()
			first = number
		case first == 0:
			odd.add(Place{file, number}, "begins with a blank and there is nothing before it to continue; Postfix leaves it out: %s", clip(string(trimmed)))
			continue
		}
		if b.b.Len()+len(line) > maxLogicalLine {
			return nil, fmt.Errorf("reading %s: line %d: a setting is longer than %d bytes", file, number, maxLogicalLine)
		}
		if len(lines) >= maxEntries {
			return nil, fmt.Errorf("reading %s: line %d: more than %d settings", file, number, maxEntries)
		}
		b.add(string(line), number)
		last = number
	}
	flush()
	return lines, nil
}

// entry is one setting.
type entry struct {
	name  string
	value text
	place Place
	// last is the line that it ends on.
	last int
	// service is that of master.cf which it is for; nil for all.
	service *service
	// by is the later setting of the same name that makes this one void.
	by *entry
}

// readMain reads main.cf. What is no setting is noted and given as an entry
// without a name.
func readMain(file string, data []byte, odd *notes) ([]*entry, error) {
	lines, err := logicalLines(file, data, odd)
	if err != nil {
		return nil, err
	}
	var entries []*entry
	last := map[string]*entry{}
	for _, l := range lines {
		e := &entry{place: Place{file, l.first}, last: l.last}
		name, value, fault := splitSetting(l.text)
		e.name, e.value = name, value
		if fault != "" {
			e.name, e.value = "", l.text.trim()
			odd.add(e.place, "%s; Postfix does not start with such a line: %s", fault, clip(l.plain()))
		}
		if before := last[e.name]; before != nil && e.name != "" {
			before.by = e
			odd.add(e.place, "%s is set again; Postfix takes the last one, and %q of line %d is void", e.name, clip(before.value.plain()), before.place.Line)
		}
		last[e.name] = e
		entries = append(entries, e)
	}
	return entries, nil
}

// splitSetting cuts "name = value"; fault says what is wrong.
func splitSetting(t text) (name string, value text, fault string) {
	t = t.trim()
	end := strings.IndexAny(t.s, blanks+"=")
	if end == 0 {
		return "", t, "the name is missing"
	}
	if end < 0 {
		return "", t, `there is no "=" after the name`
	}
	equals := end + len(t.s[end:]) - len(strings.TrimLeft(t.s[end:], blanks))
	if equals >= len(t.s) || t.s[equals] != '=' {
		return "", t, `there is no "=" after the name`
	}
	return t.s[:end], t.slice(equals+1, len(t.s)).trim(), ""
}

// clip cuts a text to a length that can be read.
func clip(s string) string {
	const most = 160
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
