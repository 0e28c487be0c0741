package milter

import (
	"bytes"
	"io"
)

// content collects a message as the mail server hands it over, header field by
// header field and chunk by chunk, and makes it whole again.
type content struct {
	max       int
	buf       []byte
	inBody    bool
	truncated bool
}

// keepContent is how much memory a connection keeps for its next message.
const keepContent = 256 << 10

// reset makes ready for another message.
func (c *content) reset() {
	if cap(c.buf) > keepContent {
		c.buf = nil
	}
	c.buf, c.inBody, c.truncated = c.buf[:0], false, false
}

// giveBack leaves the memory to the next connection.
func (c *content) giveBack(to *[]byte) {
	c.reset()
	*to, c.buf = c.buf, nil
}

// field adds a header field. Mail servers send the lines of a folded value
// separated by LF alone, and with leadingSpace the blank after the colon as it
// stands in the message.
func (c *content) field(name, value []byte, exact bool) {
	if len(c.buf)+len(name)+len(value)+4 > c.max {
		c.truncated = true
		return
	}
	c.buf = append(append(c.buf, name...), ':')
	if !exact {
		c.buf = append(c.buf, ' ')
	}
	for {
		i := bytes.IndexByte(value, '\n')
		if i < 0 {
			break
		}
		c.buf = append(c.buf, bytes.TrimSuffix(value[:i], []byte{'\r'})...)
		c.buf = append(c.buf, '\r', '\n')
		value = value[i+1:]
	}
	c.buf = append(append(c.buf, value...), '\r', '\n')
}

// endOfHeader adds the empty line, once.
func (c *content) endOfHeader() {
	if !c.inBody {
		c.buf = append(c.buf, '\r', '\n')
		c.inBody = true
	}
}

// body adds a chunk of the body read from s. What is beyond the limit is read
// and forgotten.
func (c *content) body(s *stream, size int) error {
	c.endOfHeader()
	keep := max(min(size, c.max-len(c.buf)), 0)
	if keep < size {
		c.truncated = true
	}
	if keep > 0 {
		at := len(c.buf)
		c.grow(keep)
		if _, err := io.ReadFull(s.in, c.buf[at:]); err != nil {
			return noEOF(err)
		}
	}
	return s.skip(size - keep)
}

// last adds a chunk that is already in memory.
func (c *content) last(data []byte) {
	c.endOfHeader()
	keep := max(min(len(data), c.max-len(c.buf)), 0)
	if keep < len(data) {
		c.truncated = true
	}
	c.buf = append(c.buf, data[:keep]...)
}

// grow makes the buffer n bytes longer.
func (c *content) grow(n int) {
	need := len(c.buf) + n
	if need > cap(c.buf) {
		larger := make([]byte, len(c.buf), max(need, min(2*cap(c.buf), c.max)))
		copy(larger, c.buf)
		c.buf = larger
	}
	c.buf = c.buf[:need]
}

// take gives the whole message in memory of its own, which is never used
// again: a late check may look at a message whose verdict is long given.
func (c *content) take() []byte {
	c.endOfHeader()
	raw := c.buf
	if cap(raw) <= keepContent {
		return bytes.Clone(raw)
	}
	c.buf = nil
	return raw
}
