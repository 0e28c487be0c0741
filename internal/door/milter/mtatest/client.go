// Package mtatest is the mail server's side of the milter protocol, for tests:
// it says what Postfix or Sendmail would say, or what neither would, and shows
// what the filter answers. It shares no code with the door it tests.
package mtatest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Everything that a mail server can offer in version 6.
const (
	AllActions  = 0x1ff
	AllProtocol = 0x1fffff
)

// Client is one connection to a filter. It is not safe for concurrent use.
type Client struct {
	// Timeout bounds each read and each write.
	Timeout time.Duration
	// Version, Actions and Protocol are what was agreed on; MacroLists the
	// macros asked for by stage number.
	Version, Actions, Protocol uint32
	MacroLists                 map[uint32]string

	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
}

// Packet is a command or an answer.
type Packet struct {
	Code byte
	Data []byte
}

// Answer is what a filter says to one command.
type Answer struct {
	// Code of the final answer, such as 'c'; 0 where none is due.
	Code byte
	// Text of a reply code, as sent.
	Text string
	// Changes asked for before the final answer, in order.
	Changes []Packet
	// Progress counts the requests to go on waiting.
	Progress int
}

// Dial connects to a filter; network is "tcp" or "unix".
func Dial(network, address string) (*Client, error) {
	conn, err := net.DialTimeout(network, address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return NewClient(conn), nil
}

// NewClient speaks over a connection that is there already.
func NewClient(conn net.Conn) *Client {
	return &Client{Timeout: 5 * time.Second, conn: conn, in: bufio.NewReader(conn), out: bufio.NewWriterSize(conn, 4096)}
}

// Close closes the connection without a word.
func (c *Client) Close() error { return c.conn.Close() }

// Conn is the connection.
func (c *Client) Conn() net.Conn { return c.conn }

// Write sends bytes as they are.
func (c *Client) Write(b []byte) error {
	_, err := c.out.Write(b)
	return errors.Join(err, c.Flush())
}

// Send puts a packet into the output buffer.
func (c *Client) Send(code byte, data []byte) {
	var head [5]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(data)+1))
	head[4] = code
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.Timeout))
	_, _ = c.out.Write(head[:]) // Flush tells the error
	_, _ = c.out.Write(data)
}

// Flush sends what is in the output buffer.
func (c *Client) Flush() error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.Timeout))
	return c.out.Flush()
}

// Receive reads one packet.
func (c *Client) Receive() (Packet, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.Timeout)); err != nil {
		return Packet{}, err
	}
	var head [5]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return Packet{}, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > 1<<20 {
		return Packet{}, fmt.Errorf("answer of %d bytes", n)
	}
	data := make([]byte, n-1)
	_, err := io.ReadFull(c.in, data)
	return Packet{head[4], data}, err
}

// Negotiate offers a version, actions and protocol bits.
func (c *Client) Negotiate(version, actions, protocol uint32) error {
	offer := binary.BigEndian.AppendUint32(nil, version)
	offer = binary.BigEndian.AppendUint32(offer, actions)
	c.Send('O', binary.BigEndian.AppendUint32(offer, protocol))
	if err := c.Flush(); err != nil {
		return err
	}
	p, err := c.Receive()
	if err != nil {
		return err
	}
	if p.Code != 'O' || len(p.Data) < 12 {
		return fmt.Errorf("answer %q of %d bytes to the negotiation", p.Code, len(p.Data))
	}
	c.Version = binary.BigEndian.Uint32(p.Data)
	c.Actions = binary.BigEndian.Uint32(p.Data[4:])
	c.Protocol = binary.BigEndian.Uint32(p.Data[8:])
	if c.Version > version || c.Actions&^actions != 0 || c.Protocol&^protocol != 0 {
		return fmt.Errorf("version %d, actions %#x, protocol %#x are more than offered", c.Version, c.Actions, c.Protocol)
	}
	return c.macroLists(p.Data[12:])
}

func (c *Client) macroLists(rest []byte) error {
	c.MacroLists = map[uint32]string{}
	for len(rest) > 0 {
		if len(rest) < 5 {
			return errors.New("macro list without an end")
		}
		i := bytes.IndexByte(rest[4:], 0)
		if i < 0 {
			return errors.New("macro list without a NUL")
		}
		c.MacroLists[binary.BigEndian.Uint32(rest)] = string(rest[4 : 4+i])
		rest = rest[5+i:]
	}
	return nil
}

// notSent and silent are the protocol bits by which a filter does without a
// command, or answers it not.
var notSent = map[byte]uint32{'C': 1, 'H': 2, 'M': 4, 'R': 8, 'B': 0x10, 'L': 0x20, 'N': 0x40, 'U': 0x100, 'T': 0x200}

var silent = map[byte]uint32{'L': 0x80, 'C': 0x1000, 'H': 0x2000, 'M': 0x4000, 'R': 0x8000, 'T': 0x10000,
	'U': 0x20000, 'N': 0x40000, 'B': 0x80000}

