// Package rspamd is the door for programs that know how to ask rspamd: rspamc,
// Exim, Haraka, filters of OpenSMTPD and the like. They hand over a message
// by HTTP with what is known of its delivery in headers, and read the verdict
// as JSON in rspamd's words. Exim's older text protocol comes by the same
// port.
package rspamd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/semaphore"

	"postern/internal/engine"
	"postern/internal/listen"
	"postern/internal/message"
	"postern/internal/session"
)

// Name is the door's name in sessions, logs and metrics.
const Name = "rspamd"

// Bounds on requests that are not worth a key in the configuration.
const (
	maxHeader    = 256 << 10
	writeTimeout = 30 * time.Second
	// endTimeout is how long requests cut off at the end of the drain may
	// take to notice.
	endTimeout = 2 * time.Second
)

// Engine opens transactions; *engine.Handle is one.
type Engine interface {
	Open(s *session.Session) *engine.Transaction
}

// Server is the door.
type Server struct {
	opts   Options
	open   func(*session.Session) transaction
	limits message.Limits
	log    *slog.Logger
	now    func() time.Time
	room   *semaphore.Weighted
	coder  *coder

	listener net.Listener
	running  sync.WaitGroup // requests
	counts   counts
}

// counts are the numbers behind Stats.
type counts struct {
	open                         atomic.Int64
	accepted, messages, failures atomic.Uint64
}

// Stats says what the door has done since it was opened.
type Stats struct {
	// Listen is the address the door listens on, "" when it does not.
	Listen string
	// Connections are open now; Accepted is how many there ever were.
	Connections int64
	Accepted    uint64
	// Messages were answered with a verdict, Failures with an error.
	Messages, Failures uint64
}

// New makes a door that asks eng. The options must be valid.
func New(opts Options, eng Engine, limits message.Limits, log *slog.Logger) *Server {
	return &Server{
		opts:   opts,
		open:   func(s *session.Session) transaction { return eng.Open(s) },
		limits: limits,
		log:    log.With("door", Name),
		now:    time.Now,
		room:   semaphore.NewWeighted(int64(opts.MaxBuffered)),
		coder:  newCoder(int64(opts.MaxSize)),
	}
}

// Stats gives the door's numbers; safe at any time after Listen.
func (s *Server) Stats() Stats {
	st := Stats{
		Connections: s.counts.open.Load(), Accepted: s.counts.accepted.Load(),
		Messages: s.counts.messages.Load(), Failures: s.counts.failures.Load(),
	}
	if s.listener != nil {
		st.Listen = listen.Name(s.listener)
	}
	return st
}

// Addr is the address listened on; nil when the door is off.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Listen opens the door's socket, and does nothing where Options.Listen is
// empty. Clients wait until Serve is called.
func (s *Server) Listen(ctx context.Context) error {
	if s.opts.Listen == "" {
		return nil
	}
	l, err := listen.Open(ctx, s.opts.Listen, s.opts.SocketMode)
	if err != nil {
		return fmt.Errorf("opening door %s: %w", Name, err)
	}
	s.listener = l
	return nil
}

// Handler answers the door's requests on another listener: rspamd's controller
// examines mail too, and rspamc asks it unless told otherwise. Its requests
// are waited for when Serve ends.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// Serve answers requests until ctx ends, then lets those that run come to
// their end for at most Options.Drain. It returns nil after a stop
// that was asked for, and at once when Listen opened nothing.
func (s *Server) Serve(ctx context.Context) error {
	if s.listener == nil {
		return nil
	}
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	srv := &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: s.opts.ReadTimeout.Std(),
		ReadTimeout:       s.opts.ReadTimeout.Std(),
		IdleTimeout:       s.opts.IdleTimeout.Std(),
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConn,
		ConnState:         s.connState,
		Protocols:         httpOnly(),

		DisableGeneralOptionsHandler: true,
	}
	done := make(chan error, 1)
	go func() {
		done <- srv.Serve(textListener{netutil.LimitListener(s.listener, s.opts.MaxConnections)})
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serving door %s: %w", Name, errors.Join(err, srv.Close()))
	case <-ctx.Done():
	}
	s.drain(srv, cut)
	<-done
	return nil
}

// drain lets running requests end, then cuts off those that do not.
func (s *Server) drain(srv *http.Server, cut context.CancelFunc) {
	patience, cancel := context.WithTimeout(context.Background(), s.opts.Drain.Std())
	defer cancel()
	err := srv.Shutdown(patience)
	if err == nil && s.waitRunning(patience) {
		return
	}
	s.log.Warn("stopping with requests unanswered")
	cut()
	if err := srv.Close(); err != nil {
		s.log.Debug("closing connections", "error", err)
	}
	last, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	s.waitRunning(last)
}

// waitRunning waits for all requests, those of the text protocol too, which
// http.Server does not know any more.
func (s *Server) waitRunning(ctx context.Context) bool {
	idle := make(chan struct{})
	go func() {
		s.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return true
	case <-ctx.Done():
		return false
	}
}

// httpOnly admits HTTP/1 alone, which is what rspamd's clients speak.
func httpOnly() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.counts.open.Add(1)
		s.counts.accepted.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.counts.open.Add(-1)
	}
}

// connKey finds the connection in a request's context.
type connKey struct{}

// conn is a connection with the context it lives in, which does not end when
// the client stops sending.
type conn struct {
	ctx  context.Context
	text *textConn
}

func withConn(ctx context.Context, c net.Conn) context.Context {
	k := &conn{ctx: ctx}
	k.text, _ = c.(*textConn)
	return context.WithValue(ctx, connKey{}, k)
}
