package milter_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"postern/internal/door/milter"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

func TestUnixSocket(t *testing.T) {
	path := socketPath(t)
	onSocket := func(o *milter.Options) { o.Listen, o.SocketMode = "unix:"+path, "0606" }
	e := usual()
	d := open(t, e, onSocket)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o606 {
		t.Errorf("got mode %v, %v", info.Mode(), err)
	}
	deliver(t, d, e)

	second := milter.New(options(onSocket), e, message.DefaultLimits(), nil)
	if err := second.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), "another server is listening on "+path) {
		t.Errorf("a socket in use: got %v", err)
	}
	deliver(t, d, e)
}

// What a killed server leaves behind is removed.
func TestStaleSocket(t *testing.T) {
	path := socketPath(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	e := usual()
	deliver(t, open(t, e, func(o *milter.Options) { o.Listen = "unix:" + path }), e)
}

func TestNoSocket(t *testing.T) {
	path := socketPath(t)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for listen, want := range map[string]string{
		"unix:" + path:               "is not a socket",
		"unix:/nonexistent/dir/sock": "opening the milter door at unix:/nonexistent/dir/sock",
	} {
		s := milter.New(options(func(o *milter.Options) { o.Listen = listen }), usual(), message.DefaultLimits(), nil)
		if err := s.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", listen, err, want)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file is gone: %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	d := open(t, usual())
	address := d.Addr().String()
	s := milter.New(options(func(o *milter.Options) { o.Listen = address }), usual(), message.DefaultLimits(), nil)
	if err := s.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("got %v, want an error that names %s", err, address)
	}
}

func TestDoorOff(t *testing.T) {
	s := milter.New(options(func(o *milter.Options) { o.Listen = "" }), usual(), message.DefaultLimits(), nil)
	if err := s.Serve(context.Background()); err != nil || s.Addr() != nil {
		t.Errorf("got %v, address %v", err, s.Addr())
	}
}

func options(change func(*milter.Options)) milter.Options {
	o := milter.DefaultOptions()
	change(&o)
	return o
}

func TestOptions(t *testing.T) {
	if err := milter.DefaultOptions().Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	bad := milter.Options{Listen: "x", SocketMode: "9", Drain: -1}
	want := []string{"listen: ", "socket_mode: ", "max_size: ", "max_packet: ", "max_connections: ",
		"timeout: ", "stall_timeout: ", "progress: ", "verdict_timeout: ", "drain: "}
	lines := strings.Split(fmt.Sprint(bad.Validate()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got %d errors, want %d: %q", len(lines), len(want), lines)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("got %q, want %q", line, want[i])
		}
	}
}

func TestTooManyConnections(t *testing.T) {
	e := usual()
	d := open(t, e, func(o *milter.Options) { o.MaxConnections = 2 })
	first := d.dial(t)
	d.dial(t)
	third := d.dialRaw(t)
	if _, err := third.Conn().Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a connection too many: got %v, want it closed", err)
	}
	d.log.waitFor(t, "too many milter connections")
	if err := first.Quit(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if d.Stats().Active < 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	deliver(t, d, e)
	if s := d.Stats(); s.Refused != 1 {
		t.Errorf("got %+v", s)
	}
}

// When the daemon stops, idle connections end at once and messages are
// finished.
func TestDrain(t *testing.T) {
	e := everything()
	asked, answer := make(chan bool), make(chan bool)
	e.message = func(context.Context, *session.Session, *message.Message) verdict.Verdict {
		asked <- true
		<-answer
		return verdict.Verdict{}
	}
	d := open(t, e)
	idle, busy, half := d.dial(t), d.dial(t), d.dial(t)
	begin(t, busy)
	begin(t, half)
	go func() {
		<-asked
		go d.stop()
		if _, err := idle.Conn().Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("idle connection: got %v, want it closed", err)
		}
		if _, err := net.Dial("tcp", d.Addr().String()); err == nil {
			t.Error("a new connection was accepted while draining")
		}
		answer <- true
	}()
	a, err := busy.Content([]byte(plain))
	must(t, a, err)('c')
	go func() { <-asked; answer <- true }()
	a, err = half.Content([]byte(plain))
	must(t, a, err)('c')
	d.stop()
	if s := d.Stats(); s.Messages != 2 || s.Active != 0 || s.Faults != 0 {
		t.Errorf("got %+v", s)
	}
}

// A message that does not finish does not keep the daemon from stopping.
func TestDrainEnds(t *testing.T) {
	e := everything()
	asked := make(chan bool)
	e.message = func(ctx context.Context, _ *session.Session, _ *message.Message) verdict.Verdict {
		close(asked)
		<-ctx.Done()
		return verdict.Verdict{}
	}
	d := open(t, e, func(o *milter.Options) { o.Drain = unit.Duration(100 * time.Millisecond) })
	busy, half := d.dial(t), d.dial(t)
	begin(t, busy)
	begin(t, half)
	go func() {
		<-asked
		d.stop()
	}()
	if a, err := busy.Content([]byte(plain)); err == nil {
		t.Errorf("got answer %q from a server that stopped", a.Code)
	}
	d.log.waitFor(t, "did not finish in time")
}

func TestParallel(t *testing.T) {
	e := usual()
	d := open(t, e)
	const sessions, messages = 20, 10
	ended := make(chan error, sessions)
	for range sessions {
		c := d.dial(t)
		go func() {
			ended <- func() error {
				if _, err := c.Connect("a.example", '4', 1, "192.0.2.1"); err != nil {
					return err
				}
				for range messages {
					if _, err := c.Mail("<a@example.com>"); err != nil {
						return err
					}
					if _, err := c.Rcpt("<b@example.net>"); err != nil {
						return err
					}
					if a, err := c.Content([]byte(plain)); err != nil || a.Code != 'c' {
						return fmt.Errorf("got %q, %w", a.Code, err)
					}
				}
				return c.Quit()
			}()
		}()
	}
	for range sessions {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := e.count(); n != sessions*messages {
		t.Errorf("the engine has seen %d messages, want %d", n, sessions*messages)
	}
}
