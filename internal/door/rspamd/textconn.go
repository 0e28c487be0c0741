package rspamd

import (
	"bytes"
	"fmt"
	"net"
	"strings"
)

// textConn lets rspamd's old text protocol in by the same port as HTTP. A
// request there is like one of HTTP but for its first line, such as "CHECK
// RSPAMC/1.3", and its answer is no HTTP at all. The first line is turned
// into HTTP's while it is read, and the handler asks isText how to answer.
//
// A textConn is read by one goroutine; isText is asked when that has handed
// the request on.
type textConn struct {
	net.Conn
	sniffed bool
	text    bool
	pending []byte // read, and turned into HTTP where needed, not yet given
}

// textCommands are the commands of the text protocol.
var textCommands = map[string]bool{
	"CHECK": true, "SYMBOLS": true, "SCAN": true, "REPORT": true, "REPORT_IFSPAM": true,
	"PROCESS": true, "PING": true, "SKIP": true,
}

// maxTextLine bounds the first line of the text protocol.
const maxTextLine = 64

// isText tells whether the client speaks the text protocol.
func (c *textConn) isText() bool { return c.text }

// Read reads the request as HTTP.
func (c *textConn) Read(p []byte) (int, error) {
	if !c.sniffed {
		if err := c.sniff(); err != nil && len(c.pending) == 0 {
			return 0, err
		}
	}
	if len(c.pending) > 0 {
		n := copy(p, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// sniff reads as much as it takes to tell the protocols apart, which is
// nearly always one read.
func (c *textConn) sniff() error {
	buf := make([]byte, 0, 2048)
	for {
		n, err := c.Conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		c.pending = buf
		line, rest, whole := bytes.Cut(buf, []byte("\n"))
		if whole || len(buf) > maxTextLine || err != nil {
			c.sniffed = true
			if command, ok := textCommand(string(line)); ok {
				c.text = true
				c.pending = append(fmt.Appendf(nil, "POST /%s HTTP/1.0\r\n", command), rest...)
			}
			return err
		}
	}
}

// textCommand reads "CHECK RSPAMC/1.3" and gives the path of the command.
func textCommand(line string) (path string, ok bool) {
	command, version, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !textCommands[command] || !strings.HasPrefix(version, "RSPAMC/") {
		return "", false
	}
	return strings.ToLower(command), true
}

// textListener gives textConns.
type textListener struct{ net.Listener }

// Accept waits for the next connection.
func (l textListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &textConn{Conn: c}, nil
}
