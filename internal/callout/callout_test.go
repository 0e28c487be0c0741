package callout

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/unit"
)

// TestVerifyDialogue is one server's answers and what they amount to.
func TestVerifyDialogue(t *testing.T) {
	const said = "host mx.example.org[192.0.2.1] said: "
	for _, test := range []struct {
		name    string
		replies map[string]string
		address string
		want    Status
		reply   string
	}{
		{"known", nil, "", OK, "250 2.1.5 Ok"},
		{"will forward", map[string]string{"RCPT": "251 not here, will forward"}, "", OK, "251 not here, will forward"},
		{"unknown", map[string]string{"RCPT": "550 5.1.1 No such user"}, "", Bounced,
			"550 5.1.1 " + said + "550 5.1.1 No such user (in reply to RCPT TO command)"},
		{"unknown, no enhanced code", map[string]string{"RCPT": "550 No such user"}, "", Bounced,
			"550 5.0.0 " + said + "550 No such user (in reply to RCPT TO command)"},
		{"unknown, several lines", map[string]string{"RCPT": "550-5.1.1 No such\n550 5.1.1 user"}, "", Bounced,
			"550 5.1.1 " + said + "550-5.1.1 No such 550 5.1.1 user (in reply to RCPT TO command)"},
		{"greylisted", map[string]string{"RCPT": "450 4.2.0 Greylisted"}, "", Deferred,
			"450 4.2.0 " + said + "450 4.2.0 Greylisted (in reply to RCPT TO command)"},
		{"we are on a list", map[string]string{"RCPT": "554 5.7.1 Service unavailable; blocked"}, "", Deferred,
			"554 5.7.1 " + said + "554 5.7.1 Service unavailable; blocked (in reply to RCPT TO command)"},
		{"odd code", map[string]string{"RCPT": "354 go on"}, "", Deferred,
			"450 4.0.0 " + said + "354 go on (in reply to RCPT TO command)"},
		{"sender refused", map[string]string{"MAIL": "550 5.7.1 no null senders"}, "", Deferred,
			"550 5.7.1 " + said + "550 5.7.1 no null senders (in reply to MAIL FROM command)"},
		{"does not want us", map[string]string{"": "554 5.7.1 go away"}, "", Deferred,
			"554 5.7.1 host mx.example.org[192.0.2.1] refused to talk to me: 554 5.7.1 go away"},
		{"busy", map[string]string{"": "421 4.3.2 later"}, "", Deferred,
			"421 4.3.2 host mx.example.org[192.0.2.1] refused to talk to me: 421 4.3.2 later"},
		{"greets oddly", map[string]string{"": "250 hi"}, "", Deferred,
			"450 4.0.0 host mx.example.org[192.0.2.1] refused to talk to me: 250 hi"},
		{"knows no EHLO", map[string]string{"EHLO": "500 what?"}, "", OK, "250 2.1.5 Ok"},
		{"knows no HELO either", map[string]string{"EHLO": "500 what?", "HELO": "502 no"}, "", Deferred,
			"502 5.0.0 host mx.example.org[192.0.2.1] refused to talk to me: 502 no"},
		{"hangs up on connect", map[string]string{"": "close"}, "", Deferred,
			"450 4.4.2 lost connection with mx.example.org[192.0.2.1] while receiving the initial server greeting"},
		{"hangs up on EHLO", map[string]string{"EHLO": "close"}, "", Deferred,
			"450 4.4.2 lost connection with mx.example.org[192.0.2.1] while performing the EHLO handshake"},
		{"hangs up on MAIL", map[string]string{"MAIL": "close"}, "", Deferred,
			"450 4.4.2 lost connection with mx.example.org[192.0.2.1] while sending MAIL FROM"},
		{"hangs up on RCPT", map[string]string{"RCPT": "close"}, "", Deferred,
			"450 4.4.2 lost connection with mx.example.org[192.0.2.1] while sending RCPT TO"},
		{"is no mail server", map[string]string{"": "SSH-2.0-OpenSSH_9.2"}, "", Deferred,
			`450 4.5.0 protocol error of mx.example.org[192.0.2.1] while receiving the initial server greeting: "SSH-2.0-OpenSSH_9.2" is no reply`},
		{"answers too early", map[string]string{"EHLO": "250 fake\n250 2.1.0 Ok\n250 2.1.5 Ok"}, "", Deferred,
			"450 4.5.0 protocol error of mx.example.org[192.0.2.1] while sending MAIL FROM: it answers before it was asked"},
		{"control characters", map[string]string{"RCPT": "550 5.1.1 a\x1b[2J\x00b\tc  d\u00e9"}, "", Bounced,
			"550 5.1.1 " + said + "550 5.1.1 a?[2J?b c d? (in reply to RCPT TO command)"},
		{"SMTPUTF8 offered", map[string]string{"EHLO": "250-fake\n250 SMTPUTF8"}, "j\u00f6rg@example.org", OK, "250 2.1.5 Ok"},
		{"SMTPUTF8 not offered", nil, "j\u00f6rg@example.org", Bounced,
			"550 5.6.7 SMTPUTF8 is required, but was not offered by host mx.example.org[192.0.2.1]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.mx["example.org"] = []dns.MX{{Host: "mx.example.org", Preference: 10}}
			w.host("mx.example.org", "192.0.2.1")
			f := w.server("192.0.2.1", script{replies: test.replies})
			v := w.verifier(nil)
			a := test.address
			if a == "" {
				a = "user@example.org"
			}
			got := v.Verify(t.Context(), sender(t, a))
			// OK replies carry their code in the text, as Postfix's do.
			reply := got.Reply.String()
			if got.Status == OK {
				reply = got.Why()
			}
			if got.Status != test.want || reply != test.reply {
				t.Errorf("got %v %q\nwant %v %q", got.Status, reply, test.want, test.reply)
			}
			v.Close()
			for _, c := range f.commands() {
				if c == "DATA" {
					t.Error("it said DATA")
				}
			}
		})
	}
}

