package restrict

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/session"
	"postern/internal/unit"
)

// fakePolicy is a policy service that does what the test wants.
type fakePolicy struct {
	net.Listener
	mu       sync.Mutex
	requests []map[string]string
	conns    int
	// answer gives what is written for a request; "" closes the connection.
	answer func(n int, request map[string]string) string
}

func newPolicy(t *testing.T, network string, answer func(int, map[string]string) string) *fakePolicy {
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "policy")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakePolicy{Listener: l, answer: answer}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns++
			f.mu.Unlock()
			all.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close() })
	return f
}

func (f *fakePolicy) serve(c net.Conn) {
	defer c.Close()
	request := map[string]string{}
	for scan := bufio.NewScanner(c); scan.Scan(); {
		if line := scan.Text(); line != "" {
			name, value, _ := strings.Cut(line, "=")
			request[name] = value
			continue
		}
		f.mu.Lock()
		f.requests = append(f.requests, request)
		n := len(f.requests)
		f.mu.Unlock()
		answer := f.answer(n, request)
		if answer == "" {
			return
		}
		if _, err := c.Write([]byte(answer)); err != nil {
			return
		}
		request = map[string]string{}
	}
}

func (f *fakePolicy) count() (requests, conns int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests), f.conns
}

// spec names the service in a list.
func (f *fakePolicy) spec(options string) string {
	where := "inet:" + f.Addr().String()
	if f.Addr().Network() == "unix" {
		where = "unix:" + f.Addr().String()
	}
	return "check_policy_service { " + where + ", retry_delay=0 " + options + " }"
}

// policySession is a session with every attribute set.
func policySession() *session.Session {
	return &session.Session{
		Client: session.Client{IP: netip.MustParseAddr("198.18.0.1"), Name: "client.example", ReverseName: "client.example", Port: 1234, NameKnown: true},
		HELO:   "helo.example", Protocol: "ESMTP", HasSender: true, Sender: address("a=b@there.example"),
		ServerIP: netip.MustParseAddr("198.18.0.25"), ServerPort: 25, QueueID: "4ABC", Instance: "1.2.3.0", Size: 4711,
		User: "bob", AuthMethod: "PLAIN", AuthSender: "bob@there.example",
		TLS: &session.TLS{Version: "TLSv1.3", Cipher: "AES", Bits: "256", CertSubject: "a b+c", CertIssuer: "ca", CertFingerprint: "AB:CD", KeyFingerprint: "EF", CertVerified: true},
	}
}

