package migrate

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Place is a line of a file.
type Place struct {
	// File is its path as it was given, or as the source names it.
	File string
	// Line counts from 1; 0 stands for the file as a whole.
	Line int
}

// String gives file:line.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// short gives file:line with the path of the file relative to a folder.
func (p Place) short(dir string) string {
	if rel, err := filepath.Rel(dir, p.File); err == nil && filepath.IsLocal(rel) {
		p.File = rel
	}
	return p.String()
}

// text is a value that knows which line each part of it stands on.
type text struct {
	s     string
	file  string
	marks []mark
}

// mark says that the text stands on a line from an offset on.
type mark struct{ offset, line int }

// at gives the place of an offset.
func (t text) at(offset int) Place {
	p := Place{File: t.file}
	for _, m := range t.marks {
		if m.offset > offset {
			break
		}
		p.Line = m.line
	}
	return p
}

// textBuilder gathers a text.
type textBuilder struct {
	b     strings.Builder
	marks []mark
}

// add appends what stands on one line.
func (b *textBuilder) add(s string, line int) {
	if n := len(b.marks); n == 0 || b.marks[n-1].line != line {
		b.marks = append(b.marks, mark{b.b.Len(), line})
	}
	b.b.WriteString(s)
}

func (b *textBuilder) text(file string) text { return text{b.b.String(), file, b.marks} }

// slice gives a part of the text.
func (t text) slice(from, to int) text {
	out := text{s: t.s[from:to], file: t.file, marks: []mark{{0, t.at(from).Line}}}
	for _, m := range t.marks {
		if m.offset > from && m.offset < to {
			out.marks = append(out.marks, mark{m.offset - from, m.line})
		}
	}
	return out
}

// trim takes blanks off both ends.
func (t text) trim() text {
	from := len(t.s) - len(strings.TrimLeft(t.s, blanks))
	to := len(strings.TrimRight(t.s, blanks))
	if to < from {
		return t.slice(from, from)
	}
	return t.slice(from, to)
}

// plain gives the text on one line.
func (t text) plain() string { return strings.Join(strings.Fields(t.s), " ") }

// blanks are what C's isspace knows in the C locale.
const blanks = " \t\n\v\f\r"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// words splits a text at separators. Text within braces stays together. ok is
// false where braces do not match.
func (t text) words(separators string) (list []text, ok bool) {
	for pos := 0; pos < len(t.s); {
		if strings.IndexByte(separators, t.s[pos]) >= 0 {
			pos++
			continue
		}
		end, closed := wordEnd(t.s, pos, separators)
		list = append(list, t.slice(pos, end))
		if !closed {
			return list, false
		}
		pos = end
	}
	return list, true
}

// listSeparators stand between the words of a list.
const listSeparators = ", \t\r\n"

// wordEnd gives the end of the word that begins at pos.
func wordEnd(s string, pos int, separators string) (end int, closed bool) {
	depth := 0
	for ; pos < len(s); pos++ {
		switch c := s[pos]; {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case depth <= 0 && strings.IndexByte(separators, c) >= 0:
			return pos, depth == 0
		}
	}
	return pos, depth == 0
}

// unbrace gives what stands within the braces around a word.
func unbrace(word string) (inner string, braced bool) {
	if len(word) < 2 || word[0] != '{' || word[len(word)-1] != '}' {
		return word, false
	}
	return strings.Trim(word[1:len(word)-1], blanks), true
}
