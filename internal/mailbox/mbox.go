package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// separator begins the line before each mail of an mbox.
var separator = []byte("From ")

// mboxReader splits an mbox. In the mails, a line that began with "From " was
// written with ">" before it, and one that began with such a ">" with another
// (the mboxrd form); one is taken off again.
//
// QUIRK: many programs write mboxes without that. A line counts as a
// separator only after an empty line, with a time of day in it and with a
// header field on the next line.
type mboxReader struct {
	r     *bufio.Reader
	limit int
}

// mbox gives the mails of an mbox.
func (w *walker) mbox(name string, r *bufio.Reader) bool {
	m := &mboxReader{r: r, limit: w.options.MaxMail}
	if _, err := m.line(); err != nil && !errors.Is(err, io.EOF) { // the first separator
		return w.fail(name, err)
	}
	for n := 1; ; n++ {
		if w.ctx.Err() != nil {
			return false
		}
		raw, more, err := m.mail()
		mailName := name
		if more || n > 1 {
			mailName = fmt.Sprintf("%s#%d", name, n)
		}
		if err != nil {
			if !w.fail(mailName, err) {
				return false
			}
		} else if !w.yield(Mail{Name: mailName, Raw: raw}, nil) {
			return false
		}
		if !more {
			return true
		}
	}
}

// mail reads one mail; more tells that another follows.
func (m *mboxReader) mail() (raw []byte, more bool, err error) {
	size, blank := 0, false
	for {
		line, readErr := m.line()
		if blank && m.separates(line) {
			return trimLast(raw), true, oversize(size, m.limit)
		}
		if size += len(line); size <= m.limit {
			raw = append(raw, unquote(line)...)
		}
		blank = len(bytes.TrimRight(line, "\r\n")) == 0 && len(line) > 0
		switch {
		case errors.Is(readErr, io.EOF):
			return trimLast(raw), false, oversize(size, m.limit)
		case readErr != nil:
			return nil, false, readErr
		}
	}
}

// line reads one line, or a piece of one that is longer than the limit.
func (m *mboxReader) line() ([]byte, error) {
	var line []byte
	for {
		piece, err := m.r.ReadSlice('\n')
		line = append(line, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) || len(line) > m.limit {
			if errors.Is(err, bufio.ErrBufferFull) {
				err = nil
			}
			return line, err
		}
	}
}

func oversize(size, limit int) error {
	if size > limit {
		return tooLarge(limit)
	}
	return nil
}

// separates tells whether a line after an empty one begins a new mail.
func (m *mboxReader) separates(line []byte) bool {
	if !bytes.HasPrefix(line, separator) || !hasTime(line) {
		return false
	}
	next, _ := m.r.Peek(128)
	colon := bytes.IndexByte(next, ':')
	if colon < 1 {
		return false
	}
	for _, c := range next[:colon] {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// hasTime tells whether a line has a time of day such as 12:34.
func hasTime(line []byte) bool {
	for i := 1; i+2 < len(line); i++ {
		if line[i] == ':' && digit(line[i-1]) && digit(line[i+1]) && digit(line[i+2]) {
			return true
		}
	}
	return false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// unquote takes one ">" off a line that was quoted on its way into the mbox.
func unquote(line []byte) []byte {
	if rest := bytes.TrimLeft(line, ">"); len(rest) < len(line) && bytes.HasPrefix(rest, separator) {
		return line[1:]
	}
	return line
}

// trimLast takes off the empty line that an mbox has after each mail.
func trimLast(raw []byte) []byte {
	for _, end := range []string{"\r\n", "\n"} {
		if bytes.HasSuffix(raw, []byte("\n"+end)) {
			return raw[:len(raw)-len(end)]
		}
	}
	return raw
}
