package rspamd

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
)

func TestPanicIsAnswered(t *testing.T) {
	s := start(t, &fakeEngine{answer: func(context.Context, *session.Session, *message.Message) engine.Outcome { panic("boom") }}, nil)
	status, _, body := post(t, s, "/checkv2", nil, []byte(plainMail))
	if status != 500 || !strings.Contains(string(body), "internal error") {
		t.Errorf("got %d %s", status, body)
	}
	if status, _, _ := post(t, s, "/ping", nil, nil); status != 200 {
		t.Errorf("the door is gone after a panic: %d", status)
	}
}

func TestDeadline(t *testing.T) {
	left := make(chan time.Duration, 1)
	s := start(t, &fakeEngine{answer: func(ctx context.Context, s *session.Session, m *message.Message) engine.Outcome {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return outcome(s, m, clean())
	}}, func(o *Options) { o.Timeout = unit.Duration(5 * time.Second) })
	post(t, s, "/checkv2", nil, []byte(plainMail))
	if d := <-left; d <= 0 || d > 5*time.Second {
		t.Errorf("deadline in %v, want within 5s", d)
	}
}

func TestBufferBudget(t *testing.T) {
	block := make(chan struct{})
	s := start(t, &fakeEngine{answer: func(_ context.Context, s *session.Session, m *message.Message) engine.Outcome {
		<-block
		return outcome(s, m, clean())
	}}, func(o *Options) {
		o.MaxSize, o.MaxBuffered, o.Timeout = 1<<10, 2<<10, unit.Duration(200*time.Millisecond)
	})
	request := "POST /checkv2 HTTP/1.0\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1<<10)
	answers := make(chan string, 3)
	for range 3 {
		go func() { answers <- talk(t, s, request, false) }()
	}
	if got := <-answers; !strings.HasPrefix(got, "HTTP/1.0 503 ") {
		t.Errorf("the first answer is %q; want one without room", got)
	}
	close(block)
	for range 2 {
		if got := <-answers; !strings.HasPrefix(got, "HTTP/1.0 200 ") {
			t.Errorf("got %q; want a verdict", got)
		}
	}
}

func TestDrain(t *testing.T) {
	for name, send := range map[string]string{
		"http": "POST /checkv2 HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
		"text": "CHECK RSPAMC/1.3\r\nContent-Length: 2\r\n\r\nhi",
	} {
		t.Run(name, func(t *testing.T) {
			begun, end := make(chan struct{}), make(chan struct{})
			eng := &fakeEngine{answer: func(_ context.Context, s *session.Session, m *message.Message) engine.Outcome {
				close(begun)
				<-end
				return outcome(s, m, clean())
			}}
			opts := DefaultOptions()
			opts.Listen = "127.0.0.1:0"
			s := newServer(opts, eng)
			if err := s.Listen(context.Background()); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			served, answered := make(chan error, 1), make(chan string, 1)
			go func() { served <- s.Serve(ctx) }()
			go func() { answered <- talk(t, s, send, false) }()
			<-begun
			stop()
			waitClosed(t, s)
			close(end)
			if got := <-answered; !strings.Contains(got, "no action") {
				t.Errorf("the running request got %q", got)
			}
			if err := <-served; err != nil {
				t.Errorf("serving: %v", err)
			}
		})
	}
}

// waitClosed waits until a stopping door takes no connections any more.
func waitClosed(t *testing.T, s *Server) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			return
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Error("a stopping door still takes connections")
}

func TestCutOff(t *testing.T) {
	begun := make(chan struct{})
	eng := &fakeEngine{answer: func(ctx context.Context, s *session.Session, m *message.Message) engine.Outcome {
		close(begun)
		<-ctx.Done()
		return outcome(s, m, clean())
	}}
	opts := DefaultOptions()
	opts.Listen, opts.Drain = "127.0.0.1:0", unit.Duration(50*time.Millisecond)
	s := newServer(opts, eng)
	if err := s.Listen(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	go talk(t, s, "POST /checkv2 HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", false)
	<-begun
	stop()
	select {
	case err := <-served:
		if err != nil {
			t.Errorf("serving: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("a stuck request holds the door open")
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := start(t, &fakeEngine{}, func(o *Options) { o.Listen = "unix:" + path })
	if got := s.Stats().Listen; got != "unix:"+path {
		t.Errorf("listens on %q", got)
	}
	if got := talk(t, s, "GET /ping HTTP/1.0\r\n\r\n", false); !strings.HasSuffix(got, "pong\r\n") {
		t.Errorf("got %q", got)
	}
	opts := DefaultOptions()
	opts.Listen = "unix:" + path
	if err := newServer(opts, &fakeEngine{}).Listen(context.Background()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a socket in use: %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	s := start(t, &fakeEngine{}, nil)
	opts := DefaultOptions()
	opts.Listen = s.Addr().String()
	if err := newServer(opts, &fakeEngine{}).Listen(context.Background()); err == nil || !strings.Contains(err.Error(), opts.Listen) {
		t.Errorf("error does not name the port: %v", err)
	}
}

func TestOff(t *testing.T) {
	s := newServer(Options{}, &fakeEngine{})
	if err := errors.Join(s.Listen(context.Background()), s.Serve(context.Background())); err != nil || s.Addr() != nil || s.Stats().Listen != "" {
		t.Errorf("a door that is off: %v %v", err, s.Addr())
	}
}

// TestNoLeak runs many requests, good and bad, and sees all goroutines go.
func TestNoLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("load", func(t *testing.T) {
		s := start(t, &fakeEngine{}, func(o *Options) { o.ReadTimeout = unit.Duration(100 * time.Millisecond) })
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				switch i % 4 {
				case 0:
					talk(t, s, "POST /checkv2 HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", false)
				case 1:
					talk(t, s, "POST /checkv2 HTTP/1.0\r\nContent-Length: 200\r\n\r\nhi", false)
				case 2:
					talk(t, s, "CHECK RSPAMC/1.3\r\nContent-Length: 2\r\n\r\nhi", false)
				default:
					talk(t, s, "junk", true)
				}
			})
		}
		wg.Wait()
		if n := s.Stats().Accepted; n != 60 {
			t.Errorf("%d connections counted, want 60", n)
		}
		deadline := time.Now().Add(2 * time.Second)
		for s.Stats().Connections != 0 && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if n := s.Stats().Connections; n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
	deadline := time.Now().Add(3 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
}
