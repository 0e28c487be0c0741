package policy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/listen"
)

// Server is the door.
type Server struct {
	opts   Options
	decide Decider
	log    *slog.Logger
	now    func() time.Time
	counts counts

	mu          sync.Mutex
	listener    net.Listener
	connections map[*conn]bool
	draining    bool
	warned      time.Time // when the last connection too many was reported
}

// counts are the numbers behind Stats.
type counts struct{ accepted, refused, requests, unanswered, faults, panics atomic.Uint64 }

// Stats says what the door has done since it was made.
type Stats struct {
	// Listen is the address the door listens on, "" when it does not.
	Listen string
	// Connections are open now; Accepted is how many there ever were, Refused
	// how many were too many.
	Connections       int
	Accepted, Refused uint64
	// Requests were answered; for Unanswered ones there was no decision.
	Requests, Unanswered uint64
	// Faults are connections closed because of what came, or did not come.
	Faults uint64
	// Panics caught while answering.
	Panics uint64
}

// New makes a door that asks d. The options must be valid.
func New(opts Options, d Decider, log *slog.Logger) *Server {
	return &Server{opts: opts, decide: d, log: log.With("door", Name), now: time.Now, connections: map[*conn]bool{}}
}

// Stats gives the door's numbers; safe at any time.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Connections: len(s.connections), Accepted: s.counts.accepted.Load(), Refused: s.counts.refused.Load(),
		Requests: s.counts.requests.Load(), Unanswered: s.counts.unanswered.Load(),
		Faults: s.counts.faults.Load(), Panics: s.counts.panics.Load(),
	}
	if s.listener != nil {
		st.Listen = listen.Name(s.listener)
	}
	return st
}

// Addr is the address listened on; nil when the door is off.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Listen opens the door's socket, and does nothing where Options.Listen is
// empty. Mail servers wait until Serve is called.
func (s *Server) Listen(ctx context.Context) error {
	l, err := listen.Open(ctx, s.opts.Listen, s.opts.SocketMode)
	if err != nil {
		return fmt.Errorf("opening door %s: %w", Name, err)
	}
	if l != nil {
		s.mu.Lock()
		s.listener = l
		s.mu.Unlock()
	}
	return nil
}

// Serve answers until ctx ends, then lets requests under way be answered for
// at most Options.Drain. No goroutine is left when it returns. It returns at
// once when Listen opened nothing.
func (s *Server) Serve(ctx context.Context) error {
	if s.Addr() == nil {
		return nil
	}
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { s.accept(hard, &all) })
	<-ctx.Done()
	s.drain()
	s.waitOrClose(&all, cancel)
	return nil
}

// accept takes connections until the door is closed.
func (s *Server) accept(ctx context.Context, all *sync.WaitGroup) {
	for wait := time.Duration(0); ; {
		nc, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Usually too many open files, which passes.
			wait = min(2*wait+5*time.Millisecond, time.Second)
			s.log.Error("accepting a connection", "error", err)
			time.Sleep(wait)
			continue
		}
		wait = 0
		c := newConn(s, nc)
		if !s.admit(c) {
			_ = nc.Close() // nothing was said on it
			continue
		}
		s.counts.accepted.Add(1)
		all.Go(func() {
			defer s.release(c)
			c.serve(ctx)
		})
	}
}

// admit notes a connection unless there are too many, which is logged now and
// then.
func (s *Server) admit(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	if len(s.connections) < s.opts.MaxConnections {
		s.connections[c] = true
		return true
	}
	s.counts.refused.Add(1)
	if now := s.now(); now.Sub(s.warned) > 10*time.Second {
		s.warned = now
		s.log.Warn("too many connections: closing new ones", "max_connections", s.opts.MaxConnections)
	}
	return false
}

func (s *Server) release(c *conn) {
	_ = c.net.Close() // it may be closed already
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
}

// drain stops accepting and ends connections as soon as they have no request.
func (s *Server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		s.log.Warn("closing the door", "error", err)
	}
	for c := range s.connections {
		c.drain()
	}
}

// waitOrClose waits for the requests under way and cuts off what is left when
// the time is over.
func (s *Server) waitOrClose(all *sync.WaitGroup, cancel context.CancelFunc) {
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	timer := time.NewTimer(s.opts.Drain.Std())
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	}
	cancel()
	s.mu.Lock()
	s.log.Warn("stopping with requests unanswered", "connections", len(s.connections))
	for c := range s.connections {
		_ = c.net.Close() // its goroutine notices
	}
	s.mu.Unlock()
	<-done
}
