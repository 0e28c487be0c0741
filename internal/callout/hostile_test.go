package callout

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/unit"
)

// forever writes the same again and again until the other side has enough.
func forever(text string, pause time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		go func() { _, _ = io.Copy(io.Discard, c) }() // ends with the connection
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}
}

// TestHostile is what servers do that want to keep us.
func TestHostile(t *testing.T) {
	const peer = "mx.example.org[192.0.2.1]"
	for _, test := range []struct {
		name   string
		script script
		why    string
	}{
		{"endless banner", script{raw: forever("220-welcome\r\n", 0)},
			"protocol error of " + peer + " while receiving the initial server greeting: its reply is longer"},
		{"endless line", script{raw: forever("220 welcome welcome ", 0)},
			"protocol error of " + peer + " while receiving the initial server greeting: a line of its reply is longer"},
		{"slow octets", script{raw: forever("2", time.Millisecond)},
			"conversation with " + peer + " timed out while receiving the initial server greeting"},
		{"slow lines", script{raw: forever("220-\r\n", 20*time.Millisecond)},
			"conversation with " + peer + " timed out while receiving the initial server greeting"},
		{"zeros", script{raw: forever("\x00\x00\r\n", 0)},
			"protocol error of " + peer + ` while receiving the initial server greeting: "\x00\x00" is no reply`},
		{"silence", script{replies: map[string]string{"": "hang"}},
			"conversation with " + peer + " timed out while receiving the initial server greeting"},
		{"silence at EHLO", script{replies: map[string]string{"EHLO": "hang"}},
			"conversation with " + peer + " timed out while performing the EHLO handshake"},
		{"silence at MAIL", script{replies: map[string]string{"MAIL": "hang"}},
			"conversation with " + peer + " timed out while sending MAIL FROM"},
		{"silence at RCPT", script{replies: map[string]string{"RCPT": "hang"}},
			"conversation with " + peer + " timed out while sending RCPT TO"},
		{"flood at RCPT", script{replies: map[string]string{"RCPT": strings.Repeat("550-no\n", 5000)}},
			"protocol error of " + peer + " while sending RCPT TO: its reply is longer"},
		{"long refusal", script{replies: map[string]string{"RCPT": "450-" + strings.Repeat("no ", 500) + "\n450 no"}},
			"host " + peer + " said: 450-no no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// On a busy machine an earlier step may be late too: then all get
			// more time.
			timeout := testOptions().CommandTimeout
			if strings.Contains(test.why, "timed out") {
				timeout = unit.Duration(50 * time.Millisecond)
			}
			for {
				got := askHostile(t, test.script, timeout)
				if got.Status == Deferred && strings.HasPrefix(got.Why(), test.why) && len(got.Why()) <= MaxWhy {
					return
				}
				if timeout *= 2; timeout > testOptions().CommandTimeout || !strings.Contains(got.Why(), "timed out") {
					t.Fatalf("got %v %q, want %q", got.Status, got.Why(), test.why)
				}
			}
		})
	}
}

// askHostile asks one server, with so much time for each step.
func askHostile(t *testing.T, s script, timeout unit.Duration) Result {
	t.Helper()
	w := newWorld(t)
	w.host("mx.example.org", "192.0.2.1")
	f := w.server("192.0.2.1", s)
	defer f.close()
	v := w.verifier(func(o *Options, _ *Environment) { o.CommandTimeout = timeout })
	return v.Verify(t.Context(), sender(t, "user@mx.example.org"))
}

// TestUselessFarewell: the answer is there, whatever the server does at the
// end.
func TestUselessFarewell(t *testing.T) {
	for name, replies := range map[string]map[string]string{
		"silent at RSET": {"RSET": "hang"}, "silent at QUIT": {"QUIT": "hang"}, "gone at RSET": {"RSET": "close"},
	} {
		w := newWorld(t)
		w.host("example.org", "192.0.2.1")
		w.server("192.0.2.1", script{replies: replies})
		v := w.verifier(nil)
		if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != OK {
			t.Errorf("%s: %v %q", name, got.Status, got.Why())
		}
	}
}

