package config

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error is one fault of a configuration file, at its place.
type Error struct {
	// File as it was named by the caller.
	File string
	// Line and Column count from 1, columns in characters. Both are 0 for a
	// fault that has no place in the file.
	Line, Column int
	// Text says what is wrong, and where it can what would be right.
	Text string
	// Source is the line of the file, and Width the number of characters
	// from Column on that the fault is about.
	Source string
	Width  int
}

// Error gives place and text on the first line, and below it the line of the
// file with carets under what is wrong.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	number := fmt.Sprintf("%5d", e.Line)
	return fmt.Sprintf("%s:%d:%d: %s\n%s | %s\n%s | %s%s", e.File, e.Line, e.Column, e.Text,
		number, e.Source, strings.Repeat(" ", len(number)), e.indent(), strings.Repeat("^", max(1, e.Width)))
}

// indent is as wide as the source before the fault; tabs stay tabs so that
// the carets stand right whatever a terminal makes of them.
func (e *Error) indent() string {
	n := 0
	return strings.Map(func(r rune) rune {
		n++
		switch {
		case n >= e.Column:
			return -1
		case r == '\t':
			return r
		}
		return ' '
	}, e.Source)
}

// Errors holds all faults of a file in the order of their places.
type Errors []*Error

// Error gives all faults, one below the other.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// span is a range of bytes of the file; the zero span has no place.
type span struct{ start, end int }

func (s span) placed() bool { return s.end > 0 }

// maxErrors bounds how many faults of one file are reported.
const maxErrors = 100

// faults collects the faults of one file.
type faults struct {
	file string
	data []byte
	all  []fault
}

type fault struct {
	at   span
	text string
}

// add notes a fault. The same fault at the same place counts once.
func (f *faults) add(at span, format string, args ...any) {
	one := fault{at, fmt.Sprintf(format, args...)}
	if !slices.Contains(f.all, one) && len(f.all) < maxErrors {
		f.all = append(f.all, one)
	}
}

// err gives the faults noted, nil for none.
func (f *faults) err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b fault) int { return cmp.Compare(a.at.start, b.at.start) })
	errs := make(Errors, len(f.all))
	for i, one := range f.all {
		errs[i] = f.place(one)
	}
	return errs
}

// place finds line and column of a fault.
func (f *faults) place(one fault) *Error {
	e := &Error{File: f.file, Text: one.text}
	if !one.at.placed() {
		return e
	}
	start := min(one.at.start, len(f.data))
	lineStart := bytes.LastIndexByte(f.data[:start], '\n') + 1
	line, _, _ := bytes.Cut(f.data[lineStart:], []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	start = min(start, lineStart+len(line))
	end := max(start, min(one.at.end, lineStart+len(line)))
	e.Line = f.line(start)
	e.Column = utf8.RuneCount(f.data[lineStart:start]) + 1
	e.Width = utf8.RuneCount(f.data[start:end])
	e.Source = strings.ToValidUTF8(string(line), "\uFFFD")
	return e
}

// line gives the number of the line that holds the byte at offset.
func (f *faults) line(offset int) int {
	return bytes.Count(f.data[:min(offset, len(f.data))], []byte("\n")) + 1
}
