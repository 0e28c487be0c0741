package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// gtube is the test string of SpamAssassin that every filter rejects, put
// together so that this file is no spam itself.
var gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

// variant is GTUBE with other first letters, for the other actions.
func variant(first string) string { return first + gtube[3:] }

// outsideClient is a client that is scored, announced by XCLIENT.
const outsideClient = "NAME=mail.example.com ADDR=192.0.2.1 HELO=mail.example.com"

// clean is an ordinary mail.
func clean(subject string) string {
	return fmt.Sprintf(`Date: %s
From: Alice Example <alice@example.com>
To: Bob Example <bob@example.net>
Subject: %s
Message-ID: <%d.4711@mail.example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear Bob,

here are the minutes of our meeting. Please tell me what is missing.

Alice`, time.Now().Format(time.RFC1123Z), subject, time.Now().UnixNano())
}

// with adds a line of text to a mail.
func with(mail, line string) string { return mail + "\n\n" + line }

// behind starts Postern behind a Postfix that asks it by milter.
func behind(t testing.TB, config string, mainCF ...string) (*daemon, *postfix) {
	d := startPostern(t, config)
	p := startPostfix(t, append([]string{"smtpd_milters = inet:" + d.milter}, mainCF...)...)
	return d, p
}

func TestCleanMailArrivesWithHeaders(t *testing.T) {
	d, p := behind(t, "")
	_, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, clean("Minutes"))
	if err != nil || !strings.HasPrefix(final, "250") {
		t.Fatalf("the mail was answered %q, %v", final, err)
	}
	m := p.sink.wait(t, 1)[0]
	h := m.header(t)
	if got := h.Get("X-Spamd-Result"); !strings.HasPrefix(got, "default: False [") {
		t.Errorf("X-Spamd-Result is %q", got)
	}
	if got := h.Get("X-Spam-Status"); !strings.HasPrefix(got, "No, score=") {
		t.Errorf("X-Spam-Status is %q", got)
	}
	if got := h.Get("X-Spam"); got != "" {
		t.Errorf("clean mail has X-Spam: %s", got)
	}
	if got := h.Get("Authentication-Results"); !strings.Contains(got, "iprev=pass policy.iprev=192.0.2.1") {
		t.Errorf("Authentication-Results is %q", got)
	}
	id := h.Get("X-Postern-Case")
	d.log.wait(t, "case="+id)
	eventually(t, 10*time.Second, "the case is in the history", func() bool {
		return strings.Contains(postern(t, "", "log", "--config", d.config, "--data", d.dir+"/data", "--json"), id)
	})
	if got := postern(t, "", "explain", "--config", d.config, "--data", d.dir+"/data", id); !strings.Contains(got, "alice@example.com") {
		t.Errorf("explain %s says:\n%s", id, got)
	}
}

func TestGTUBEIsRejectedAtEndOfData(t *testing.T) {
	_, p := behind(t, "[symbols.GTUBE]\nreply = \"550 5.7.1 This is a test of the filter\"\n")
	rcpts, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, with(clean("Test"), gtube))
	if err != nil || len(rcpts) != 1 || !strings.HasPrefix(rcpts[0], "250") {
		t.Fatalf("the recipient was answered %q, %v", rcpts, err)
	}
	if !strings.HasPrefix(final, "550 5.7.1 This is a test of the filter (case ") {
		t.Errorf("the data was answered %q", final)
	}
	if n := len(p.sink.all()); n > 0 {
		t.Errorf("%d messages arrived", n)
	}
}

func TestProbableSpamIsMarked(t *testing.T) {
	_, p := behind(t, "[actions]\nsubject = \"[junk] %s\"\n")
	for first, want := range map[string][2]string{
		"YJS": {"Yes", "Marked"}, "ZJS": {"Yes", "[junk] Marked"}, "AJS": {"", "Marked"},
	} {
		before := len(p.sink.all())
		_, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, with(clean("Marked"), variant(first)))
		if err != nil || !strings.HasPrefix(final, "250") {
			t.Fatalf("%s: answered %q, %v", first, final, err)
		}
		h := p.sink.wait(t, before+1)[before].header(t)
		if h.Get("X-Spam") != want[0] || h.Get("Subject") != want[1] {
			t.Errorf("%s: X-Spam %q, Subject %q; want %q", first, h.Get("X-Spam"), h.Get("Subject"), want)
		}
	}
}

func TestRecipientsWithOtherSettings(t *testing.T) {
	config := `
[symbols.SUBJECT_HAS_QUESTION]
score = 7.0

[[profiles]]
name = "strict"
recipients = ["strict@example.net"]
actions = { reject = 6.5 }
`
	_, p := behind(t, config)
	mail := clean("Who gets this? Both of you")
	to := []string{"bob@example.net", "strict@example.net"}
	rcpts, final, err := smtpSend(p.address, outsideClient, "alice@example.com", to, mail)
	if err != nil || !strings.HasPrefix(rcpts[0], "250") || !strings.HasPrefix(rcpts[1], "451 4.5.3") || !strings.HasPrefix(final, "250") {
		t.Fatalf("answered %q, then %q, %v", rcpts, final, err)
	}
	m := p.sink.wait(t, 1)[0]
	if len(m.recipients) != 1 || m.recipients[0] != "bob@example.net" || m.header(t).Get("X-Spam") != "Yes" {
		t.Errorf("delivered to %v with X-Spam %q", m.recipients, m.header(t).Get("X-Spam"))
	}
	// The client sends again for the other one.
	rcpts, final, err = smtpSend(p.address, outsideClient, "alice@example.com", to[1:], mail)
	if err != nil || !strings.HasPrefix(rcpts[0], "250") || !strings.HasPrefix(final, "554 5.7.1") {
		t.Errorf("the strict recipient got %q, then %q, %v", rcpts, final, err)
	}
}

func TestForgedHeadersAreGone(t *testing.T) {
	_, p := behind(t, "engine.hostname = \"mx.example.net\"\n")
	forged := "X-Spam-Status: No, score=-100\nX-Spam: No\nX-Spamd-Result: default: False [-99.0 / 15.0];\n" +
		"Authentication-Results: mx.example.net; dkim=pass header.d=bank.example\n" +
		"Authentication-Results: elsewhere.example; dkim=pass\nX-Spam-Level: -\nX-Spam: again\n" + clean("Forged")
	_, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, forged)
	if err != nil || !strings.HasPrefix(final, "250") {
		t.Fatalf("answered %q, %v", final, err)
	}
	data := string(p.sink.wait(t, 1)[0].data)
	for _, gone := range []string{"-100", "X-Spam: No", "X-Spam: again", "-99.0", "bank.example", "X-Spam-Level"} {
		if strings.Contains(data, gone) {
			t.Errorf("%q is still there:\n%s", gone, data)
		}
	}
	if !strings.Contains(data, "elsewhere.example; dkim=pass") {
		t.Errorf("the results of another host are gone:\n%s", data)
	}
}

func TestTrustedClientsAreNotScored(t *testing.T) {
	d, p := behind(t, "")
	_, final, err := smtpSend(p.address, "", "alice@example.net", []string{"bob@example.net"}, "Subject:\n\n")
	if err != nil || !strings.HasPrefix(final, "250") {
		t.Fatalf("answered %q, %v", final, err)
	}
	if h := p.sink.wait(t, 1)[0].header(t); h.Get("X-Spamd-Result") != "" {
		t.Errorf("mail of the host itself was scored: %s", h.Get("X-Spamd-Result"))
	}
	d.log.wait(t, "127.0.0.1 is in networks")
}