// decide evaluates one recipient with a recipient list.
func decide(t *testing.T, list string, change func(*Options)) Decision {
	t.Helper()
	o := DefaultOptions()
	o.Recipient = []string{list}
	o.RejectUnlistedRecipient = false
	if change != nil {
		change(&o)
	}
	e, err := New(o, Needs{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rcpt := session.Recipient{Address: address("user@here.example")}
	return e.Decide(context.Background(), new(State), policySession(), Rcpt, &rcpt)
}

func TestPolicyRequest(t *testing.T) {
	f := newPolicy(t, "unix", func(int, map[string]string) string { return "action=dunno\n\n" })
	if d := decide(t, f.spec(", policy_context=mx"), nil); d.Action != Pass || len(d.Unknown) > 0 {
		t.Fatalf("%+v", d)
	}
	want := map[string]string{
		"request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP",
		"client_address": "198.18.0.1", "client_name": "client.example", "client_port": "1234",
		"reverse_client_name": "client.example", "server_address": "198.18.0.25", "server_port": "25",
		"helo_name": "helo.example", "sender": "a=b@there.example", "recipient": "user@here.example",
		"recipient_count": "0", "queue_id": "4ABC", "instance": "1.2.3.0", "size": "4711", "etrn_domain": "", "stress": "",
		"sasl_method": "PLAIN", "sasl_username": "bob", "sasl_sender": "bob@there.example",
		"ccert_subject": "a+20b+2Bc", "ccert_issuer": "ca", "ccert_fingerprint": "AB:CD", "ccert_pubkey_fingerprint": "EF",
		"encryption_protocol": "TLSv1.3", "encryption_cipher": "AES", "encryption_keysize": "256", "policy_context": "mx",
	}
	got := f.requests[0]
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s=%q, want %q", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("attributes %v", got)
	}
}

func TestPolicyAnswers(t *testing.T) {
	const down = "450 4.7.1 <user@here.example>: Recipient address rejected: down"
	for _, tt := range []struct {
		name, answer, options, want string
	}{
		{"reject", "action=REJECT 5.7.9 no\n\n", "", "554 5.7.9 <user@here.example>: Recipient address rejected: no"},
		{"CRLF", "action=550 no\r\n\r\n", "", "550 5.7.1 <user@here.example>: Recipient address rejected: no"},
		{"other attributes", "note=x\naction=DEFER later\naction=OK\n\n", "", "450 4.7.1 <user@here.example>: Recipient address rejected: later"},
		{"postponed", "action=defer_if_permit Greylisted\n\n", "", "450 4.7.1 <user@here.example>: Recipient address rejected: Greylisted"},
		{"list", "action=reject_plaintext_session, reject\n\n", "", "554 5.7.1 <user@here.example>: Recipient address rejected: Access denied"},
		{"dunno", "action=DUNNO\n\n", "", ""},
		{"closed", "", "", ""},
		{"closed, default", "", ", {default_action = DEFER down}", down},
		{"empty action", "action=\n\n", ", {default_action = DEFER down}", down},
		{"no action", "x=y\n\n", ", {default_action = DEFER down}", down},
		{"garbage", "HTTP/1.1 400 Bad Request\n\n", ", {default_action = DEFER down}", down},
		{"long line", "action=" + strings.Repeat("x", 10000) + "\n\n", ", {default_action = DEFER down}", down},
		{"many lines", strings.Repeat("a=b\n", 2000) + "\n", ", {default_action = DEFER down}", down},
		{"NUL", "action=OK\x00\n\n", ", {default_action = DEFER down}", down},
		{"no end", "action=OK\n", ", timeout=1, try_limit=1, {default_action = DEFER down}", down},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newPolicy(t, "tcp", func(int, map[string]string) string { return tt.answer })
			d := decide(t, f.spec(tt.options), nil)
			if got := d.Reply.String(); got != tt.want {
				t.Errorf("got %q, want %q (%q)", got, tt.want, d.Notes)
			}
			if failed := strings.Contains(tt.options, "default") || tt.name == "closed"; failed != (len(d.Unknown) > 0) {
				t.Errorf("could not be found out: %q", d.Unknown)
			}
		})
	}
}

func TestPolicyDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	list := "check_policy_service { inet:" + l.Addr().String() + ", retry_delay=0 }, permit"
	l.Close()
	if d := decide(t, list, nil); d.Action != Pass || len(d.Unknown) != 1 {
		t.Errorf("passed over: %+v", d)
	}
	d := decide(t, list, func(o *Options) { o.OnFailure = "defer" })
	if want := "451 4.3.5 <user@here.example>: Recipient address rejected: Server configuration problem"; d.Reply.String() != want {
		t.Errorf("got %q", d.Reply)
	}
}