func TestCommands(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	f := w.server("192.0.2.1", script{})
	for _, test := range []struct {
		name   string
		change func(*Options, *Environment)
		want   []string
	}{
		{"null sender", nil, []string{
			"EHLO mx.postern.example", "MAIL FROM:<>", `RCPT TO:<"a b"@example.org>`, "RSET", "QUIT"}},
		{"sender", func(o *Options, _ *Environment) { o.Sender = "double-bounce@postern.example" }, []string{
			"EHLO mx.postern.example", "MAIL FROM:<double-bounce@postern.example>", `RCPT TO:<"a b"@example.org>`, "RSET", "QUIT"}},
		{"sender by time", func(o *Options, _ *Environment) {
			o.Sender, o.SenderTTL = "double-bounce@postern.example", unit.Duration(time.Hour)
		}, []string{
			"EHLO mx.postern.example", "MAIL FROM:<double-bounceaowc@postern.example>", `RCPT TO:<"a b"@example.org>`, "RSET", "QUIT"}},
	} {
		f.mu.Lock()
		f.said = nil
		f.mu.Unlock()
		v := w.verifier(test.change)
		if got := v.Verify(t.Context(), sender(t, `"a b"@example.org`)); got.Status != OK {
			t.Errorf("%s: %v", test.name, got)
		}
		v.Close()
		got := f.commands()
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: said %q, want %q", test.name, got, test.want)
		}
	}
}

func TestProbeSender(t *testing.T) {
	p := prober{base: addr.Address{Local: "double-bounce", Domain: "postern.example"}, ttl: time.Hour}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]bool{0: true, time.Hour: true, -time.Hour: true, 3 * time.Hour: false} {
		if got := p.is(p.sender(now.Add(d)), now); got != want {
			t.Errorf("the sender of %v later is ours: %v", d, got)
		}
	}
	for s, want := range map[string]bool{
		"Double-Bounce@Postern.Example": true, "double-bounce@example.org": false, "double-bouncex@postern.example": false, "": false,
	} {
		a, _ := addr.ParsePath(s)
		if got := p.is(a, now); got != want {
			t.Errorf("%q is ours: %v", s, got)
		}
	}
	if (prober{}).is(addr.Address{}, now) {
		t.Error("with the null sender for probes, every bounce is ours")
	}
}

