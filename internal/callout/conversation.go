package callout

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Dialer opens connections; *net.Dialer is one. network is "tcp" or "unix".
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// conversation is one connection to a mail server. Every step has a deadline,
// which no amount of slow octets extends; when ctx ends, so does the
// connection.
type conversation struct {
	conn net.Conn
	in   *bufio.Reader
	step time.Duration
	// encrypted tells that TLS is in use.
	encrypted bool
	release   func() bool
}

// farewell is how long the server has to answer RSET and QUIT: the answer is
// of no interest.
const farewell = 2 * time.Second

// dial connects to a server.
func dial(ctx context.Context, d Dialer, p place, connect, step time.Duration) (*conversation, error) {
	dialing, cancel := context.WithTimeout(ctx, connect)
	defer cancel()
	conn, err := d.DialContext(dialing, p.network, p.address)
	if err != nil {
		if dialing.Err() != nil {
			err = os.ErrDeadlineExceeded
		}
		return nil, err
	}
	c := &conversation{conn: conn, in: newReplyReader(conn), step: step}
	// Closing what is closed already does no harm.
	c.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return c, nil
}

// greeting reads what the server says first.
func (c *conversation) greeting() (reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(c.step)); err != nil {
		return reply{}, err
	}
	return readReply(c.in)
}

// say sends one command and reads the reply. What the server said before it
// was asked is no reply to it.
func (c *conversation) say(format string, args ...any) (reply, error) {
	if c.in.Buffered() > 0 {
		return reply{}, broken("it answers before it was asked")
	}
	if err := c.conn.SetDeadline(time.Now().Add(c.step)); err != nil {
		return reply{}, err
	}
	if _, err := fmt.Fprintf(c.conn, format+"\r\n", args...); err != nil {
		return reply{}, err
	}
	return readReply(c.in)
}

// encrypt begins TLS after the server's 220. The certificate is not looked
// at: who listens in between could have taken the offer of TLS away just as
// well (RFC 7435).
func (c *conversation) encrypt(ctx context.Context, name string) error {
	if c.in.Buffered() > 0 {
		// Plain text sent ahead would be taken for part of the encrypted
		// conversation.
		return broken("it sends plain text after STARTTLS")
	}
	if err := c.conn.SetDeadline(time.Now().Add(c.step)); err != nil {
		return err
	}
	t := tls.Client(c.conn, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err := t.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	c.conn, c.in, c.encrypted = t, newReplyReader(t), true
	return nil
}

// leave ends the transaction and the connection.
func (c *conversation) leave(polite bool) {
	if polite && c.in.Buffered() == 0 && c.conn.SetDeadline(time.Now().Add(min(c.step, farewell))) == nil {
		if _, err := io.WriteString(c.conn, "RSET\r\n"); err == nil {
			if _, err := readReply(c.in); err == nil {
				// Whatever comes back, the connection ends here.
				if _, err := io.WriteString(c.conn, "QUIT\r\n"); err == nil {
					_, _ = readReply(c.in)
				}
			}
		}
	}
	c.close()
}

// close ends the connection without a word.
func (c *conversation) close() {
	c.release()
	_ = c.conn.Close()
}

// timedOut tells whether the error is a deadline that passed.
func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

// systemTexts are the words in which a mail log has the common errors.
var systemTexts = map[syscall.Errno]string{
	syscall.ECONNREFUSED: "Connection refused",
	syscall.ECONNRESET:   "Connection reset by peer",
	syscall.ENETUNREACH:  "Network is unreachable",
	syscall.EHOSTUNREACH: "No route to host",
	syscall.ETIMEDOUT:    "Connection timed out",
	syscall.ENOENT:       "No such file or directory",
	syscall.EACCES:       "Permission denied",
}

// systemText says why a connection could not be opened.
func systemText(err error) string {
	var errno syscall.Errno
	switch {
	case timedOut(err):
		return "Connection timed out"
	case errors.As(err, &errno) && systemTexts[errno] != "":
		return systemTexts[errno]
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}