// TestPolicyConnections tells how connections are kept.
func TestPolicyConnections(t *testing.T) {
	now := time.Unix(1000, 0)
	f := newPolicy(t, "tcp", func(n int, _ map[string]string) string {
		if n == 4 {
			return "" // closed between two requests
		}
		return fmt.Sprintf("action=HOLD %d\n\n", n)
	})
	s, err := parsePolicyService("inet:"+f.Addr().String(), DefaultPolicyOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.now = func() time.Time { return now }
	s.opt.RetryDelay, s.opt.RequestLimit = 0, 6
	for i, step := range []struct {
		wait            time.Duration
		requests, conns int
	}{
		{0, 1, 1}, {0, 2, 1}, {200 * time.Second, 3, 1},
		{0, 5, 2},                                                              // the kept one was dead
		{400 * time.Second, 6, 3},                                              // idle too long
		{250 * time.Second, 7, 3},                                              //
		{250 * time.Second, 8, 3},                                              //
		{250 * time.Second, 9, 3},                                              //
		{251 * time.Second, 10, 4},                                             // older than max_ttl
		{0, 11, 4}, {0, 12, 4}, {0, 13, 4}, {0, 14, 4}, {0, 15, 4}, {0, 16, 5}, // request_limit
		{-time.Hour, 17, 6}, // the clock jumped back
	} {
		now = now.Add(step.wait)
		action, err := s.ask(context.Background(), []byte("request=x\n\n"))
		requests, conns := f.count()
		if err != nil || action != fmt.Sprintf("HOLD %d", requests) || requests != step.requests || conns != step.conns {
			t.Errorf("step %d: %q %v with %d requests on %d connections", i, action, err, requests, conns)
		}
	}
}

func TestPolicyHonoursContext(t *testing.T) {
	block := make(chan struct{})
	defer close(block)
	f := newPolicy(t, "tcp", func(int, map[string]string) string { <-block; return "" })
	s, err := parsePolicyService("inet:"+f.Addr().String(), DefaultPolicyOptions())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.ask(ctx, []byte("\n")); err == nil {
		t.Error("answered")
	}
}

// TestRealPostgrey asks postgrey, where it is installed.
func TestRealPostgrey(t *testing.T) {
	postgrey, err := exec.LookPath("postgrey")
	if err != nil {
		t.Skip("postgrey is not installed")
	}
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "socket")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, postgrey, "--unix="+socket, "--dbdir="+folder, "--user="+orElse(os.Getenv("USER"), "root"), "--delay=1")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Skipf("postgrey does not start: %v", err)
	}
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	for !dialable(socket) {
		select {
		case <-done:
			t.Skipf("postgrey ends: %s", &log)
		case <-time.After(20 * time.Millisecond):
		}
	}
	d := decide(t, "check_policy_service unix:"+socket, func(o *Options) { o.Policy.Timeout = unit.Duration(20 * time.Second) })
	if d.Action != Defer || !strings.Contains(d.Reply.Text, "Greylisted") || d.Reply.Code != 450 {
		t.Errorf("%v %q %q", d.Action, d.Reply, d.Unknown)
	}
}

func dialable(socket string) bool {
	c, err := net.Dial("unix", socket)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func FuzzPolicyReply(f *testing.F) {
	f.Add([]byte("action=DUNNO\n\n"))
	f.Add([]byte("a=b\r\naction=REJECT x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		action, err := readPolicyReply(bufio.NewReaderSize(bytes.NewReader(data), 512))
		if (err == nil) != (action != "") {
			t.Errorf("%q %v", action, err)
		}
	})
}

func FuzzAccessResult(f *testing.F) {
	for _, s := range []string{"REJECT 5.1.2 x", "DUNNO", "550 no", "prepend X: y", "score A 1", "reject_rbl_client a", "warn_if_reject, reject", "strict"} {
		f.Add(s)
	}
	o := DefaultOptions()
	o.MaxSleep = 0
	o.OnFailure = "defer"
	o.Classes = map[string][]string{"strict": {"reject_plaintext_session"}}
	e, err := New(o, Needs{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var d Decision
		s := policySession()
		rcpt := address("user@here.example")
		v := eval{e: e, ctx: context.Background(), s: s, st: new(State), d: &d, stage: Rcpt, sender: &s.Sender, rcpt: &rcpt, kind: listRecipient}
		r := v.obey(value, "name", classRecipient, "fuzz")
		if r != reject {
			return
		}
		if line := d.Reply.String(); !d.Hangup && (d.Reply.Code < 400 || d.Reply.Code > 599 || len(line) > maxReply || strings.ContainsAny(line, "\r\n\x00")) {
			t.Errorf("reply %q", line)
		}
	})
}
