package policy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"postern/internal/listen"
)

// conn is one mail server process that asks, one request after the other.
type conn struct {
	server *Server
	net    net.Conn
	in     *reader
	out    *bufio.Writer
	log    *slog.Logger

	mu       sync.Mutex
	busy     bool // a request is being read or answered
	draining bool
}

// errDrained ends a connection because the daemon stops.
var errDrained = errors.New("the daemon stops")

func newConn(s *Server, nc net.Conn) *conn {
	peer := "unix"
	if a := nc.RemoteAddr(); a != nil && a.Network() != "unix" {
		peer = a.String()
	}
	nc = listen.Quick(nc)
	return &conn{server: s, net: nc, in: newReader(nc), out: bufio.NewWriterSize(nc, 4096), log: s.log.With("peer", peer)}
}

// drain ends the connection, at once where no request is under way.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if !c.busy {
		_ = c.net.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
	}
}

// begin notes that a request is under way, with the time it may take to
// arrive.
func (c *conn) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = true
	return c.net.SetReadDeadline(time.Now().Add(c.server.opts.ReadTimeout.Std()))
}

// end notes that none is, and how long the next may be waited for.
func (c *conn) end() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	if c.draining {
		return errDrained
	}
	return c.net.SetReadDeadline(time.Now().Add(c.server.opts.IdleTimeout.Std()))
}

// serve answers requests until something ends the connection, and says what
// if it should not have.
func (c *conn) serve(ctx context.Context) {
	var err error
	for err == nil {
		err = c.next(ctx)
	}
	// What was answered before goes out whatever came behind it.
	err = errors.Join(err, c.flush())
	c.mu.Lock()
	idle := !c.busy && errors.Is(err, os.ErrDeadlineExceeded)
	c.mu.Unlock()
	switch {
	case errors.Is(err, errDrained), errors.Is(err, io.EOF), idle:
	case errors.Is(err, net.ErrClosed) && ctx.Err() != nil: // cut off by drain
	default:
		c.server.counts.faults.Add(1)
		c.log.Warn("closing a connection without an answer", "error", err)
	}
}

// next answers one request. Several may come at once; their answers leave
// together.
func (c *conn) next(ctx context.Context) error {
	if !c.in.more() {
		if err := c.flush(); err != nil {
			return err
		}
		if err := c.end(); err != nil {
			return err
		}
		if err := c.in.begins(); err != nil {
			return err
		}
		if err := c.begin(); err != nil {
			return err
		}
	}
	attributes, err := c.in.read()
	if err != nil {
		return err
	}
	line, err := c.answer(ctx, attributes)
	if err != nil {
		c.server.counts.unanswered.Add(1)
		return err
	}
	c.server.counts.requests.Add(1)
	for _, part := range []string{"action=", line, "\n\n"} {
		if _, err := c.out.WriteString(part); err != nil {
			return err
		}
	}
	return nil
}

// answer asks for a decision. A panic on the way leaves one request without an
// answer, and all others alone.
func (c *conn) answer(ctx context.Context, attributes Attributes) (line string, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.server.counts.panics.Add(1)
			c.log.Error("panic while answering", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, c.server.opts.Timeout.Std())
	defer cancel()
	s, request := Session(attributes, c.server.now())
	action, err := c.server.decide.Decide(ctx, s, request)
	if err != nil {
		return "", fmt.Errorf("deciding on a request at %s from %s: %w", request.State, s.Client.IP, err)
	}
	if line, err = action.line(); err != nil {
		return "", fmt.Errorf("answering a request at %s from %s: %w", request.State, s.Client.IP, err)
	}
	return line, nil
}

// flush sends the answers.
func (c *conn) flush() error {
	if c.out.Buffered() == 0 {
		return nil
	}
	if err := c.net.SetWriteDeadline(time.Now().Add(c.server.opts.ReadTimeout.Std())); err != nil {
		return err
	}
	return c.out.Flush()
}