// TestHosts is which servers of a domain are asked, and what it means where
// there are none.
func TestHosts(t *testing.T) {
	mx := func(list ...string) (all []dns.MX) {
		for i, h := range list {
			all = append(all, dns.MX{Host: h, Preference: uint16(10 * (i + 1))})
		}
		return all
	}
	for _, test := range []struct {
		name    string
		setup   func(*world)
		private bool
		want    Status
		why     string
		dialed  []string
	}{
		{"in order of preference", func(w *world) {
			w.mx["example.org"] = []dns.MX{{Host: "c.example", Preference: 30}, {Host: "a.example", Preference: 10}, {Host: "b.example", Preference: 20}}
			w.host("a.example", "192.0.2.1", "2001:db8:1::1")
			w.host("b.example", "192.0.2.2")
			w.host("c.example", "192.0.2.3")
			w.server("192.0.2.3", script{replies: map[string]string{"RCPT": "550 5.1.1 no"}})
			w.server("192.0.2.2", script{replies: map[string]string{"": "421 later"}})
		}, false, Bounced, "host c.example[192.0.2.3] said", []string{"192.0.2.1:25", "[2001:db8:1::1]:25", "192.0.2.2:25", "192.0.2.3:25"}},
		{"a second one after a deferral", func(w *world) {
			w.mx["example.org"] = mx("a.example", "b.example")
			w.host("a.example", "192.0.2.1")
			w.host("b.example", "192.0.2.2")
			w.server("192.0.2.1", script{replies: map[string]string{"RCPT": "450 later"}})
			w.server("192.0.2.2", script{})
		}, false, OK, "250 2.1.5 Ok", []string{"192.0.2.1:25", "192.0.2.2:25"}},
		{"no more than some", func(w *world) {
			w.mx["example.org"] = mx("a.example", "b.example")
			w.host("a.example", "192.0.2.1", "192.0.2.2", "192.0.2.3")
			w.host("b.example", "192.0.2.4", "192.0.2.5")
		}, false, Deferred, "connect to b.example[192.0.2.4]:25: Connection refused", []string{"192.0.2.1:25", "192.0.2.2:25", "192.0.2.3:25", "192.0.2.4:25"}},
		{"no MX but an address", func(w *world) {
			w.host("example.org", "192.0.2.1")
			w.server("192.0.2.1", script{})
		}, false, OK, "250 2.1.5 Ok", []string{"192.0.2.1:25"}},
		{"null MX", func(w *world) {
			w.mx["example.org"] = []dns.MX{{Host: ""}}
			w.host("example.org", "192.0.2.1")
		}, false, Bounced, "Domain example.org does not accept mail (nullMX)", nil},
		{"no such domain", func(*world) {}, false, Bounced,
			"Host or domain name not found. Name service error for name=example.org type=A: Host not found", nil},
		{"DNS is down", func(w *world) { w.broken["example.org"] = true }, false, Deferred,
			"Host or domain name not found. Name service error for name=example.org type=MX: Host not found, try again", nil},
		{"DNS of the exchanger is down", func(w *world) {
			w.mx["example.org"] = mx("a.example")
			w.broken["a.example"] = true
		}, false, Deferred,
			"Host or domain name not found. Name service error for name=a.example type=A: Host not found, try again", nil},
		{"loopback", func(w *world) {
			w.mx["example.org"] = mx("a.example")
			w.host("a.example", "127.0.0.1", "::1", "10.0.0.1", "::ffff:192.168.0.1", "169.254.1.1", "64:ff9b::a00:1")
		}, false, Deferred, "no mail exchanger of example.org has a public address", nil},
		{"loopback allowed", func(w *world) {
			w.mx["example.org"] = mx("a.example")
			w.host("a.example", "127.0.0.1")
			w.server("127.0.0.1", script{})
		}, true, OK, "250 2.1.5 Ok", []string{"127.0.0.1:25"}},
		{"we are the exchanger", func(w *world) {
			w.mx["example.org"] = mx("a.example", "b.example")
			w.host("a.example", "203.0.113.1")
			w.host("b.example", "192.0.2.2")
		}, false, Skipped, "we are the mail exchanger of example.org", nil},
		{"we are the second exchanger", func(w *world) {
			w.mx["example.org"] = mx("a.example", "b.example", "c.example")
			w.host("a.example", "192.0.2.1")
			w.host("b.example", "203.0.113.1")
			w.host("c.example", "192.0.2.3")
		}, false, Deferred, "connect to a.example[192.0.2.1]:25: Connection refused", []string{"192.0.2.1:25"}},
		{"the client is the exchanger", func(w *world) {
			w.mx["example.org"] = mx("a.example")
			w.host("a.example", "198.51.100.77")
		}, false, Skipped, "a mail exchanger of example.org is the client itself", nil},
		{"the client is one of the exchangers", func(w *world) {
			w.mx["example.org"] = mx("a.example", "b.example")
			w.host("a.example", "198.51.100.77")
			w.host("b.example", "192.0.2.2")
			w.server("192.0.2.2", script{replies: map[string]string{"RCPT": "550 5.1.1 no"}})
		}, false, Bounced, "host b.example[192.0.2.2] said", []string{"192.0.2.2:25"}},
		{"an address for a name", func(w *world) {
			w.mx["example.org"] = mx("192.0.2.1")
			w.host("192.0.2.1", "192.0.2.1")
		}, false, Bounced, "Host or domain name not found", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.setup(w)
			v := w.verifier(func(o *Options, _ *Environment) { o.AllowPrivate = test.private })
			got := v.Verify(t.Context(), sender(t, "user@example.org"))
			if got.Status != test.want || !strings.HasPrefix(got.Why(), test.why) {
				t.Errorf("got %v %q, want %v %q", got.Status, got.Why(), test.want, test.why)
			}
			if d := w.dials(); !slices.Equal(d, test.dialed) {
				t.Errorf("connected to %q, want %q", d, test.dialed)
			}
		})
	}
}

