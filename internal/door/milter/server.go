package milter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/message"
)

// Server is the milter door.
type Server struct {
	options Options
	engine  Engine
	limits  message.Limits
	log     *slog.Logger
	now     func() time.Time
	stats   counters
	// free keeps the *buffers of closed connections.
	free sync.Pool

	mu          sync.Mutex
	listener    net.Listener
	connections map[*stream]bool
	draining    bool
	warned      time.Time // when the last connection too many was reported
}

// counters are what Stats gives, as they change.
type counters struct {
	connections, refused, messages, faults, panics atomic.Int64
}

// Stats is what the door has done since it was made.
type Stats struct {
	// Connections accepted so far, and Active of them open now.
	Connections, Active int64
	// Refused connections, beyond MaxConnections.
	Refused int64
	// Messages handed to the engine.
	Messages int64
	// Faults are connections that ended by a breach of the protocol, a
	// deadline or a broken connection.
	Faults int64
	// Panics caught while serving a mail server.
	Panics int64
}

// New makes a door; Listen opens it. The options must be valid.
func New(options Options, engine Engine, limits message.Limits, log *slog.Logger) *Server {
	return &Server{
		options: options, engine: engine, limits: limits, log: log, now: time.Now,
		connections: map[*stream]bool{},
		free:        sync.Pool{New: func() any { return newBuffers() }},
	}
}

// Stats tells what the door has done.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	active := len(s.connections)
	s.mu.Unlock()
	return Stats{
		Connections: s.stats.connections.Load(), Active: int64(active), Refused: s.stats.refused.Load(),
		Messages: s.stats.messages.Load(), Faults: s.stats.faults.Load(), Panics: s.stats.panics.Load(),
	}
}

// Addr is where the door listens; nil before Listen and where it is off.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Listen opens the door without serving yet, so that a port in use is known
// before anything else happens. It does nothing where the door is off.
func (s *Server) Listen(ctx context.Context) error {
	network, address, err := splitListen(s.options.Listen)
	if err != nil || network == "" {
		return err
	}
	var l net.Listener
	if network == "unix" {
		l, err = listenUnix(ctx, address, s.options.SocketMode)
	} else {
		// Options.Timeout finds out about dead mail servers.
		config := net.ListenConfig{KeepAlive: -1}
		l, err = config.Listen(ctx, network, address)
	}
	if err != nil {
		return fmt.Errorf("opening the milter door at %s: %w", s.options.Listen, err)
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	return nil
}

// Serve serves mail servers until ctx ends, then closes idle connections and
// waits up to Options.Drain for messages under way. No goroutine is left when
// it returns. It calls Listen if nobody did.
func (s *Server) Serve(ctx context.Context) error {
	if s.Addr() == nil {
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	if s.Addr() == nil {
		return nil
	}
	// Verdicts under way outlive ctx, and end with hard at the latest.
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var sessions, watcher sync.WaitGroup
	ended := make(chan struct{})
	watcher.Go(func() { s.watch(ended) })
	sessions.Go(func() { s.accept(hard, &sessions) })
	<-ctx.Done()
	s.drain()
	s.waitOrClose(&sessions, cancel)
	close(ended)
	watcher.Wait()
	return nil
}

// accept waits for a connection and serves it. Whoever accepted one goes on
// with it in the same goroutine, and leaves accepting to another: the mail
// server waits for the former only.
func (s *Server) accept(ctx context.Context, sessions *sync.WaitGroup) {
	conn, ok := s.nextConnection()
	if !ok {
		return
	}
	sessions.Go(func() { s.accept(ctx, sessions) })
	memory := s.free.Get().(*buffers)
	defer func() {
		memory.free()
		s.free.Put(memory)
	}()
	st := newStream(conn, s.options, memory)
	if !s.admit(st) {
		_ = conn.Close() // nothing was said on it
		return
	}
	s.stats.connections.Add(1)
	defer s.release(st)
	s.converse(ctx, st)
}

// nextConnection waits for a connection; ok is false when the door is closed.
func (s *Server) nextConnection() (conn net.Conn, ok bool) {
	for wait := time.Duration(0); ; {
		conn, err := s.listener.Accept()
		if err == nil {
			return conn, true
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, false
		}
		// Usually too many open files, which passes.
		wait = min(2*wait+5*time.Millisecond, time.Second)
		s.log.Error("accepting a milter connection", "error", err)
		time.Sleep(wait)
	}
}

// watch ends reads and writes that take too long, until stop is closed.
func (s *Server) watch(stop <-chan struct{}) {
	every := min(s.options.StallTimeout.Std()/4, s.options.Timeout.Std()/4, time.Second)
	ticker := time.NewTicker(max(every, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-ticker.C:
			s.mu.Lock()
			for st := range s.connections {
				st.expire(now)
			}
			s.mu.Unlock()
		}
	}
}

// admit notes a connection unless there are too many, which is logged now and
// then.
func (s *Server) admit(st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	if len(s.connections) < s.options.MaxConnections {
		s.connections[st] = true
		return true
	}
	s.stats.refused.Add(1)
	if now := s.now(); now.Sub(s.warned) > 10*time.Second {
		s.warned = now
		s.log.Warn("too many milter connections: closing new ones", "max_connections", s.options.MaxConnections)
	}
	return false
}

func (s *Server) release(st *stream) {
	_ = st.conn.Close() // it may be closed already
	s.mu.Lock()
	delete(s.connections, st)
	s.mu.Unlock()
}

// converse speaks with one mail server and says how it ended.
func (s *Server) converse(ctx context.Context, st *stream) {
	log := s.log.With("door", "milter", "peer", peerName(st.conn))
	defer func() {
		if p := recover(); p != nil {
			s.stats.panics.Add(1)
			log.Error("panic while serving a mail server", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	d := newDialogue(s, st, log)
	defer d.content.giveBack(&st.content)
	err := d.run(ctx)
	switch {
	case errors.Is(err, errQuit), errors.Is(err, io.EOF), errors.Is(err, errDrained):
	case st.drained() && errors.Is(err, os.ErrDeadlineExceeded):
	default:
		s.stats.faults.Add(1)
		log.Warn("closing a milter connection", "error", err)
	}
}

// peerName names a mail server in the log.
func peerName(conn net.Conn) string {
	if a := conn.RemoteAddr(); a.Network() != "unix" {
		return a.String()
	}
	return "unix"
}

// drain stops accepting and closes connections without a message.
func (s *Server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return
	}
	s.draining = true
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		s.log.Warn("closing the milter door", "error", err)
	}
	for st := range s.connections {
		st.drain()
	}
}

// waitOrClose waits for the messages under way and closes what is left when
// the time is over.
func (s *Server) waitOrClose(sessions *sync.WaitGroup, cancel context.CancelFunc) {
	done := make(chan struct{})
	go func() {
		sessions.Wait()
		close(done)
	}()
	timer := time.NewTimer(s.options.Drain.Std())
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	}
	s.mu.Lock()
	s.log.Warn("messages under way did not finish in time: closing their connections", "connections", len(s.connections))
	for st := range s.connections {
		_ = st.conn.Close() // its goroutine notices
	}
	s.mu.Unlock()
	cancel()
	<-done
}
