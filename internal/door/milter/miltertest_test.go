package milter_test

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// The scripts in testdata/miltertest are run by opendkim's miltertest, a mail
// server made by people who have never seen this door.
func TestMiltertest(t *testing.T) {
	program, err := exec.LookPath("miltertest")
	if err != nil {
		t.Skip("miltertest is not installed")
	}
	scripts, err := filepath.Glob("testdata/miltertest/*.lua")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			e := usual()
			if strings.HasPrefix(filepath.Base(script), "early") {
				e = everything()
			}
			e.wants.Rcpt = true
			bySubject(e)
			d := open(t, e)
			_, port, err := net.SplitHostPort(d.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, program, "-D", "port="+port, "-s", script).CombinedOutput()
			if err != nil {
				t.Errorf("%v:\n%s\n%s", err, out, d.log)
			}
		})
	}
}

// bySubject makes the engine do what the subject, the recipient, the sender or
// the HELO ask for.
func bySubject(e *fake) {
	reject := &verdict.Verdict{Action: verdict.Reject}
	e.at = func(stage check.Stage, s *session.Session) *verdict.Verdict {
		if stage == check.Helo && strings.HasPrefix(s.HELO, "refused") || stage == check.Mail && s.Sender.Local == "refused" {
			return reject
		}
		return nil
	}
	e.recipient = func(r *session.Recipient) *verdict.Verdict {
		if r.Address.Local == "nobody" {
			return reject
		}
		return nil
	}
	e.message = func(_ context.Context, _ *session.Session, m *message.Message) verdict.Verdict {
		switch m.Subject() {
		case "reject":
			return verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "100% spam"}}
		case "defer":
			return verdict.Verdict{Action: verdict.SoftReject}
		case "drop":
			return verdict.Verdict{Action: verdict.Discard}
		case "hold":
			return verdict.Verdict{Action: verdict.Quarantine, Reason: "looks bad"}
		case "mark":
			return verdict.Verdict{Action: verdict.RewriteSubject, Subject: "[spam] mark"}
		}
		return verdict.Verdict{Headers: []verdict.HeaderChange{
			{Op: verdict.RemoveHeaderField, Name: "X-Spam", Index: 1},
			{Op: verdict.AddHeaderField, Name: "X-Spam-Score", Value: "1.00"},
			{Op: verdict.InsertHeaderField, Name: "Authentication-Results", Index: 1, Value: "mx.example.net; none"},
		}}
	}
}