// TestExempt is who is never asked for.
func TestExempt(t *testing.T) {
	const probe = "double-bounce@postern.example"
	for name, test := range map[string]struct {
		request Request
		off     bool
		want    Status
	}{
		"off":                  {request: sender(t, "user@example.org"), off: true, want: Skipped},
		"null sender":          {request: sender(t, ""), want: Skipped},
		"literal":              {request: sender(t, "user@[192.0.2.1]"), want: Skipped},
		"no domain":            {request: sender(t, "postmaster"), want: Skipped},
		"our probe sender":     {request: sender(t, probe), want: OK},
		"recipient of a probe": {request: Request{Address: address(t, "a@example.org"), Kind: Recipient, MailFrom: address(t, probe)}, want: Skipped},
		"control characters":   {request: Request{Address: addr.Address{Local: "a>\r\nDATA", Domain: "example.org"}}, want: Bounced},
		"no local part":        {request: Request{Address: addr.Address{Domain: "example.org"}}, want: Bounced},
		"endless":              {request: Request{Address: addr.Address{Local: strings.Repeat("a", 600), Domain: "example.org"}}, want: Bounced},
	} {
		w := newWorld(t)
		v := w.verifier(func(o *Options, _ *Environment) { o.Enabled, o.Sender = !test.off, probe })
		if got := v.Verify(t.Context(), test.request); got.Status != test.want {
			t.Errorf("%s: %v %q, want %v", name, got.Status, got.Why(), test.want)
		}
		if d := w.dials(); d != nil {
			t.Errorf("%s: connected to %q", name, d)
		}
	}
}

