package policy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/session"
	"postern/internal/unit"
)

// TestDialogue: requests and answers as they may come.
func TestDialogue(t *testing.T) {
	d := open(t, decider(echo), nil)
	one := request("sender", "a@example.com", "recipient", "b@example.org")
	const want = "action=REJECT RCPT a@example.com b@example.org\n\n"
	for name, c := range map[string]struct {
		say  []string // pieces, each a packet of its own if all goes well
		want string
	}{
		"one":           {[]string{one}, want},
		"two at once":   {[]string{one + one}, want + want},
		"carriage":      {[]string{strings.ReplaceAll(one, "\n", "\r\n") + one}, want + want},
		"bytes":         {strings.Split(one, ""), want},
		"one and a bit": {[]string{one + one[:20], one[20:]}, want + want},
		"unknown attributes": {[]string{request("x", "y=z", "sender", "a@example.com", "recipient", "b@example.org",
			"empty", "", "longish", strings.Repeat("x", maxValue))}, want},
		"order":    {[]string{"recipient=b@example.org\nsender=a@example.com\nprotocol_state=RCPT\nrequest=smtpd_access_policy\n\n"}, want},
		"twice":    {[]string{request("sender", "a@example.com", "sender", "z@example.com", "recipient", "b@example.org")}, want},
		"no state": {[]string{"request=smtpd_access_policy\nsender=a@example.com\nrecipient=b@example.org\n\n"}, want},
		"many lines": {[]string{request(append(strings.Split(strings.Repeat("x,y,", maxLines-4), ",")[:2*(maxLines-4)],
			"sender", "a@example.com", "recipient", "b@example.org")...)}, want},
		"nothing": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c1 := d.dial(t)
			for _, piece := range c.say {
				send(t, c1, piece)
			}
			_ = c1.(*net.TCPConn).CloseWrite()
			if got := closed(t, c1); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	d.stop()
	if s := d.Stats(); s.Faults > 0 || s.Unanswered > 0 || d.log.String() != "" {
		t.Errorf("stats %+v, log %s", s, d.log)
	}
}

// TestManyRequests: ten thousand on one connection.
func TestManyRequests(t *testing.T) {
	d := open(t, decider(echo), nil)
	c := d.dial(t)
	const n = 10000
	go func() {
		for i := range n {
			_, _ = io.WriteString(c, request("recipient", fmt.Sprintf("u%d@example.org", i)))
		}
	}()
	for i := range n {
		if got, want := answer(t, c), fmt.Sprintf("action=REJECT RCPT  u%d@example.org", i); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if s := d.Stats(); s.Requests != n || s.Connections != 1 || s.Accepted != 1 {
		t.Errorf("stats %+v", s)
	}
}

// TestBadRequests: no answer at all, and a line in the log.
func TestBadRequests(t *testing.T) {
	good := request("recipient", "b@example.org")
	for name, c := range map[string]struct{ say, log string }{
		"garbage":          {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", "has no ="},
		"web browser":      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "has no ="},
		"no request":       {"sender=a@example.com\nrecipient=b@example.org\n\n", "not smtpd_access_policy"},
		"another request":  {"request=junk\n\n", "junk"},
		"empty request":    {"\n", "not smtpd_access_policy"},
		"long value":       {request("sender", strings.Repeat("x", maxValue+1)), "value of 8193 bytes"},
		"long name":        {request(strings.Repeat("x", maxName+1), "y"), "name of 101 bytes"},
		"no name":          {request("", "y"), "name of 0 bytes"},
		"NUL":              {request("sender", "a\x00b"), "NUL"},
		"endless line":     {strings.Repeat("x", 1<<20), "longer than"},
		"endless lines":    {strings.Repeat("a=b\n", 1<<18), "more than 1000 lines"},
		"endless values":   {strings.Repeat("a="+strings.Repeat("b", 8000)+"\n", 100), "bytes"},
		"closed in a line": {"request=smtpd_acc", "unexpected EOF"},
		"no empty line":    {strings.TrimSuffix(good, "\n"), "unexpected EOF"},
		"after a good one": {good + "garbage\n", "has no ="},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, decider(echo), nil)
			conn := d.dial(t)
			_, _ = io.WriteString(conn, c.say) // the door may close before it took all
			_ = conn.(*net.TCPConn).CloseWrite()
			want := ""
			if strings.HasPrefix(c.say, good) {
				want = "action=REJECT RCPT  b@example.org\n\n"
			}
			if got := closed(t, conn); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			d.stop()
			if s := d.Stats(); s.Faults != 1 || !strings.Contains(d.log.String(), c.log) {
				t.Errorf("stats %+v, log %s", s, d.log)
			}
		})
	}
}

// TestNoDecision: an error, a panic and an action that is none leave the
// request without an answer, but those before it have theirs.
func TestNoDecision(t *testing.T) {
	for name, c := range map[string]struct {
		decide decider
		log    string
	}{
		"error": {func(context.Context, *session.Session, Request) (Action, error) {
			return Action{}, errors.New("no idea")
		}, "no idea"},
		"panic":     {func(context.Context, *session.Session, Request) (Action, error) { panic("oh") }, "oh"},
		"empty":     {func(context.Context, *session.Session, Request) (Action, error) { return Action{}, nil }, "no such action"},
		"made up":   {func(context.Context, *session.Session, Request) (Action, error) { return Action{"FILTER", "x:y"}, nil }, "no such action"},
		"no header": {func(context.Context, *session.Session, Request) (Action, error) { return Prepend("nothing"), nil }, "no header field"},
		"too slow": {func(ctx context.Context, _ *session.Session, _ Request) (Action, error) {
			<-ctx.Done()
			return Action{}, ctx.Err()
		}, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, decider(func(ctx context.Context, s *session.Session, r Request) (Action, error) {
				if r.State == StateMail {
					return Dunno(), nil
				}
				return c.decide(ctx, s, r)
			}), func(o *Options) { o.Timeout = unit.Duration(200 * time.Millisecond) })
			conn := d.dial(t)
			send(t, conn, "request=smtpd_access_policy\nprotocol_state=MAIL\n\n"+request("recipient", "b@example.org"))
			if got := closed(t, conn); got != "action=DUNNO\n\n" {
				t.Errorf("got %q", got)
			}
			d.stop()
			if !strings.Contains(d.log.String(), c.log) {
				t.Errorf("log %s", d.log)
			}
		})
	}
}

