package config

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// resumeLine matches a line at which reading can go on after a fault: what
// looks like a section's header, a key with its value, or a key with the
// equals sign or the value forgotten.
var resumeLine = regexp.MustCompile(`(?m)^[ \t]*(?:\[\[?[A-Za-z][\w."-]*(?:\]|[ \t]*\r?$)|[A-Za-z"][\w."-]*[ \t]*(?:=|\r?$|[ \t][\w."]+[ \t]*\r?$))`)

// reader turns the text of a file into a tree.
type reader struct {
	*faults
	parser unstable.Parser
	// base is where the parser's data begins in the file.
	base int
	root *value
	// current is the table that keys go to; nil while its header is unknown.
	current *value
}

// read parses the file. Faults are noted and what is around them is read.
func read(f *faults) *value {
	r := &reader{faults: f, root: &value{kind: kindTable, header: true}}
	r.current = r.root
	for r.base < len(f.data) {
		r.parser.Reset(f.data[r.base:])
		for r.parser.NextExpression() {
			r.expression(r.parser.Expression())
		}
		if !r.resume(r.parser.Error()) {
			break
		}
	}
	return r.root
}

// resume notes a syntax fault and finds the line to go on at.
func (r *reader) resume(err error) bool {
	if err == nil {
		return false
	}
	var syntax *unstable.ParserError
	if !errors.As(err, &syntax) {
		r.add(span{0, 1}, "%s", err)
		return false
	}
	// The highlight is a part of the file's own bytes.
	start := cap(r.data) - cap(syntax.Highlight)
	r.add(span{start, start + 1}, "%s", plainSyntax(syntax.Message))
	lineStart := bytes.LastIndexByte(r.data[:start], '\n') + 1
	if bytes.HasPrefix(bytes.TrimLeft(r.data[lineStart:], " \t"), []byte("[")) {
		r.current = nil
	}
	end := bytes.IndexByte(r.data[start:], '\n')
	if end < 0 {
		return false
	}
	next := resumeLine.FindIndex(r.data[start+end+1:])
	if next == nil {
		return false
	}
	r.base = start + end + 1 + next[0]
	return true
}

// compare lets the TOML library judge the file as a whole where nothing was
// found, so that we are never more lenient than TOML is.
func (f *faults) compare() {
	if len(f.all) > 0 {
		return
	}
	var whole map[string]any
	var decode *toml.DecodeError
	switch err := toml.Unmarshal(f.data, &whole); {
	case err == nil:
	case errors.As(err, &decode):
		line, column := decode.Position()
		start := lineOffset(f.data, line) + column - 1
		f.add(span{start, start + 1}, "%s", plainSyntax(strings.TrimPrefix(decode.Error(), "toml: ")))
	default:
		f.add(span{}, "%s", err)
	}
}

// lineOffset is where a line begins.
func lineOffset(data []byte, line int) int {
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	return offset
}

// expression takes one header or one key with its value.
func (r *reader) expression(n *unstable.Node) {
	switch n.Kind {
	case unstable.Table:
		r.current = r.table(n)
	case unstable.ArrayTable:
		r.current = r.arrayTable(n)
	case unstable.KeyValue:
		if r.current != nil {
			r.keyValue(r.current, n)
		}
	}
}

// table opens the section of a header in single brackets.
func (r *reader) table(n *unstable.Node) *value {
	keys := r.keys(n)
	parent := r.descend(r.root, keys[:len(keys)-1], false)
	if parent == nil {
		return nil
	}
	last := keys[len(keys)-1]
	e := parent.get(last.name)
	if e == nil {
		t := &value{kind: kindTable, header: true, at: whole(keys)}
		parent.entries = append(parent.entries, &entry{last.name, last.at, t})
		return t
	}
	switch t := e.value; {
	case t.kind != kindTable || t.closed:
		r.add(whole(keys), "%s is already set on line %d", path(keys), r.line(e.at.start))
		return nil
	case t.header:
		r.add(whole(keys), "section [%s] is there twice, first on line %d", path(keys), r.line(t.at.start))
		return t
	default:
		t.header, t.at = true, whole(keys)
		return t
	}
}

// arrayTable opens another section in double brackets.
func (r *reader) arrayTable(n *unstable.Node) *value {
	keys := r.keys(n)
	parent := r.descend(r.root, keys[:len(keys)-1], false)
	if parent == nil {
		return nil
	}
	last := keys[len(keys)-1]
	t := &value{kind: kindTable, header: true, at: whole(keys)}
	e := parent.get(last.name)
	if e == nil {
		e = &entry{last.name, last.at, &value{kind: kindTables, at: whole(keys)}}
		parent.entries = append(parent.entries, e)
	}
	if e.value.kind != kindTables {
		r.add(whole(keys), "%s is already set on line %d", path(keys), r.line(e.at.start))
		return nil
	}
	e.value.items = append(e.value.items, t)
	return t
}

