package dns

import (
	"bufio"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// downAfter is the number of questions in a row without an answer after
	// which a server is asked last, for downFor.
	downAfter = 3
	downFor   = 15 * time.Second
	// rereadAfter is how long the system's list of servers is good.
	rereadAfter = 10 * time.Second
	// resolvConf is where the system lists its servers.
	resolvConf = "/etc/resolv.conf"
)

// server is one recursive server.
type server struct {
	addr netip.AddrPort
	// name is the address in text.
	name string

	sent, answered, failed atomic.Uint64

	mu     sync.Mutex
	missed int       // in a row
	until  time.Time // when it is asked first again
}

func newServer(ap netip.AddrPort) *server { return &server{addr: ap, name: ap.String()} }

// down tells whether the server is known not to answer.
func (s *server) down(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.until)
}

// note counts whether the server answered and tells whether that makes it
// down, or up again.
func (s *server) note(answered bool, now time.Time) (wentDown, cameUp bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		cameUp = s.missed >= downAfter
		s.missed, s.until = 0, time.Time{}
		return false, cameUp
	}
	s.missed++
	if s.missed >= downAfter {
		s.until = now.Add(downFor)
	}
	return s.missed == downAfter, false
}

// servers are those to ask: fixed ones, or those of the system's file, which
// is read again when it changes.
type servers struct {
	file string // "" for fixed ones
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	list    []*server
	checked time.Time
	changed time.Time
}

// newServers takes the addresses, or reads the file where there are none.
func newServers(addresses []string, file string, log *slog.Logger, now func() time.Time) (*servers, error) {
	s := &servers{log: log, now: now}
	for _, a := range addresses {
		ap, err := parseServer(a)
		if err != nil {
			return nil, err
		}
		s.list = append(s.list, newServer(ap))
	}
	if len(s.list) > 0 {
		return s, nil
	}
	s.file, s.checked = file, now()
	list, err := readResolvConf(file)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if len(list) == 0 {
		// As resolv.conf(5) has it: without a word there is one on this host.
		list = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")}
	}
	s.take(list)
	s.changed = modified(file)
	return s, nil
}

// order gives the servers in the order in which to ask: those that answer
// first.
func (s *servers) order() []*server {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.file != "" && now.Sub(s.checked) >= rereadAfter {
		s.checked = now
		s.reread()
	}
	list := make([]*server, 0, len(s.list))
	for _, wantDown := range [...]bool{false, true} {
		for _, srv := range s.list {
			if srv.down(now) == wantDown && len(list) < cap(list) {
				list = append(list, srv)
			}
		}
	}
	return list
}

// all gives the servers as they are configured.
func (s *servers) all() []*server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*server(nil), s.list...)
}

// reread reads the file again if it changed. What cannot be read leaves the
// servers as they are.
func (s *servers) reread() {
	at := modified(s.file)
	if at.IsZero() || at.Equal(s.changed) {
		return
	}
	s.changed = at
	list, err := readResolvConf(s.file)
	if err != nil || len(list) == 0 {
		s.log.Warn("the system's list of DNS servers is of no use, the old servers stay", "file", s.file, "error", err)
		return
	}
	s.take(list)
	s.log.Info("DNS servers changed", "file", s.file, "servers", list)
}

// take makes these the servers; those that stay keep what is known of them.
func (s *servers) take(list []netip.AddrPort) {
	old := s.list
	s.list = nil
	for _, ap := range list {
		srv := newServer(ap)
		for _, o := range old {
			if o.addr == ap {
				srv = o
			}
		}
		s.list = append(s.list, srv)
	}
}

func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// readResolvConf takes the servers from a file in the form of resolv.conf(5).
// Search lists are not used: what stands in mail are full names.
func readResolvConf(file string) ([]netip.AddrPort, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []netip.AddrPort
	lines := bufio.NewScanner(f)
	for lines.Scan() && len(list) < maxServers {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		if ap, err := parseServer(words[1]); err == nil {
			list = append(list, ap)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the DNS servers of %s: %w", file, err)
	}
	return list, nil
}
