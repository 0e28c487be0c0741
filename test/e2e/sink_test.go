package e2e

import (
	"bufio"
	"bytes"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// sink is the next hop: an SMTP server that takes everything and keeps it.
type sink struct {
	address string

	mu       sync.Mutex
	messages []received
	more     chan struct{}
}

// received is one message that arrived at the sink.
type received struct {
	sender     string
	recipients []string
	data       []byte
}

// header gives the message's header fields as they arrived.
func (r received) header(t testing.TB) mail.Header {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(r.data))
	if err != nil {
		t.Fatalf("what arrived is no message: %v\n%s", err, r.data)
	}
	return m.Header
}

// startSink listens on a port of its own.
func startSink(t testing.TB) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{address: l.Addr().String(), more: make(chan struct{})}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

// serve speaks just enough SMTP for Postfix's client.
func (s *sink) serve(c net.Conn) {
	defer c.Close()
	tc := textproto.NewConn(c)
	say := func(line string) { _ = tc.PrintfLine("%s", line) }
	say("220 sink.example.net ESMTP")
	var m received
	for {
		line, err := tc.ReadLine()
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(line, ":")
		switch strings.ToUpper(verb) {
		case "MAIL FROM":
			m = received{sender: path(arg)}
		case "RCPT TO":
			m.recipients = append(m.recipients, path(arg))
		case "DATA":
			say("354 go on")
			if m.data, err = tc.ReadDotBytes(); err != nil {
				return
			}
			s.keep(m)
		case "QUIT":
			say("221 bye")
			return
		}
		if strings.HasPrefix(strings.ToUpper(verb), "EHLO") {
			say("250-sink.example.net\r\n250-8BITMIME\r\n250 SMTPUTF8")
			continue
		}
		say("250 2.0.0 Ok")
	}
}

// path takes the address out of <address> PARAMETERS.
func path(arg string) string {
	a, _, _ := strings.Cut(strings.TrimSpace(arg), " ")
	return strings.Trim(a, "<>")
}

func (s *sink) keep(m received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.more)
	s.more = make(chan struct{})
}

// all gives what arrived so far.
func (s *sink) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.messages...)
}

// wait waits until n messages have arrived and gives them.
func (s *sink) wait(t testing.TB, n int) []received {
	t.Helper()
	deadline := time.After(90 * time.Second)
	for {
		s.mu.Lock()
		have, more := len(s.messages), s.more
		s.mu.Unlock()
		if have >= n {
			return s.all()
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("%d messages arrived, want %d", have, n)
		}
	}
}

// smtpSend hands one message to a server over one connection and gives the
// replies to each recipient and to the data. xclient announces another
// client, as a front end would; "" announces none.
func smtpSend(address, xclient, sender string, recipients []string, data string) (rcpts []string, final string, err error) {
	c, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return nil, "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		return nil, "", err
	}
	d := &dialogue{r: bufio.NewReader(c), c: c}
	d.expect("")
	if xclient != "" {
		d.expect("EHLO front.example.net")
		d.expect("XCLIENT " + xclient)
	}
	d.expect("EHLO client.example.com")
	if reply := d.expect("MAIL FROM:<" + sender + ">"); d.err == nil && !strings.HasPrefix(reply, "2") {
		return nil, reply, nil
	}
	accepted := 0
	for _, r := range recipients {
		reply := d.expect("RCPT TO:<" + r + ">")
		rcpts = append(rcpts, reply)
		if strings.HasPrefix(reply, "2") {
			accepted++
		}
	}
	if accepted > 0 && d.err == nil {
		if reply := d.expect("DATA"); strings.HasPrefix(reply, "354") {
			final = d.expect(strings.ReplaceAll(data, "\n", "\r\n") + "\r\n.")
		} else {
			final = reply
		}
	}
	d.expect("QUIT")
	return rcpts, final, d.err
}

// dialogue is an SMTP client's conversation; after an error it says no more.
type dialogue struct {
	r   *bufio.Reader
	c   net.Conn
	err error
}

// expect sends a command, unless it is empty, and gives the reply in one line.
func (d *dialogue) expect(command string) string {
	if d.err != nil {
		return ""
	}
	if command != "" {
		if _, d.err = d.c.Write([]byte(command + "\r\n")); d.err != nil {
			return ""
		}
	}
	var lines []string
	for {
		var line string
		if line, d.err = d.r.ReadString('\n'); d.err != nil {
			return strings.Join(lines, " ")
		}
		line = strings.TrimRight(line, "\r\n")
		lines = append(lines, line)
		if len(line) < 4 || line[3] != '-' {
			return strings.Join(lines, " ")
		}
	}
}
