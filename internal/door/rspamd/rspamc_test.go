package rspamd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
	"postern/test/suites"
)

// captured is one run of a genuine rspamc with what it sent.
type captured struct {
	Argv     []string
	Requests []struct {
		Port int
		Head string
		// BodyLen is how many bytes followed, BodyStart the first of them.
		BodyLen   int    `json:"body_len"`
		BodyStart string `json:"body_start"`
	}
}

// TestCapturedRequests replays what rspamc 3.4 sent: scans get a verdict,
// everything else is answered with an error that names the reason.
func TestCapturedRequests(t *testing.T) {
	data, err := os.ReadFile(suites.Path(t, "suites", "rspamc", "rspamc-3.4-requests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs []captured
	if err := json.Unmarshal(data, &runs); err != nil {
		t.Fatal(err)
	}
	eng := &fakeEngine{}
	s := start(t, eng, nil)
	scans := 0
	for _, run := range runs {
		for _, req := range run.Requests {
			body := (req.BodyStart + strings.Repeat("\nline", req.BodyLen))[:req.BodyLen]
			got := talk(t, s, req.Head+"\r\n\r\n"+body, false)
			scan := strings.HasPrefix(req.Head, "POST /checkv2 ")
			want := "HTTP/1.0 400 Bad Request\r\n"
			if scan {
				want, scans = "HTTP/1.0 200 OK\r\n", scans+1
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%q: got %.80q", run.Argv, got)
			}
			if scan && eng.last(t).raw != body {
				t.Errorf("%q: the body did not come whole", run.Argv)
			}
		}
	}
	if scans < 6 {
		t.Errorf("%d scans among the captured requests; there were more", scans)
	}
}

// rspamc runs the genuine client against a door.
func rspamc(t *testing.T, s *Server, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("rspamc")
	if err != nil {
		t.Skip("rspamc is not installed (Debian: apt-get install rspamd)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-h", s.Addr().String()}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if stderr.Len() > 0 {
		t.Logf("rspamc says: %s", stderr.Bytes())
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n"), err
}

// spamEngine calls everything spam and rewrites its subject.
func spamEngine() *fakeEngine {
	return &fakeEngine{answer: func(_ context.Context, s *session.Session, m *message.Message) engine.Outcome {
		v := clean()
		v.Action, v.Score, v.Subject = verdict.RewriteSubject, 7.5, "***SPAM*** hello"
		v.Findings = append(v.Findings, verdict.Finding{Symbol: "FORGED", Score: 7.6, FullScore: 7.6, Evidence: []string{"a", "b"}})
		return outcome(s, m, v)
	}}
}

func mailFile(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(plainMail), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRspamc runs an unmodified rspamc.
func TestRspamc(t *testing.T) {
	eng := spamEngine()
	s := start(t, eng, nil)
	file := mailFile(t, "a.eml")
	human := []string{"Action: rewrite subject\n", "Spam: true\n", "Score: 7.50 / 15.00\n",
		"Symbol: FORGED (7.60)[a, b]\n", "Symbol: MIME_GOOD (-0.10)[text/plain]\n"}
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"plain", []string{"symbols", file}, human},
		{"no command", []string{file}, human},
		{"check", []string{"check", file}, human},
		{"report", []string{"report", file}, human},
		{"json", []string{"-j", "symbols", file}, []string{`"action": "rewrite subject"`, `"case": "case-1"`, `"subject": "***SPAM*** hello"`}},
		{"mime", []string{"-m", "symbols", file}, []string{"X-Spam-Action: rewrite subject\n", "X-Spam-Score: 7.50 / 15.00\n", "X-Spam-Symbols: "}},
		{"compressed", []string{"-z", "symbols", file}, human},
		{"raw", []string{"--raw", "symbols", file}, human},
		{"ucl", []string{"--ucl", "symbols", file}, []string{`action = "rewrite subject";`}},
		{"profile", []string{"--profile", "--extended-urls", "-p", "symbols", file}, human},
		{"headers", []string{"--headers", "symbols", file}, []string{"Content-Type: application/json"}},
		{"envelope", []string{"-i", "192.0.2.1", "-F", "a@b.example", "-r", "c@d.example", "-r", "e@f.example", "-u", "bob",
			"--helo=h.example", "--hostname=n.example", "-d", "x@y.example", "symbols", file}, human},
		{"many", []string{"symbols", file, mailFile(t, "b.eml"), mailFile(t, "c.eml"), mailFile(t, "d.eml")},
			append([]string{"a.eml (", "b.eml (", "c.eml (", "d.eml ("}, human...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := rspamc(t, s, tt.args...)
			if err != nil {
				t.Errorf("rspamc ends with %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("output lacks %q:\n%s", want, out)
				}
			}
			if raw := eng.last(t).raw; raw != plainMail && tt.name != "raw" {
				t.Errorf("engine got %q", raw)
			}
		})
	}
}

func TestRspamcEnvelope(t *testing.T) {
	eng := spamEngine()
	s := start(t, eng, nil)
	if _, err := rspamc(t, s, "-i", "192.0.2.1", "-F", "a@b.example", "-r", "c@d.example", "-r", "e@f.example", "-u", "bob",
		"--helo=h.example", "--hostname=n.example", "--header=Queue-Id=q7", mailFile(t, "a.eml")); err != nil {
		t.Fatal(err)
	}
	got := eng.last(t).session
	if got.Client.IP.String() != "192.0.2.1" || got.Sender.String() != "a@b.example" || len(got.Recipients) != 2 || got.User != "bob" ||
		got.HELO != "h.example" || got.Client.Name != "n.example" || got.QueueID != "q7" {
		t.Errorf("session: %+v", got)
	}
}