// TestProbeTimeout bounds a probe however many servers there are.
func TestProbeTimeout(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1", "192.0.2.2", "192.0.2.3")
	for _, ip := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
		w.server(ip, script{replies: map[string]string{"RCPT": "hang"}})
	}
	// On a busy machine the connection alone may take longer: then all gets
	// more time.
	for timeout := 50 * time.Millisecond; ; timeout *= 2 {
		v := w.verifier(func(o *Options, _ *Environment) { o.ProbeTimeout = unit.Duration(timeout) })
		before := len(w.dials())
		got := v.Verify(t.Context(), sender(t, "user@example.org"))
		if got.Status == Deferred && got.Why() == "conversation with example.org[192.0.2.1] timed out" && len(w.dials()) == before+1 {
			return
		}
		if timeout > 30*time.Second {
			t.Fatalf("got %v %q, connected to %q", got.Status, got.Why(), w.dials()[before:])
		}
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestStartTLS encrypts where it is offered, and does without where it fails.
func TestStartTLS(t *testing.T) {
	good := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	offer := "250-fake\n250 STARTTLS"
	tlsWords := []string{"EHLO mx.postern.example", "STARTTLS", "EHLO mx.postern.example", "MAIL FROM:<>", "RCPT TO:<user@example.org>", "RSET", "QUIT"}
	plain := []string{"EHLO mx.postern.example", "MAIL FROM:<>", "RCPT TO:<user@example.org>", "RSET", "QUIT"}
	failed := append([]string{"EHLO mx.postern.example", "STARTTLS"}, plain...)
	for _, test := range []struct {
		name   string
		script script
		off    bool
		want   []string
	}{
		{"offered", script{replies: map[string]string{"EHLO": offer}, tls: good}, false, tlsWords},
		{"not offered", script{tls: good}, false, plain},
		{"switched off", script{replies: map[string]string{"EHLO": offer}, tls: good}, true, plain},
		{"handshake fails", script{replies: map[string]string{"EHLO": offer}, tls: &tls.Config{}}, false, failed},
		{"plain text ahead", script{replies: map[string]string{"EHLO": offer, "STARTTLS": "220 go\n250 2.1.0 Ok"}, tls: good}, false, failed},
		{"hangs up", script{replies: map[string]string{"EHLO": offer, "STARTTLS": "close"}}, false, failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.host("example.org", "192.0.2.1")
			f := w.server("192.0.2.1", test.script)
			v := w.verifier(func(o *Options, _ *Environment) { o.StartTLS = !test.off })
			if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != OK {
				t.Errorf("%v %q", got.Status, got.Why())
			}
			v.Close()
			if got := f.commands(); !slices.Equal(got, test.want) {
				t.Errorf("said %q, want %q", got, test.want)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		w.host("example.org", "192.0.2.1")
		w.server("192.0.2.1", script{replies: map[string]string{"EHLO": offer, "STARTTLS": "454 not now"}})
		v := w.verifier(func(o *Options, _ *Environment) { o.StartTLS = true })
		if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != OK {
			t.Errorf("%v %q", got.Status, got.Why())
		}
	})
}

// TestNoGoroutineStays: once closed, nothing of the room runs, whatever the
// servers did.
func TestNoGoroutineStays(t *testing.T) {
	w := newWorld(t)
	w.host("a.example", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
	w.server("192.0.2.1", script{replies: map[string]string{"": "421 no"}})
	w.server("192.0.2.2", script{raw: forever("220-\r\n", time.Millisecond)})
	f := w.server("192.0.2.3", script{replies: map[string]string{"RCPT": "hang"}})
	v := w.verifier(nil)
	for _, a := range []string{"a@a.example", "b@a.example", "c@a.example"} {
		q := sender(t, a)
		go v.Verify(t.Context(), q) // ends with Close
	}
	for range 3 {
		<-f.rcpt
	}
	v.Close()
	deadline := time.Now().Add(20 * time.Second)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !strings.Contains(string(stacks), "callout.(*Verifier)") && !strings.Contains(string(stacks), "callout.(*conversation)") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still running:\n%s", stacks)
		}
		time.Sleep(time.Millisecond) // who was told of the end still has to return
	}
}