// keyValue sets one key of a table.
func (r *reader) keyValue(t *value, n *unstable.Node) {
	keys := r.keys(n)
	parent := r.descend(t, keys[:len(keys)-1], true)
	if parent == nil {
		return
	}
	last := keys[len(keys)-1]
	if e := parent.get(last.name); e != nil {
		r.add(whole(keys), "%s is set twice, first on line %d", path(keys), r.line(e.at.start))
		return
	}
	parent.entries = append(parent.entries, &entry{last.name, last.at, r.value(n.Value(), r.rest(n, last.at))})
}

// rest is the place of the value of a key: what follows the equals sign.
func (r *reader) rest(n *unstable.Node, key span) span {
	end := r.base + int(n.Raw.Offset+n.Raw.Length)
	start := key.end
	for start < end && strings.IndexByte(" \t=", r.data[start]) >= 0 {
		start++
	}
	return span{start, end}
}

// value reads a value; whole is its place where the parser does not tell.
func (r *reader) value(n *unstable.Node, whole span) *value {
	v := &value{scalar: n.Kind, text: string(n.Data), at: whole}
	switch n.Kind {
	case unstable.Array:
		v.kind = kindList
		for it := n.Children(); it.Next(); {
			v.items = append(v.items, r.value(it.Node(), whole))
		}
	case unstable.InlineTable:
		v.kind, v.at = kindTable, whole
		for it := n.Children(); it.Next(); {
			r.keyValue(v, it.Node())
		}
		v.header, v.closed = true, true
	default:
		v.at = r.span(n.Raw)
	}
	return v
}

// descend walks to the table that the last of some keys is in, making those
// that are not there. Dotted keys may not reach into sections with a header.
func (r *reader) descend(t *value, keys []entry, dotted bool) *value {
	for i, k := range keys {
		e := t.get(k.name)
		if e == nil {
			e = &entry{k.name, k.at, &value{kind: kindTable, at: k.at, header: dotted && t.closed}}
			t.entries = append(t.entries, e)
		}
		next := e.value
		if next.kind == kindTables && !dotted {
			next = next.items[len(next.items)-1]
		}
		if next.kind != kindTable || next.closed {
			r.add(whole(keys[:i+1]), "%s is already set on line %d", path(keys[:i+1]), r.line(e.at.start))
			return nil
		}
		t = next
	}
	return t
}

// keys gives the parts of a possibly dotted key with their places.
func (r *reader) keys(n *unstable.Node) []entry {
	var keys []entry
	for it := n.Key(); it.Next(); {
		keys = append(keys, entry{name: string(it.Node().Data), at: r.span(it.Node().Raw)})
	}
	return keys
}

func (r *reader) span(raw unstable.Range) span {
	return span{r.base + int(raw.Offset), r.base + int(raw.Offset+raw.Length)}
}

// whole is the place of all parts of a key together.
func whole(keys []entry) span { return span{keys[0].at.start, keys[len(keys)-1].at.end} }

// path prints a dotted key.
func path(keys []entry) string {
	p := ""
	for _, k := range keys {
		p = joinPath(p, k.name)
	}
	return p
}

// plain holds what the parser says and what an administrator understands.
var plain = []struct{ begins, words string }{
	{"unexpected character U+000A", "the value is missing"},
	{"unexpected character U+000D", "the value is missing"},
	{"unexpected character U+0023", "the value is missing"},
	{"expected value, not end of input", "the value is missing"},
	{"unexpected character", "expected a value; text must be in quotes"},
	{"expected keyword", "expected a value; text must be in quotes"},
	{"strings must be quoted", "expected a value; text must be in quotes"},
	{"expected newline", "expected the end of the line; text must be in quotes"},
	{"expected '=' after key", "expected \"=\" and a value after the key"},
	{"invalid character at start of key", "expected a key or a section"},
	{"expected ']' to close", "the closing bracket of the section is missing"},
	{"expected ']]' to close", "the closing brackets of the section are missing"},
	{"basic strings cannot have new lines", "the closing quote is missing"},
	{"literal strings cannot have new lines", "the closing quote is missing"},
	{"unterminated", "the closing quote is missing"},
	{"multiline basic string not", "the closing quotes are missing"},
	{"multiline literal string not", "the closing quotes are missing"},
	{"array is incomplete", "the closing bracket of the list is missing"},
	{"expected ',' or ']'", "expected a comma or the closing bracket of the list"},
	{"inline table is incomplete", "the closing brace is missing"},
	{"expected ',' or '}'", "expected a comma or the closing brace"},
	{"invalid escape character", "unknown escape; write backslashes as \\\\ or use single quotes"},
}

// plainSyntax puts a message of the parser into plain words.
func plainSyntax(message string) string {
	for _, p := range plain {
		if strings.HasPrefix(message, p.begins) {
			return p.words
		}
	}
	return message
}
