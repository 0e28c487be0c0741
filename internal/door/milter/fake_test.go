package milter_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/check"
	"postern/internal/door/milter"
	"postern/internal/door/milter/mtatest"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// fake is an engine that says what a test wants and notes what it was asked.
type fake struct {
	wants     engine.Wants
	at        func(check.Stage, *session.Session) *verdict.Verdict
	recipient func(*session.Recipient) *verdict.Verdict
	message   func(context.Context, *session.Session, *message.Message) verdict.Verdict

	// blind makes it note nothing.
	blind bool

	mu     sync.Mutex
	opened int
	seen   []seen
}

// seen is a message that the engine was given.
type seen struct {
	session session.Session
	raw     string
}

func (f *fake) Wants() engine.Wants { return f.wants }

func (f *fake) Open(s *session.Session) milter.Transaction {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	return &fakeTransaction{f, s}
}

// last gives the latest message.
func (f *fake) last(t testing.TB) seen {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) == 0 {
		t.Fatal("the engine has seen no message")
	}
	return f.seen[len(f.seen)-1]
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.seen)
}

type fakeTransaction struct {
	*fake
	s *session.Session
}

func (t *fakeTransaction) At(_ context.Context, stage check.Stage) *verdict.Verdict {
	if t.at == nil {
		return nil
	}
	return t.at(stage, t.s)
}

func (t *fakeTransaction) Recipient(_ context.Context, r *session.Recipient) *verdict.Verdict {
	if t.recipient == nil {
		return nil
	}
	return t.recipient(r)
}

func (t *fakeTransaction) Message(ctx context.Context, m *message.Message) engine.Outcome {
	if !t.blind {
		t.mu.Lock()
		t.seen = append(t.seen, seen{*t.s, string(m.Raw())})
		t.mu.Unlock()
	}
	v := verdict.Verdict{}
	if t.fake.message != nil {
		v = t.fake.message(ctx, t.s, m)
	}
	return engine.Outcome{Session: t.s, Message: m, Verdicts: []verdict.Verdict{v}}
}

// everything is an engine that looks at all stages and may refuse at each.
func everything() *fake {
	return &fake{wants: engine.Wants{Connect: true, Helo: true, Mail: true, Rcpt: true, Header: true, Body: true, Early: true}}
}

// usual is an engine as it is by default: it decides at the end.
func usual() *fake {
	return &fake{wants: engine.Wants{Connect: true, Helo: true, Mail: true, Header: true, Body: true}}
}

// saying makes the engine give one verdict on every message.
func (f *fake) saying(v verdict.Verdict) *fake {
	f.message = func(context.Context, *session.Session, *message.Message) verdict.Verdict { return v }
	return f
}

// door is a running server and how it ended.
type door struct {
	*milter.Server
	stop func()
	log  *logBuffer
}

// open starts a server on a loopback port, or where change puts it.
func open(t testing.TB, e milter.Engine, change ...func(*milter.Options)) *door {
	t.Helper()
	o := milter.DefaultOptions()
	o.Listen, o.StallTimeout, o.Timeout = "127.0.0.1:0", unit.Duration(2*time.Second), unit.Duration(10*time.Second)
	for _, c := range change {
		c(&o)
	}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	log := new(logBuffer)
	s := milter.New(o, e, message.DefaultLimits(), slog.New(slog.NewTextHandler(log, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	if err := s.Listen(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("the server ended with %v", err)
				}
			case <-time.After(30 * time.Second):
				t.Error("the server does not end")
			}
		})
	}
	t.Cleanup(stop)
	return &door{s, stop, log}
}

// dial connects to the door and negotiates everything.
func (d *door) dial(t testing.TB) *mtatest.Client {
	t.Helper()
	return d.dialOffering(t, 6, mtatest.AllActions, mtatest.AllProtocol)
}

func (d *door) dialOffering(t testing.TB, version, actions, protocol uint32) *mtatest.Client {
	t.Helper()
	c := d.dialRaw(t)
	if err := c.Negotiate(version, actions, protocol); err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *door) dialRaw(t testing.TB) *mtatest.Client {
	t.Helper()
	c, err := mtatest.Dial(d.Addr().Network(), d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// logBuffer keeps log lines.
type logBuffer struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.String()
}

// waitFor waits until the log has a text.
func (b *logBuffer) waitFor(t testing.TB, text string) {
	t.Helper()
	for range 500 {
		if strings.Contains(b.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the log does not say %q:\n%s", text, b)
}

// must fails the test unless a command got the answer that was expected; 0
// stands for none.
func must(t testing.TB, a mtatest.Answer, err error) func(want byte) mtatest.Answer {
	t.Helper()
	return func(want byte) mtatest.Answer {
		t.Helper()
		if err != nil {
			t.Fatalf("want answer %q, got error %v", want, err)
		}
		if a.Code != want {
			t.Fatalf("got answer %q %q, want %q", a.Code, a.Text, want)
		}
		return a
	}
}

// step runs a command of the client, whatever may come of it.
func step(t testing.TB, a mtatest.Answer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if a.Code != 0 && a.Code != 'c' {
		t.Fatalf("got answer %q %q, want to go on", a.Code, a.Text)
	}
}

// begin leads a connection up to the message's content.
func begin(t testing.TB, c *mtatest.Client) {
	t.Helper()
	a, err := c.Connect("mail.example.com", '4', 40000, "192.0.2.1")
	step(t, a, err)
	a, err = c.Helo("mail.example.com")
	step(t, a, err)
	envelope(t, c)
}

// envelope begins a message.
func envelope(t testing.TB, c *mtatest.Client) {
	t.Helper()
	a, err := c.Mail("<alice@example.com>", "SIZE=1000")
	step(t, a, err)
	a, err = c.Rcpt("<bob@example.net>")
	step(t, a, err)
}

const plain = "From: alice@example.com\r\nTo: bob@example.net\r\nSubject:  two  blanks\r\nX-Folded: a\r\n\tb\r\n\r\nHello\r\n"

func socketPath(t testing.TB) string { return filepath.Join(t.TempDir(), "m.sock") }
