package rspamd

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"postern/internal/check"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// fakeEngine answers every message with what answer says and keeps what it
// was asked.
type fakeEngine struct {
	// at and recipient refuse; answer decides. All may be nil.
	at        func(stage check.Stage) *verdict.Verdict
	recipient func(r *session.Recipient) *verdict.Verdict
	answer    func(ctx context.Context, s *session.Session, m *message.Message) engine.Outcome

	// mute keeps nothing.
	mute bool

	mu     sync.Mutex
	stages []string
	seen   []seen
}

// seen is one message as the engine got it.
type seen struct {
	session session.Session
	raw     string
}

func (e *fakeEngine) open(s *session.Session) transaction { return &fakeTransaction{e, s} }

func (e *fakeEngine) note(stage string) {
	if e.mute {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stages = append(e.stages, stage)
}

// last gives the last message seen.
func (e *fakeEngine) last(t *testing.T) seen {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.seen) == 0 {
		t.Fatal("the engine saw no message")
	}
	return e.seen[len(e.seen)-1]
}

type fakeTransaction struct {
	e *fakeEngine
	s *session.Session
}

func (t *fakeTransaction) CaseID() string { return "case-1" }

func (t *fakeTransaction) At(_ context.Context, stage check.Stage) *verdict.Verdict {
	t.e.note(stage.String())
	if t.e.at == nil {
		return nil
	}
	return t.e.at(stage)
}

func (t *fakeTransaction) Recipient(_ context.Context, r *session.Recipient) *verdict.Verdict {
	t.e.note("rcpt " + r.Address.String())
	if t.e.recipient == nil {
		return nil
	}
	return t.e.recipient(r)
}

func (t *fakeTransaction) Message(ctx context.Context, m *message.Message) engine.Outcome {
	t.e.note("message")
	if t.e.mute {
		return t.e.answer(ctx, t.s, m)
	}
	t.e.mu.Lock()
	t.e.seen = append(t.e.seen, seen{*t.s, string(m.Raw())})
	t.e.mu.Unlock()
	if t.e.answer != nil {
		return t.e.answer(ctx, t.s, m)
	}
	return outcome(t.s, m, clean())
}

// outcome is an outcome with these verdicts.
func outcome(s *session.Session, m *message.Message, v ...verdict.Verdict) engine.Outcome {
	return engine.Outcome{
		CaseID: "case-1", Session: s, Message: m, Stage: check.Message,
		Verdicts: v, Took: 1500 * time.Microsecond,
	}
}

// clean is a verdict on ordinary mail.
func clean() verdict.Verdict {
	return verdict.Verdict{
		CaseID: "case-1", Score: -0.1, Reason: "score", Thresholds: verdict.DefaultThresholds(),
		Findings: []verdict.Finding{{
			Symbol: "MIME_GOOD", Group: "mime", Description: "Known content-type",
			Evidence: []string{"text/plain"}, Weight: 1, Score: -0.1, FullScore: -0.1,
		}},
	}
}

// start runs a door on a free port until the test ends.
func start(t testing.TB, eng *fakeEngine, change func(*Options)) *Server {
	t.Helper()
	opts := DefaultOptions()
	opts.Listen = "127.0.0.1:0"
	opts.MaxSize, opts.MaxBuffered = 1<<20, 8<<20
	if change != nil {
		change(&opts)
	}
	if err := opts.Validate(); err != nil {
		t.Fatal(err)
	}
	s := newServer(opts, eng)
	serve(t, s)
	return s
}

// serve runs a door until the test ends.
func serve(t testing.TB, s *Server) {
	t.Helper()
	if err := s.Listen(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
}

func newServer(opts Options, eng *fakeEngine) *Server {
	s := New(opts, nil, message.DefaultLimits(), slog.New(slog.DiscardHandler))
	s.open = eng.open
	return s
}

// talk sends bytes as they are, closes the sending side where asked to, and
// gives everything that comes back.
func talk(t testing.TB, s *Server, send string, halfClose bool) string {
	t.Helper()
	c, err := net.Dial(s.Addr().Network(), s.Addr().String())
	if err != nil {
		t.Error(err)
		return ""
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Error(err)
	}
	if _, err := io.WriteString(c, send); err != nil {
		t.Logf("sending: %v", err)
	}
	if tcp, ok := c.(*net.TCPConn); ok && halfClose {
		if err := tcp.CloseWrite(); err != nil {
			t.Error(err)
		}
	}
	got, err := io.ReadAll(c)
	if err != nil {
		t.Logf("reading: %v", err)
	}
	return string(got)
}

// golden compares with a file of testdata, or writes it when POSTERN_UPDATE
// is set.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("POSTERN_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// readerConn is a connection of which only reading works.
type readerConn struct{ io.Reader }

func (readerConn) Write([]byte) (int, error)        { return 0, io.ErrClosedPipe }
func (readerConn) Close() error                     { return nil }
func (readerConn) LocalAddr() net.Addr              { return nil }
func (readerConn) RemoteAddr() net.Addr             { return nil }
func (readerConn) SetDeadline(time.Time) error      { return nil }
func (readerConn) SetReadDeadline(time.Time) error  { return nil }
func (readerConn) SetWriteDeadline(time.Time) error { return nil }
