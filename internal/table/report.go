package table

import (
	"fmt"
	"strings"
)

// Error says why a table cannot be used, and where.
type Error struct {
	// File is the path of the file, the address of the feed, or the table as
	// it was written where it is not in a file.
	File string
	// Line and Column count from 1; 0 where there is none to name.
	Line, Column int
	// Reason in words.
	Reason string
	// Err is what lies behind it; nil for none.
	Err error
}

// Error gives the place and the reason.
func (e *Error) Error() string { return place(e.File, e.Line, e.Column) + ": " + e.Reason }

// Unwrap gives what lies behind it.
func (e *Error) Unwrap() error { return e.Err }

// Warning is something in a table that is not as it should be, though the
// table can be used. The words are Postfix's own where it has any.
type Warning struct {
	// File, Line and Column say where, as in Error. Line is that on which the
	// rule begins.
	File         string
	Line, Column int
	// Reason in words.
	Reason string
	// Skipped tells that the rule was left out.
	Skipped bool

	// text is the rule, by which an old fault is told from a new one.
	text string
}

// String gives the place and the reason.
func (w Warning) String() string { return place(w.File, w.Line, w.Column) + ": " + w.Reason }

// place gives file:line:column with what is known of it.
func place(file string, line, column int) string {
	switch {
	case line == 0:
		return file
	case column == 0:
		return fmt.Sprintf("%s:%d", file, line)
	}
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

// notes collects the warnings of one reading of one table.
type notes struct {
	file string
	list []Warning
	// more counts the warnings beyond maxWarnings.
	more int
}

// add notes a warning about a rule that is used all the same.
func (n *notes) add(line, column int, format string, args ...any) {
	n.put(Warning{Line: line, Column: column, Reason: fmt.Sprintf(format, args...)})
}

// skip notes that a rule was left out; text is the rule.
func (n *notes) skip(text string, line, column int, format string, args ...any) {
	n.put(Warning{Line: line, Column: column, Reason: fmt.Sprintf(format, args...), Skipped: true, text: text})
}

func (n *notes) put(w Warning) {
	if len(n.list) >= maxWarnings {
		n.more++
		return
	}
	w.File, w.text = n.file, strings.Clone(w.text)
	n.list = append(n.list, w)
}

// newFaults gives the first rule that was left out now and was not in what
// stood there before, however the lines have moved.
func newFaults(now, before []Warning) (Warning, bool) {
	known := map[string]int{}
	for _, w := range before {
		if w.Skipped {
			known[w.Reason+"\x00"+w.text]++
		}
	}
	for _, w := range now {
		if !w.Skipped {
			continue
		}
		key := w.Reason + "\x00" + w.text
		if known[key] == 0 {
			return w, true
		}
		known[key]--
	}
	return Warning{}, false
}
