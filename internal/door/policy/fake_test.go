package policy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/session"
	"postern/internal/unit"
)

// decider answers with a function.
type decider func(ctx context.Context, s *session.Session, r Request) (Action, error)

func (d decider) Decide(ctx context.Context, s *session.Session, r Request) (Action, error) {
	return d(ctx, s, r)
}

// echo answers with what it was asked about.
func echo(_ context.Context, s *session.Session, r Request) (Action, error) {
	return Reject(string(r.State) + " " + s.Sender.String() + " " + r.Recipient.String()), nil
}

// syncBuffer is a log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// door is a door that runs.
type door struct {
	*Server
	log  *syncBuffer
	stop func()
}

// open opens a door and stops it at the end of the test.
func open(t testing.TB, d Decider, change func(*Options)) *door {
	t.Helper()
	o := DefaultOptions()
	o.Listen = "127.0.0.1:0"
	o.Drain = unit.Duration(5 * time.Second)
	if change != nil {
		change(&o)
	}
	if o.Listen != "127.0.0.1:0" {
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	log := &syncBuffer{}
	s := New(o, d, slog.New(slog.NewTextHandler(log, nil)))
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	t.Cleanup(stop)
	return &door{s, log, stop}
}

// dial connects to the door.
func (d *door) dial(t testing.TB) net.Conn {
	t.Helper()
	a := d.Addr()
	c, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// send writes text.
func send(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// answer reads one answer, up to its empty line.
func answer(t testing.TB, c net.Conn) string {
	t.Helper()
	var got []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(got, []byte("\n\n")) {
		if _, err := c.Read(one); err != nil {
			t.Fatalf("after %q: %v", got, err)
		}
		got = append(got, one...)
	}
	return strings.TrimSuffix(string(got), "\n\n")
}

// closed reads to the end, and gives what came before.
func closed(t testing.TB, c net.Conn) string {
	t.Helper()
	got, err := io.ReadAll(c)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the connection stays open; read %q", got)
	}
	return string(got)
}

// request writes a request about a recipient.
func request(pairs ...string) string {
	text := "request=smtpd_access_policy\nprotocol_state=RCPT\n"
	for i := 0; i < len(pairs); i += 2 {
		text += pairs[i] + "=" + pairs[i+1] + "\n"
	}
	return text + "\n"
}