// TestTimeouts: a silent connection is closed without a word in the log, one
// that stops within a request with one.
func TestTimeouts(t *testing.T) {
	short := unit.Duration(50 * time.Millisecond)
	for name, c := range map[string]struct {
		change func(*Options)
		say    string
		faults uint64
	}{
		"idle":    {func(o *Options) { o.IdleTimeout = short }, "", 0},
		"stalled": {func(o *Options) { o.ReadTimeout = short }, "request=smtpd", 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, decider(echo), c.change)
			conn := d.dial(t)
			send(t, conn, c.say)
			if got := closed(t, conn); got != "" {
				t.Errorf("got %q", got)
			}
			d.stop()
			if s := d.Stats(); s.Faults != c.faults {
				t.Errorf("stats %+v, log %s", s, d.log)
			}
		})
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy")
	d := open(t, decider(echo), func(o *Options) { o.Listen = "unix:" + path })
	c := d.dial(t)
	send(t, c, request("recipient", "b@example.org"))
	if got := answer(t, c); got != "action=REJECT RCPT  b@example.org" {
		t.Errorf("got %q", got)
	}
	if s := d.Stats(); s.Listen != "unix:"+path {
		t.Errorf("stats %+v", s)
	}
}

// TestTooMany: a connection too many is closed and reported once.
func TestTooMany(t *testing.T) {
	d := open(t, decider(echo), func(o *Options) { o.MaxConnections = 1 })
	first := d.dial(t)
	send(t, first, request("recipient", "b@example.org"))
	answer(t, first)
	for range 3 {
		if got := closed(t, d.dial(t)); got != "" {
			t.Errorf("got %q", got)
		}
	}
	send(t, first, request("recipient", "c@example.org"))
	answer(t, first)
	if s := d.Stats(); s.Refused != 3 || strings.Count(d.log.String(), "too many") != 1 {
		t.Errorf("stats %+v, log %s", s, d.log)
	}
}

// TestDrain: the request under way is answered, idle connections are closed.
func TestDrain(t *testing.T) {
	asked, goOn := make(chan bool), make(chan bool)
	d := open(t, decider(func(context.Context, *session.Session, Request) (Action, error) {
		asked <- true
		<-goOn
		return Dunno(), nil
	}), nil)
	idle, busy := d.dial(t), d.dial(t)
	send(t, busy, request("recipient", "b@example.org"))
	<-asked
	stopped := make(chan bool)
	go func() {
		d.stop()
		close(stopped)
	}()
	if got := closed(t, idle); got != "" {
		t.Errorf("idle: got %q", got)
	}
	goOn <- true
	if got := closed(t, busy); got != "action=DUNNO\n\n" {
		t.Errorf("busy: got %q", got)
	}
	<-stopped
	if s := d.Stats(); s.Faults > 0 || s.Connections > 0 {
		t.Errorf("stats %+v, log %s", s, d.log)
	}
}

// TestDrainLimit: what does not end in time is cut off.
func TestDrainLimit(t *testing.T) {
	asked := make(chan bool)
	d := open(t, decider(func(ctx context.Context, _ *session.Session, _ Request) (Action, error) {
		asked <- true
		<-ctx.Done()
		return Action{}, ctx.Err()
	}), func(o *Options) { o.Drain = unit.Duration(20 * time.Millisecond) })
	c := d.dial(t)
	send(t, c, request("recipient", "b@example.org"))
	<-asked
	d.stop()
	if got := closed(t, c); got != "" {
		t.Errorf("got %q", got)
	}
}

// TestOff: a door without an address does nothing.
func TestOff(t *testing.T) {
	s := New(Options{}, decider(echo), open(t, decider(echo), nil).Server.log)
	if err := s.Listen(t.Context()); err != nil || s.Addr() != nil {
		t.Errorf("listen: %v, %v", err, s.Addr())
	}
	if err := s.Serve(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAtOnce: many connections at the same time.
func TestAtOnce(t *testing.T) {
	d := open(t, decider(echo), nil)
	var all sync.WaitGroup
	for w := range 20 {
		c := d.dial(t)
		all.Go(func() {
			for i := range 100 {
				rcpt := fmt.Sprintf("u%d-%d@example.org", w, i)
				if _, err := io.WriteString(c, request("instance", "same", "recipient", rcpt)); err != nil {
					t.Error(err)
					return
				}
				buf := make([]byte, 200)
				n, err := c.Read(buf)
				if want := "action=REJECT RCPT  " + rcpt + "\n\n"; err != nil || string(buf[:n]) != want {
					t.Errorf("got %q, %v; want %q", buf[:n], err, want)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	err := Options{Listen: "nowhere", SocketMode: "rw"}.Validate()
	for _, key := range []string{"listen", "socket_mode", "max_connections", "idle_timeout", "read_timeout", "timeout", "drain"} {
		if err == nil || !strings.Contains(err.Error(), key+": ") {
			t.Errorf("%s is not reported: %v", key, err)
		}
	}
}
