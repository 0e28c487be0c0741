// Package dnstest is a domain name server for tests: a real one, on loopback,
// over UDP and TCP, that serves zones given by the test and misbehaves on
// demand. What it serves and how can be changed while it runs.
package dnstest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/unit"
)

// Server is a name server on loopback. Its methods may be called at any time,
// from any goroutine.
type Server struct {
	udp net.PacketConn
	tcp net.Listener
	// ctx ends when the server closes.
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu       sync.Mutex
	zone     *zone
	faults   map[string]Fault // by name; "" for all
	asked    map[Question]int
	total    int
	overTCP  int
	conns    map[net.Conn]bool
	negative time.Duration
	noSOA    bool
	ad       bool
	oneAlias bool
}

// Question is what was asked: a name in lower case without a dot at the end,
// and a type.
type Question struct {
	Name string
	Type dns.Type
}

// New starts a server that serves the given zones (see Load) until the test
// ends.
func New(t testing.TB, zones ...string) *Server {
	t.Helper()
	var s *Server
	var err error
	s, err = Start(zones...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server that serves the given zones (see Load) until it is
// closed, at a port of its own choice.
func Start(zones ...string) (*Server, error) { return StartAt("127.0.0.1:0", zones...) }

// StartAt is Start at a given address and port, for programs that can only
// ask at port 53; with port 0 it takes a free one.
func StartAt(address string, zones ...string) (*Server, error) {
	s := &Server{
		zone: newZone(), faults: map[string]Fault{}, asked: map[Question]int{}, conns: map[net.Conn]bool{},
		negative: time.Minute,
	}
	for _, z := range zones {
		if err := s.Load(z); err != nil {
			return nil, err
		}
	}
	if err := s.listen(address); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wait.Add(2)
	go s.serveUDP()
	go s.serveTCP()
	return s, nil
}

// listen opens a port for both protocols. One that is free for the first may
// be taken for the second; where it may be any port, it tries others.
func (s *Server) listen(address string) error {
	const tries = 20
	var last error
	for range tries {
		tcp, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("opening a port for the test's name server: %w", err)
		}
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err == nil {
			s.tcp, s.udp = tcp, udp
			return nil
		}
		last = errors.Join(err, tcp.Close())
	}
	return fmt.Errorf("opening a port for the test's name server: %w", last)
}

// Close stops the server.
func (s *Server) Close() {
	s.cancel()
	// There is nobody to tell that a closed server did not close well.
	_ = s.udp.Close()
	_ = s.tcp.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// Addr is the server's address and port, as dns.Options.Servers takes it.
func (s *Server) Addr() string { return s.udp.LocalAddr().String() }

// AddrPort is the same as a value.
func (s *Server) AddrPort() netip.AddrPort { return netip.MustParseAddrPort(s.Addr()) }

// Options are options of a resolver that asks this server only, and waits
// long enough for a busy machine.
func (s *Server) Options() dns.Options {
	o := dns.DefaultOptions()
	o.Servers = []string{s.Addr()}
	o.Timeout = unit.Duration(5 * time.Second)
	o.Deadline = unit.Duration(20 * time.Second)
	return o
}

// Resolver gives a resolver that asks this server only, with what change
// makes of its Options; it is closed when the test ends.
func (s *Server) Resolver(t testing.TB, change ...func(*dns.Options)) *dns.Resolver {
	t.Helper()
	o := s.Options()
	for _, c := range change {
		c(&o)
	}
	r, err := dns.New(o, dns.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// maxDatagram is the largest query that is read.
const maxDatagram = 4096

func (s *Server) serveUDP() {
	defer s.wait.Done()
	for {
		buf := make([]byte, maxDatagram)
		n, from, err := s.udp.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		s.wait.Add(1)
		go func() {
			defer s.wait.Done()
			for _, msg := range s.respond(buf[:n], false) {
				// A client that has gone needs no answer.
				_, _ = s.udp.WriteTo(msg, from)
			}
		}()
	}
}

func (s *Server) serveTCP() {
	defer s.wait.Done()
	for {
		conn, err := s.tcp.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.wait.Add(1)
		go func() {
			defer s.wait.Done()
			s.converse(conn)
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		}()
	}
}

// converse answers the questions of one connection.
func (s *Server) converse(conn net.Conn) {
	defer conn.Close()
	for s.ctx.Err() == nil {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answers := s.respond(query, true)
		if len(answers) == 0 {
			return // a lost answer is a closed connection here
		}
		for _, msg := range answers {
			out := binary.BigEndian.AppendUint16(nil, uint16(len(msg)))
			if _, err := conn.Write(append(out, msg...)); err != nil {
				return
			}
		}
	}
}

// pause waits, unless the server closes before.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