// Silent tells whether the filter said that it does not answer a command.
func (c *Client) Silent(code byte) bool { return c.Protocol&silent[code] != 0 }

// Command sends a command unless the filter does without it, and reads the
// answer where one is due.
func (c *Client) Command(code byte, data []byte) (Answer, error) {
	if c.Protocol&notSent[code] != 0 {
		return Answer{}, nil
	}
	c.Send(code, data)
	if c.Silent(code) {
		return Answer{}, nil
	}
	return c.Answer()
}

// Answer reads everything up to and with the next final answer.
func (c *Client) Answer() (Answer, error) {
	var a Answer
	if err := c.Flush(); err != nil {
		return a, err
	}
	for {
		p, err := c.Receive()
		if err != nil {
			return a, err
		}
		switch p.Code {
		case 'p':
			a.Progress++
		case 'c', 'a', 'r', 't', 'd', '4', 'f', 's':
			a.Code = p.Code
			return a, nil
		case 'y':
			a.Code, a.Text = p.Code, strings.TrimSuffix(string(p.Data), "\x00")
			return a, nil
		case '+', '2', '-', 'h', 'i', 'm', 'b', 'e', 'q':
			a.Changes = append(a.Changes, p)
		default:
			return a, fmt.Errorf("unknown answer %q", p.Code)
		}
	}
}

// Strings joins strings as the protocol does, each with its NUL.
func Strings(s ...string) []byte {
	if len(s) == 0 {
		return nil
	}
	return []byte(strings.Join(s, "\x00") + "\x00")
}

// Macros sends macros for a command: names and values by turns.
func (c *Client) Macros(command byte, pairs ...string) {
	c.Send('D', append([]byte{command}, Strings(pairs...)...))
}

// Connect tells of a client; family is '4', '6', 'L' or 'U'.
func (c *Client) Connect(host string, family byte, port uint16, address string) (Answer, error) {
	data := append(Strings(host), family)
	if family != 'U' {
		data = append(binary.BigEndian.AppendUint16(data, port), Strings(address)...)
	}
	return c.Command('C', data)
}

// Helo tells of HELO or EHLO.
func (c *Client) Helo(name string) (Answer, error) { return c.Command('H', Strings(name)) }

// Mail begins a message; the sender stands in angle brackets.
func (c *Client) Mail(sender string, args ...string) (Answer, error) {
	return c.Command('M', Strings(append([]string{sender}, args...)...))
}

// Rcpt adds a recipient, who stands in angle brackets.
func (c *Client) Rcpt(recipient string, args ...string) (Answer, error) {
	return c.Command('R', Strings(append([]string{recipient}, args...)...))
}

// Abort ends the message under way.
func (c *Client) Abort() error {
	c.Send('A', nil)
	return c.Flush()
}

// Quit ends the connection.
func (c *Client) Quit() error {
	c.Send('Q', nil)
	return errors.Join(c.Flush(), c.conn.Close())
}

// QuitNew ends the client's session and keeps the connection for another.
func (c *Client) QuitNew() error {
	c.Send('K', nil)
	return c.Flush()
}

// Content sends a message in CRLF lines from DATA to its end, as Postfix does,
// and gives the first answer that is not "continue", or the last.
func (c *Client) Content(message []byte) (Answer, error) {
	if a, err := c.Command('T', nil); err != nil || a.Code != 0 && a.Code != 'c' {
		return a, err
	}
	header, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	for _, field := range fields(header) {
		if a, err := c.Header(field[0], field[1]); err != nil || a.Code != 0 && a.Code != 'c' {
			return a, err
		}
	}
	if a, err := c.Command('N', nil); err != nil || a.Code != 0 && a.Code != 'c' {
		return a, err
	}
	for len(body) > 0 {
		n := min(len(body), 65535)
		a, err := c.Command('B', body[:n])
		if err != nil || a.Code != 0 && a.Code != 'c' && a.Code != 's' {
			return a, err
		}
		if body = body[n:]; a.Code == 's' {
			break
		}
	}
	return c.Command('E', nil)
}

// Header sends one field; value is what follows the colon. The blank after
// the colon is left out unless the filter asked for it.
func (c *Client) Header(name, value string) (Answer, error) {
	if c.Protocol&0x100000 == 0 {
		value = strings.TrimPrefix(value, " ")
	}
	return c.Command('L', Strings(name, strings.ReplaceAll(value, "\r\n", "\n")))
}

// fields takes a header apart into names and values as they stand.
func fields(header []byte) [][2]string {
	var out [][2]string
	for line := range strings.SplitSeq(string(header), "\r\n") {
		if n := len(out); n > 0 && line != "" && (line[0] == ' ' || line[0] == '\t') {
			out[n-1][1] += "\r\n" + line
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			out = append(out, [2]string{name, value})
		}
	}
	return out
}
