package callout

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
)

// script is how a fake mail server behaves.
type script struct {
	// replies by verb ("" is the greeting), or by whole command such as
	// "RCPT TO:<a@b>"; each may have several lines. "close" hangs up, "hang"
	// says nothing any more.
	replies map[string]string
	// raw takes the connection over.
	raw func(net.Conn)
	// tls is what STARTTLS begins; nil refuses it.
	tls *tls.Config
	// gate is read before every RCPT is answered; nil for no waiting.
	gate chan struct{}
}

// fakeServer is a mail server on loopback.
type fakeServer struct {
	script script
	ln     net.Listener
	group  sync.WaitGroup
	done   chan struct{}
	mu     sync.Mutex
	said   []string
	conns  []net.Conn
	rcpt   chan string // gets every RCPT command
}

func serve(t *testing.T, network string, s script) *fakeServer {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = t.TempDir() + "/lmtp"
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeServer{script: s, ln: ln, done: make(chan struct{}), rcpt: make(chan string, 1000)}
	f.group.Go(f.accept)
	t.Cleanup(f.close)
	return f
}

func (f *fakeServer) close() {
	select {
	case <-f.done:
		return
	default:
	}
	close(f.done)
	_ = f.ln.Close()
	f.mu.Lock()
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.mu.Unlock()
	f.group.Wait()
}

func (f *fakeServer) accept() {
	for {
		c, err := f.ln.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		f.conns = append(f.conns, c)
		f.mu.Unlock()
		f.group.Go(func() {
			defer c.Close()
			if f.script.raw != nil {
				f.script.raw(c)
				return
			}
			f.converse(c)
		})
	}
}

// commands gives what clients said, in order.
func (f *fakeServer) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.said)
}

func (f *fakeServer) converse(c net.Conn) {
	if !f.reply(c, "") {
		return
	}
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		f.mu.Lock()
		f.said = append(f.said, line)
		f.mu.Unlock()
		verb, _, _ := strings.Cut(line, " ")
		if verb == "RCPT" {
			f.rcpt <- line
			if f.script.gate != nil {
				select {
				case <-f.script.gate:
				case <-f.done:
					return
				}
			}
		}
		if !f.reply(c, line) {
			return
		}
		if verb == "STARTTLS" && f.script.tls != nil {
			t := tls.Server(c, f.script.tls)
			if t.Handshake() != nil {
				return
			}
			c, in = t, bufio.NewReader(t)
		}
	}
}

var fakeReplies = map[string]string{
	"": "220 fake ESMTP", "EHLO": "250-fake\n250 8BITMIME", "HELO": "250 fake", "LHLO": "250-fake\n250 8BITMIME",
	"MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "RSET": "250 2.0.0 Ok", "QUIT": "221 2.0.0 Bye",
	"STARTTLS": "220 2.0.0 Ready",
}

// reply answers a command; false ends the connection.
func (f *fakeServer) reply(c net.Conn, line string) bool {
	verb, _, _ := strings.Cut(line, " ")
	text, ok := f.script.replies[line]
	if !ok {
		text, ok = f.script.replies[verb]
	}
	if !ok {
		text, ok = fakeReplies[verb]
	}
	switch {
	case !ok:
		text = "500 5.5.2 what?"
	case text == "close":
		return false
	case text == "hang":
		<-f.done
		return false
	}
	_, err := fmt.Fprint(c, strings.ReplaceAll(text, "\n", "\r\n")+"\r\n")
	return err == nil && verb != "QUIT"
}

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is the Internet of a test: its names, its servers by address, and who
// was connected to.
type world struct {
	t       *testing.T
	clock   clock
	mx      map[string][]dns.MX
	a       map[string][]netip.Addr
	broken  map[string]bool // names that give no answer for now
	mu      sync.Mutex
	servers map[string]*fakeServer // by IP
	dialed  []string
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, clock: clock{now: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)},
		mx: map[string][]dns.MX{}, a: map[string][]netip.Addr{}, broken: map[string]bool{}, servers: map[string]*fakeServer{},
	}
}

func (w *world) err(name string, kind dns.Type) error {
	if w.broken[name] {
		return &dns.Error{Name: name, Type: kind, Kind: dns.ErrTemporary}
	}
	return &dns.Error{Name: name, Type: kind, Kind: dns.ErrNotFound}
}

func (w *world) MX(_ context.Context, domain string) ([]dns.MX, error) {
	if list, ok := w.mx[domain]; ok {
		return list, nil
	}
	return nil, w.err(domain, dns.TypeMX)
}

func (w *world) addresses(name string, six bool, kind dns.Type) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, ip := range w.a[name] {
		if ip.Is6() == six {
			list = append(list, ip)
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	return nil, w.err(name, kind)
}

func (w *world) A(_ context.Context, name string) ([]netip.Addr, error) {
	return w.addresses(name, false, dns.TypeA)
}

func (w *world) AAAA(_ context.Context, name string) ([]netip.Addr, error) {
	return w.addresses(name, true, dns.TypeAAAA)
}

// host gives a name its addresses.
func (w *world) host(name string, ips ...string) {
	for _, ip := range ips {
		w.a[name] = append(w.a[name], netip.MustParseAddr(ip))
	}
}

// server puts a fake server at an address.
func (w *world) server(ip string, s script) *fakeServer {
	f := serve(w.t, "tcp", s)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.servers[ip] = f
	return f
}

// DialContext connects to the fake servers; where there is none, the
// connection is refused. Unix sockets are real.
func (w *world) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, address)
	host, _, _ := net.SplitHostPort(address)
	f := w.servers[host]
	w.mu.Unlock()
	if network == "tcp" {
		if f == nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		address = f.ln.Addr().String()
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (w *world) dials() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dialed)
}

// testOptions verify, and wait for the answer.
func testOptions() Options {
	o := DefaultOptions()
	o.Enabled, o.HELO = true, "mx.postern.example"
	o.Wait, o.CommandTimeout = o.ProbeTimeout, o.ProbeTimeout
	return o
}

// verifier makes a Verifier in the world.
func (w *world) verifier(change func(*Options, *Environment)) *Verifier {
	w.t.Helper()
	o := testOptions()
	env := Environment{Resolver: w, Dialer: w, OwnAddresses: []netip.Addr{netip.MustParseAddr("203.0.113.1")}, Now: w.clock.Now}
	if change != nil {
		change(&o, &env)
	}
	v, err := New(o, env)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(v.Close)
	return v
}

func address(t *testing.T, s string) addr.Address {
	t.Helper()
	a, err := addr.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sender asks for a sender's address on behalf of a client at 198.51.100.77.
func sender(t *testing.T, s string) Request {
	return Request{Address: address(t, s), Kind: Sender, Client: netip.MustParseAddr("198.51.100.77")}
}

// idle waits until no probe is under way.
func idle(v *Verifier) { v.group.Wait() }