// TestNextHop asks next hops by SMTP and by LMTP over a Unix socket.
func TestNextHop(t *testing.T) {
	w := newWorld(t)
	no := map[string]string{"RCPT TO:<no@example.org>": "550 5.1.1 no"}
	hop := w.server("10.0.0.5", script{replies: no})
	lmtp := serve(t, "unix", script{replies: no})
	for entry, want := range map[string]struct {
		server *fakeServer
		hello  string
	}{
		"example.org smtp:10.0.0.5:2525":         {hop, "EHLO mx.postern.example"},
		"* lmtp:unix:" + lmtp.ln.Addr().String(): {lmtp, "LHLO mx.postern.example"},
		".org unix:" + lmtp.ln.Addr().String():   {lmtp, "LHLO mx.postern.example"},
		"EXAMPLE.org [10.0.0.5]":                 {hop, "EHLO mx.postern.example"},
		"example.org lmtp:inet:[10.0.0.5]":       {hop, "LHLO mx.postern.example"},
	} {
		v := w.verifier(func(o *Options, _ *Environment) { o.NextHops = []string{entry} })
		for a, status := range map[string]Status{"yes@example.org": OK, "no@example.org": Bounced} {
			q := Request{Address: address(t, a), Kind: Recipient, Client: netip.MustParseAddr("10.0.0.5")}
			if got := v.Verify(t.Context(), q); got.Status != status {
				t.Errorf("%s: %s is %v %q, want %v", entry, a, got.Status, got.Why(), status)
			}
		}
		v.Close()
		if c := want.server.commands(); c[len(c)-5] != want.hello {
			t.Errorf("%s: said %q", entry, c)
		}
	}
	want := []string{lmtp.ln.Addr().String(), "10.0.0.5:24", "10.0.0.5:25", "10.0.0.5:2525"}
	got := w.dials()
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("connected to %q, want %q", got, want)
	}
}

// TestSendersAreNotBehindTheLastHop: "*" is for recipients.
func TestSendersAreNotBehindTheLastHop(t *testing.T) {
	n, err := parseNextHops([]string{"* smtp:a.example", ".example.net smtp:b.example", "example.org smtp:c.example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		domain string
		kind   Kind
		want   string
	}{
		{"elsewhere.example", Sender, ""}, {"elsewhere.example", Recipient, "a.example:25"}, {"", Recipient, "a.example:25"},
		{"example.net", Recipient, "a.example:25"}, {"x.y.example.net", Sender, "b.example:25"}, {"example.org", Sender, "c.example:25"},
	} {
		got := ""
		if p := n.find(test.domain, test.kind); p != nil {
			got = p.address
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.domain, got, test.want)
		}
	}
}

// TestCatchAll finds the server that accepts everything.
func TestCatchAll(t *testing.T) {
	for name, test := range map[string]struct {
		replies map[string]string
		want    bool
	}{
		"accepts everything": {nil, true},
		"knows its users":    {map[string]string{"RCPT TO:<user@example.org>": "250 ok", "RCPT": "550 5.1.1 no"}, false},
		"hangs up":           {map[string]string{"RCPT TO:<user@example.org>": "250 ok", "RCPT": "close"}, false},
	} {
		w := newWorld(t)
		w.host("example.org", "192.0.2.1")
		w.server("192.0.2.1", script{replies: test.replies})
		v := w.verifier(func(o *Options, _ *Environment) { o.CatchAll = true })
		for range 2 { // the second comes from the cache
			if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != OK || got.CatchAll != test.want {
				t.Errorf("%s: %v, catch-all %v", name, got.Status, got.CatchAll)
			}
		}
	}
}

// TestGivesUpWaiting: the mail does not wait for a slow server, the next one
// has the answer.
func TestGivesUpWaiting(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	gate := make(chan struct{})
	f := w.server("192.0.2.1", script{gate: gate})
	v := w.verifier(nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-f.rcpt; cancel() }()
	if got := v.Verify(ctx, sender(t, "user@example.org")); got.Status != Unknown || got.Why() != "Address verification in progress" {
		t.Errorf("while it is asked: %v %q", got.Status, got.Why())
	}
	close(gate)
	idle(v)
	if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != OK || !got.Cached {
		t.Errorf("afterwards: %v, cached %v", got.Status, got.Cached)
	}
}
