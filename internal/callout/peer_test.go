package callout

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"postern/internal/dns"
)

// TestNextHopTexts names next hops as Postfix does.
func TestNextHopTexts(t *testing.T) {
	w := newWorld(t)
	w.server("10.0.0.5", script{replies: map[string]string{"RCPT": "550 5.1.1 no"}})
	lmtp := serve(t, "unix", script{replies: map[string]string{"RCPT": "550 5.1.1 no"}})
	socket := lmtp.ln.Addr().String()
	for hop, want := range map[string]string{
		"smtp:10.0.0.5":      "host 10.0.0.5[127.0.0.1] said: 550 5.1.1 no (in reply to RCPT TO command)",
		"smtp:10.0.0.6:2525": "connect to 10.0.0.6[10.0.0.6]:2525: Connection refused",
		"smtp:mail.example":  "connect to mail.example:25: Connection refused",
		"unix:" + socket:     "host mx.postern.example[" + socket + "] said: 550 5.1.1 no (in reply to RCPT TO command)",
		"unix:/nowhere/lmtp": "connect to mx.postern.example[/nowhere/lmtp]: No such file or directory",
	} {
		v := w.verifier(func(o *Options, _ *Environment) { o.NextHops = []string{"* " + hop} })
		got := v.Verify(t.Context(), Request{Address: address(t, "user@example.org"), Kind: Recipient})
		if got.Why() != want {
			t.Errorf("%s: %q, want %q", hop, got.Why(), want)
		}
	}
}

// TestSMTPSink asks a mail server that is not ours: Postfix's smtp-sink.
func TestSMTPSink(t *testing.T) {
	program, err := exec.LookPath("smtp-sink")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/smtp-sink"); err != nil {
			t.Skip("smtp-sink is not installed")
		}
	}
	const reason = "host 127.0.0.1[127.0.0.1] said: "
	for _, test := range []struct {
		name string
		args []string
		hop  string
		want Status
		why  string
	}{
		{"accepts", nil, "smtp:", OK, "250 2.1.5 Ok"},
		{"speaks LMTP", []string{"-L"}, "lmtp:", OK, "250 2.1.5 Ok"},
		{"speaks no ESMTP", []string{"-e"}, "smtp:", OK, "250 2.1.5 Ok"},
		{"refuses", []string{"-f", "RCPT", "-B", "550 5.1.1 no such user"}, "smtp:", Bounced,
			reason + "550 5.1.1 no such user (in reply to RCPT TO command)"},
		{"refuses for now", []string{"-r", "RCPT"}, "smtp:", Deferred,
			reason + "450 4.3.0 Error: command failed (in reply to RCPT TO command)"},
		{"refuses to talk", []string{"-f", "CONNECT", "-B", "554 5.7.1 go away"}, "smtp:", Deferred,
			"host 127.0.0.1[127.0.0.1] refused to talk to me: 554 5.7.1 go away"},
		{"disconnects", []string{"-q", "RCPT"}, "smtp:", Deferred,
			"lost connection with 127.0.0.1[127.0.0.1] while sending RCPT TO"},
	} {
		t.Run(test.name, func(t *testing.T) {
			place := startSink(t, program, test.args)
			w := newWorld(t)
			v := w.verifier(func(o *Options, e *Environment) {
				e.Dialer = &net.Dialer{}
				o.NextHops = []string{"* " + test.hop + place}
			})
			got := v.Verify(t.Context(), Request{Address: address(t, "user@example.org"), Kind: Recipient})
			if got.Status != test.want || got.Why() != test.why {
				t.Errorf("got %v %q, want %v %q", got.Status, got.Why(), test.want, test.why)
			}
		})
	}
}

// startSink starts a sink on a free port and waits until it listens.
func startSink(t *testing.T, program string, args []string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	place := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, append(args, place, "10")...)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Skipf("smtp-sink does not start: %v", err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	for range 1000 {
		c, err := net.Dial("tcp", place)
		if err == nil {
			_ = c.Close()
			return place
		}
		select {
		case <-done:
			t.Skipf("smtp-sink ended: %s", output.String())
		case <-time.After(10 * time.Millisecond): // it does not tell when it listens
		}
	}
	t.Fatal("smtp-sink does not listen")
	return ""
}

// faultyResolver panics.
type faultyResolver struct{ *world }

func (faultyResolver) MX(context.Context, string) ([]dns.MX, error) {
	panic("no resolver is like this")
}

// TestPanic: a fault of ours is one address's failure.
func TestPanic(t *testing.T) {
	w := newWorld(t)
	v := w.verifier(func(_ *Options, e *Environment) { e.Resolver = faultyResolver{w} })
	for range 2 {
		if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status == OK || got.Status.settled() {
			t.Errorf("%v %q", got.Status, got.Why())
		}
	}
}

// BenchmarkCached is what a mail costs whose address is known.
func BenchmarkCached(b *testing.B) {
	o := testOptions()
	store := NewMemory(1000, nil)
	v, err := New(o, Environment{Resolver: &world{}, Store: store, OwnAddresses: []netip.Addr{}})
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	q := Request{Client: netip.MustParseAddr("198.51.100.77")}
	q.Address.Local, q.Address.Domain = "user", "example.org"
	now := time.Now()
	e := entryOf(bounced("5.1.1", "host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command)"), now)
	if err := store.Put(b.Context(), v.target(q).key, e, now.Add(time.Hour)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := v.Verify(b.Context(), q); r.Status != Bounced || !r.Cached {
			b.Fatal(r)
		}
	}
}
