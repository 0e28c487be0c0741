package dkim

import "strings"

// folder writes the tags of a signature into lines of a bearable length, the
// way OpenDKIM does: a fold, CRLF and a tab, before tags that would not fit,
// and a further blank where a fold stands within a value.
type folder struct {
	b strings.Builder
	// column is where the next octet goes, with the tab taken as 8 columns.
	column int
	tags   int
}

// margin is the column after which lines are folded.
const margin = 75

// The columns in which text begins after a fold.
const (
	tabColumn    = 8
	innerColumn  = tabColumn + 1
	foldBetween  = "\r\n\t"
	foldWithin   = "\r\n\t "
	signatureTag = "b="
)

// newFolder begins at a column.
func newFolder(column int) *folder { return &folder{column: column} }

// String gives what was written.
func (f *folder) String() string { return f.b.String() }

// put writes text without a fold.
func (f *folder) put(s string) {
	f.b.WriteString(s)
	f.column += len(s)
}

// fold begins a new line.
func (f *folder) fold(with string, column int) {
	f.b.WriteString(with)
	f.column = column
}

// tag writes a tag and the semicolon after it.
func (f *folder) tag(name, value string) {
	text := name + "=" + value + ";"
	switch {
	case f.tags == 0:
		f.put(text)
	case f.column+len(text) <= margin:
		f.put(" ")
		f.put(text)
	default:
		f.fold(foldBetween, tabColumn)
		switch name {
		case "h":
			f.names(text)
		case "bh", "z":
			f.wrapped(text)
		default:
			f.put(text)
		}
	}
	f.tags++
}

// names writes a list with colons, with folds after them.
func (f *folder) names(text string) {
	for i, item := range strings.Split(text, ":") {
		switch {
		case i == 0:
		case f.column+len(item)+1 > margin:
			f.put(":")
			f.fold(foldWithin, innerColumn)
		default:
			f.put(":")
		}
		f.put(item)
	}
}

// wrapped writes text with folds wherever the margin is.
func (f *folder) wrapped(text string) {
	for len(text) > 0 {
		if f.column >= margin {
			f.fold(foldWithin, innerColumn)
		}
		n := min(len(text), margin-f.column)
		f.put(text[:n])
		text = text[n:]
	}
}

// signatureTag writes the last tag without its value, which is to follow by
// wrapped. A value that does not fit into the line begins a new one.
func (f *folder) signatureTag(length int) {
	if f.column+len(signatureTag)+length+1 >= margin {
		f.fold(foldBetween, tabColumn)
	} else {
		f.put(" ")
	}
	f.put(signatureTag)
}
