package milter_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"postern/internal/check"
	"postern/internal/door/milter"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

func TestOneMessage(t *testing.T) {
	for _, version := range []uint32{2, 3, 4, 5, 6} {
		for name, engine := range map[string]*fake{"decides at the end": usual(), "may refuse anywhere": everything()} {
			d := open(t, engine)
			c := d.dialOffering(t, version, ^uint32(0), ^uint32(0))
			begin(t, c)
			a, err := c.Content([]byte(plain))
			must(t, a, err)('c')
			want := plain
			if version < 6 {
				// Without the leading blank nobody can tell how many there were.
				want = strings.Replace(want, "\r\n\tb", "\r\n\tb", 1)
			}
			if got := engine.last(t).raw; got != want {
				t.Errorf("version %d, engine that %s: got message %q, want %q", version, name, got, want)
			}
			if c.Version != version {
				t.Errorf("agreed on version %d, want %d", c.Version, version)
			}
		}
	}
}

func TestSession(t *testing.T) {
	e := usual()
	c := open(t, e).dial(t)
	c.Macros('C', "j", "mx.example.net", "{daemon_name}", "smtp", "_", "ptr.example.com [192.0.2.1] (may be forged)", "v", "Postfix 3.7")
	a, err := c.Connect("[192.0.2.1]", '4', 40000, "192.0.2.1")
	step(t, a, err)
	c.Macros('H', "{tls_version}", "TLSv1.3", "{cipher}", "TLS_AES", "{cipher_bits}", "256")
	a, err = c.Helo("helo.example.com")
	step(t, a, err)
	c.Macros('M', "{auth_type}", "PLAIN", "{auth_authen}", "alice", "i", "")
	a, err = c.Mail("<Alice@Example.COM>", "SIZE=10", "BODY=8BITMIME")
	step(t, a, err)
	c.Macros('R', "i", "4ABC")
	a, err = c.Rcpt("<bob@example.net>", "NOTIFY=NEVER")
	step(t, a, err)
	c.Macros('E', "i", "4ABCDEF")
	a, err = c.Content([]byte(plain))
	must(t, a, err)('c')
	s := e.last(t).session
	got := []string{s.Door, s.Client.IP.String(), s.Client.Name, s.Client.ReverseName, s.HELO, s.User, s.AuthMethod,
		s.Sender.String(), strings.Join(s.SenderArgs, " "), s.Recipients[0].Address.String(), s.Recipients[0].Args[0],
		s.QueueID, s.MTAName, s.Daemon, s.TLS.Version, s.TLS.Cipher, s.TLS.Bits, s.Macros["v"]}
	want := []string{"milter", "192.0.2.1", "", "ptr.example.com", "helo.example.com", "alice", "PLAIN",
		"Alice@example.com", "SIZE=10 BODY=8BITMIME", "bob@example.net", "NOTIFY=NEVER",
		"4ABCDEF", "mx.example.net", "smtp", "TLSv1.3", "TLS_AES", "256", "Postfix 3.7"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if s.Client.Port != 40000 || !s.Client.NameKnown || s.Client.Local || s.Bounce() {
		t.Errorf("got client %+v, bounce %v", s.Client, s.Bounce())
	}
}

// What never came over the network is local.
func TestLocal(t *testing.T) {
	for name, tt := range map[string]struct {
		family byte
		ip     string
		port   uint16
		helo   string
		want   bool
	}{
		"from another host":         {'4', "192.0.2.1", 40000, "a.example", false},
		"another host without HELO": {'4', "192.0.2.1", 40000, "", false},
		"by SMTP from this host":    {'4', "127.0.0.1", 40000, "a.example", false},
		"without HELO":              {'4', "127.0.0.1", 40000, "", true},
		"Postfix's pickup":          {'4', "127.0.0.1", 0, "localhost", true},
		"by Unix socket":            {'L', "/run/x", 0, "", true},
		"nobody knows":              {'U', "", 0, "", false},
	} {
		e := usual()
		c := open(t, e).dial(t)
		a, err := c.Connect("localhost", tt.family, tt.port, tt.ip)
		step(t, a, err)
		if tt.helo != "" {
			a, err = c.Helo(tt.helo)
			step(t, a, err)
		}
		envelope(t, c)
		a, err = c.Content([]byte(plain))
		must(t, a, err)('c')
		if got := e.last(t).session.Client.Local; got != tt.want {
			t.Errorf("%s: local is %v", name, got)
		}
	}
}

func TestMessagesOfOneConnection(t *testing.T) {
	e := usual()
	c := open(t, e).dial(t)
	c.Macros('C', "j", "mx.example.net")
	begin(t, c)
	a, err := c.Content([]byte(plain))
	must(t, a, err)('c')

	c.Macros('M', "{auth_authen}", "alice")
	envelope(t, c)
	a, err = c.Content([]byte("Subject: second\r\n\r\n2"))
	must(t, a, err)('c')
	second := e.last(t)
	if second.raw != "Subject: second\r\n\r\n2" || len(second.session.Recipients) != 1 ||
		second.session.HELO != "mail.example.com" || second.session.User != "alice" || second.session.MTAName != "mx.example.net" {
		t.Errorf("second message: got %+v", second)
	}

	envelope(t, c)
	if err := c.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := c.Abort(); err != nil {
		t.Fatal(err)
	}
	envelope(t, c) // and once more without an ABORT before
	envelope(t, c)
	a, err = c.Content([]byte("Subject: third\r\n\r\n3"))
	must(t, a, err)('c')
	if third := e.last(t); third.raw != "Subject: third\r\n\r\n3" || third.session.User != "" || len(third.session.Recipients) != 1 {
		t.Errorf("third message: got %+v", third)
	}

	if err := c.QuitNew(); err != nil {
		t.Fatal(err)
	}
	c.Macros('C', "j", "other.example.net")
	a, err = c.Connect("other.example.com", '6', 1, "IPv6:2001:db8::1")
	step(t, a, err)
	envelope(t, c)
	a, err = c.Content([]byte("Subject: fourth\r\n\r\n4"))
	must(t, a, err)('c')
	if s := e.last(t).session; s.HELO != "" || s.Client.IP.String() != "2001:db8::1" || s.MTAName != "other.example.net" {
		t.Errorf("another session on the same connection: got %+v", s)
	}
	if e.count() != 4 {
		t.Errorf("the engine has seen %d messages, want 4", e.count())
	}
}

func TestAbortAnywhere(t *testing.T) {
	e := everything()
	d := open(t, e)
	for stop := range 9 {
		c := d.dial(t)
		steps := []func(){
			func() { a, err := c.Connect("a.example", '4', 1, "192.0.2.1"); step(t, a, err) },
			func() { a, err := c.Helo("a.example"); step(t, a, err) },
			func() { a, err := c.Mail("<>"); step(t, a, err) },
			func() { a, err := c.Rcpt("<b@example.net>"); step(t, a, err) },
			func() { a, err := c.Header("Subject", " lost"); step(t, a, err) },
			func() { a, err := c.Command('N', nil); step(t, a, err) },
			func() { a, err := c.Command('B', []byte("lost")); step(t, a, err) },
			func() { c.Macros('E', "i", "lost") },
		}
		for _, s := range steps[:stop] {
			s()
		}
		if err := c.Abort(); err != nil {
			t.Fatal(err)
		}
		begin(t, c)
		a, err := c.Content([]byte(plain))
		must(t, a, err)('c')
		if got := e.last(t); got.raw != plain || got.session.QueueID != "" || got.session.Bounce() {
			t.Errorf("abort after %d commands: got %+v", stop, got)
		}
	}
}

func TestEarlyRefusals(t *testing.T) {
	reply := verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "100% no\nand more"}
	wantText := "550-5.7.1 100%% no\r\n550 5.7.1 and more"
	for _, stage := range []check.Stage{check.Connect, check.Helo, check.Mail} {
		e := everything()
		e.at = func(s check.Stage, _ *session.Session) *verdict.Verdict {
			if s == stage {
				return &verdict.Verdict{Action: verdict.Reject, Reply: reply}
			}
			return nil
		}
		c := open(t, e).dial(t)
		for at := check.Connect; ; at++ {
			a, err := [...]func() (a answerOf, err error){
				func() (answerOf, error) { return c.Connect("a.example", '4', 1, "192.0.2.1") },
				func() (answerOf, error) { return c.Helo("a.example") },
				func() (answerOf, error) { return c.Mail("<a@example.com>") },
			}[at]()
			if at < stage {
				must(t, a, err)('c')
				continue
			}
			if got := must(t, a, err)('y'); got.Text != wantText {
				t.Errorf("%s: got %q, want %q", stage, got.Text, wantText)
			}
			break
		}
	}
}

