package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// blanks are what C's isspace knows in the C locale, which is what Postfix
// takes for white space.
const blanks = " \t\n\v\f\r"

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// lineReader reads logical lines (postmap(5)): a line that begins with a
// blank continues the one before; empty lines and those that begin with "#"
// are left out and end nothing.
type lineReader struct {
	r    *bufio.Reader
	max  int
	line int
	buf  []byte
	note *notes
}

// readBuffer is large since tables of millions of lines are read through it.
const readBuffer = 64 << 10

func newLineReader(r io.Reader, max int, note *notes) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, readBuffer), max: max, note: note}
}

// next gives a logical line without blanks at its end, and the number of its
// first line; io.EOF after the last. The text is valid until the next call.
func (l *lineReader) next() (text []byte, first int, err error) {
	for {
		text, first, err = l.logical()
		if err != nil || len(text) == 0 {
			if err == nil {
				err = io.EOF
			}
			return nil, 0, err
		}
		if !isBlank(text[0]) {
			return bytes.TrimRight(text, blanks), first, nil
		}
		l.note.skip(string(text), first, 1, "logical line must not start with whitespace: \"%s\"", shorten(text))
	}
}

// shorten cuts a line for a warning as Postfix does.
func shorten(text []byte) string {
	if len(text) > 30 {
		return string(text[:30]) + "..."
	}
	return string(text)
}

// logical gathers one logical line; it is empty at the end of the file.
func (l *lineReader) logical() (text []byte, first int, err error) {
	l.buf = l.buf[:0]
	for {
		start := len(l.buf)
		more, err := l.physical()
		if err != nil {
			return nil, 0, err
		}
		if ignored(l.buf[start:]) {
			l.buf = l.buf[:start]
		} else if start == 0 {
			first = l.line
		}
		if !more {
			return l.buf, first, nil
		}
		if len(l.buf) > 0 {
			c, err := l.r.Peek(1)
			if err == nil && c[0] != '#' && !isBlank(c[0]) {
				return l.buf, first, nil
			}
		}
	}
}

// ignored tells whether a line is empty or a comment.
func ignored(line []byte) bool {
	for _, c := range line {
		if !isBlank(c) {
			return c == '#'
		}
	}
	return true
}

// physical appends one line without its newline to the buffer; more is false
// at the end of the file.
func (l *lineReader) physical() (more bool, err error) {
	l.line++
	for {
		part, err := l.r.ReadSlice('\n')
		if n := len(part); n > 0 && part[n-1] == '\n' {
			part = part[:n-1]
		}
		if len(l.buf)+len(part) > l.max {
			return false, &Error{File: l.note.file, Line: l.line, Reason: fmt.Sprintf("line is longer than the %d bytes of max_line", l.max)}
		}
		l.buf = append(l.buf, part...)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return false, nil
		default:
			return false, &Error{File: l.note.file, Line: l.line, Reason: "reading: " + err.Error(), Err: err}
		}
	}
}
