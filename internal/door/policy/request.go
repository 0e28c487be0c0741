package policy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// errProtocol marks what a mail server sent and no request is.
var errProtocol = errors.New("not a policy request")

// reader reads requests from a connection.
type reader struct {
	buf *bufio.Reader
	raw []byte // of the request being read
}

func newReader(r io.Reader) *reader {
	return &reader{buf: bufio.NewReaderSize(r, maxName+1+maxValue+2)}
}

// begins waits for the first byte of a request.
func (r *reader) begins() error {
	_, err := r.buf.Peek(1)
	return err
}

// more tells whether a whole request is waiting to be read.
func (r *reader) more() bool {
	waiting, err := r.buf.Peek(r.buf.Buffered())
	return err == nil && (bytes.Contains(waiting, []byte("\n\n")) || bytes.Contains(waiting, []byte("\n\r\n")))
}

// read reads one request up to the empty line behind it. io.EOF is the end
// between two requests, io.ErrUnexpectedEOF one within.
func (r *reader) read() (Attributes, error) {
	r.raw = r.raw[:0]
	for lines := 0; ; lines++ {
		line, err := r.buf.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return Attributes{}, fmt.Errorf("%w: line %d is longer than %d bytes", errProtocol, lines+1, maxValue)
		case err == io.EOF && lines+len(line) > 0:
			return Attributes{}, io.ErrUnexpectedEOF
		case err != nil:
			return Attributes{}, err
		}
		line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
		if len(line) == 0 {
			break
		}
		if err := checkLine(line); err != nil {
			return Attributes{}, fmt.Errorf("%w: line %d %w", errProtocol, lines+1, err)
		}
		if lines == maxLines || len(r.raw)+len(line) >= maxRequest {
			return Attributes{}, fmt.Errorf("%w: more than %d lines or %d bytes", errProtocol, maxLines, maxRequest)
		}
		r.raw = append(append(r.raw, line...), '\n')
	}
	a := Attributes{string(r.raw)}
	if kind := a.Get("request"); kind != "smtpd_access_policy" {
		return Attributes{}, fmt.Errorf("%w: the attribute request is %.40q, not smtpd_access_policy", errProtocol, kind)
	}
	return a, nil
}

// checkLine tells what is wrong with an attribute.
func checkLine(line []byte) error {
	i := bytes.IndexByte(line, '=')
	switch {
	case i < 0:
		return fmt.Errorf("%.40q has no =", line)
	case i == 0 || i > maxName:
		return fmt.Errorf("%.40q has a name of %d bytes", line, i)
	case len(line)-i-1 > maxValue:
		return fmt.Errorf("%.40q has a value of %d bytes", line, len(line)-i-1)
	case bytes.IndexByte(line, 0) >= 0:
		return fmt.Errorf("%.40q has a NUL", line)
	}
	return nil
}

// Attributes are those of one request, as the mail server sent them.
type Attributes struct {
	text string // lines "name=value\n"
}

// NewAttributes makes attributes from pairs of names and values, for tests
// and for tools. Values end at their first line break.
func NewAttributes(pairs ...string) Attributes {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		value, _, _ := strings.Cut(pairs[i+1], "\n")
		b.WriteString(pairs[i] + "=" + value + "\n")
	}
	return Attributes{b.String()}
}

// Get gives the value of an attribute, "" where it is not there. Of several
// with the same name the first counts.
func (a Attributes) Get(name string) string {
	value, _ := a.Lookup(name)
	return value
}

// Lookup gives the value of an attribute and whether it is there.
func (a Attributes) Lookup(name string) (value string, ok bool) {
	for n, v := range a.All() {
		if n == name {
			return v, true
		}
	}
	return "", false
}

// All gives all attributes in the order in which they came.
func (a Attributes) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for rest := a.text; rest != ""; {
			var line string
			line, rest, _ = strings.Cut(rest, "\n")
			name, value, _ := strings.Cut(line, "=")
			if !yield(name, value) {
				return
			}
		}
	}
}