// An engine that refuses although it said it would not must be obeyed as soon
// as the mail server listens.
func TestEarlyRefusalNobodyWaitsFor(t *testing.T) {
	refusing := func(rcpt bool) *fake {
		e := usual()
		e.wants.Rcpt = rcpt
		e.at = func(s check.Stage, _ *session.Session) *verdict.Verdict {
			if s == check.Helo {
				return &verdict.Verdict{Action: verdict.Reject}
			}
			return nil
		}
		return e
	}
	c := open(t, refusing(true)).dial(t)
	a, err := c.Connect("a.example", '4', 1, "192.0.2.1")
	must(t, a, err)(0)
	a, err = c.Helo("a.example")
	must(t, a, err)(0)
	a, err = c.Mail("<a@example.com>")
	must(t, a, err)(0)
	a, err = c.Rcpt("<b@example.com>")
	if got := must(t, a, err)('y'); got.Text != "554 5.7.1 Spam message rejected" {
		t.Errorf("got %q", got.Text)
	}

	e := refusing(false)
	c = open(t, e).dial(t)
	begin(t, c)
	a, err = c.Content([]byte(plain))
	must(t, a, err)('y')
	if e.count() != 0 {
		t.Errorf("the engine was asked about a message it had refused")
	}
}

func TestRecipients(t *testing.T) {
	verdicts := map[string]verdict.Action{
		"bad@example.net": verdict.Reject, "later@example.net": verdict.SoftReject,
		"grey@example.net": verdict.Greylist, "drop@example.net": verdict.Discard,
	}
	e := everything()
	e.recipient = func(r *session.Recipient) *verdict.Verdict {
		if a, ok := verdicts[r.Address.String()]; ok {
			return &verdict.Verdict{Action: a}
		}
		return nil
	}
	c := open(t, e).dial(t)
	begin(t, c)
	for rcpt, want := range map[string]string{
		"<bad@example.net>": "554 5.7.1 Spam message rejected", "<later@example.net>": "451 4.7.1 Try again later",
		"<grey@example.net>": "451 4.7.1 Try again later",
	} {
		a, err := c.Rcpt(rcpt)
		if got := must(t, a, err)('y'); got.Text != want {
			t.Errorf("%s: got %q, want %q", rcpt, got.Text, want)
		}
	}
	a, err := c.Rcpt("<drop@example.net>")
	must(t, a, err)('c')
	a, err = c.Rcpt("<carol@example.net>")
	must(t, a, err)('c')
	a, err = c.Content([]byte(plain))
	got := must(t, a, err)('c')
	if changes := show(got.Changes); changes != "- <drop@example.net>" {
		t.Errorf("got changes %s", changes)
	}
	rcpts := e.last(t).session.Recipients
	if len(rcpts) != 2 || rcpts[0].Address.Local != "bob" || rcpts[1].Address.Local != "carol" {
		t.Errorf("got recipients %v", rcpts)
	}
}

func TestProgress(t *testing.T) {
	e := usual()
	e.message = func(ctx context.Context, _ *session.Session, _ *message.Message) verdict.Verdict {
		select {
		case <-ctx.Done():
			return verdict.Verdict{Action: verdict.SoftReject}
		case <-time.After(300 * time.Millisecond):
			return verdict.Verdict{}
		}
	}
	slow := open(t, e, func(o *milter.Options) { o.Progress = unit.Duration(50 * time.Millisecond) })
	c := slow.dial(t)
	begin(t, c)
	a, err := c.Content([]byte(plain))
	if got := must(t, a, err)('c'); got.Progress < 2 {
		t.Errorf("got %d requests to wait, want several", got.Progress)
	}
	hurried := open(t, e, func(o *milter.Options) {
		o.Progress, o.VerdictTimeout = unit.Duration(50*time.Millisecond), unit.Duration(120*time.Millisecond)
	})
	c = hurried.dial(t)
	begin(t, c)
	a, err = c.Content([]byte(plain))
	must(t, a, err)('y')
}
