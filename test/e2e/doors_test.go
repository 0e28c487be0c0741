package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/door/milter/mtatest"
	"postern/internal/history"
	"postern/internal/verdict"
)

// TestDoorsAgree gives the same session and message to every door and wants
// the same verdict.
func TestDoorsAgree(t *testing.T) {
	d := startPostern(t, "")
	mails := map[string]string{
		"clean":  clean("Minutes"),
		"spam":   "From: x\nSubject: FREE MONEY!!!\nDate: yesterday\n\n" + "<html><font size=0>hidden</font>",
		"gtube":  with(clean("Test"), gtube),
		"marked": with(clean("Test"), variant("YJS")),
	}
	for name, text := range mails {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "mail.eml")
			raw := strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"
			if err := os.WriteFile(file, []byte(raw), 0o600); err != nil {
				t.Fatal(err)
			}
			scan := scanned(t, d, file)
			for door, got := range map[string]answer{"http": asked(t, d, file), "milter": handed(t, d, raw)} {
				if scan.Action != got.Action || fmt.Sprintf("%.2f", scan.Score) != fmt.Sprintf("%.2f", got.Score) || !maps.Equal(scan.Symbols, got.Symbols) {
					t.Errorf("scan: %+v\n%s: %+v", scan, door, got)
				}
			}
		})
	}
}

// answer is a verdict as a door shows it.
type answer struct {
	Action  string
	Score   float64
	Symbols map[string]float64
}

// round takes away what doors print differently.
func round(score float64) float64 { return math.Round(score*100) / 100 }

// client are the facts about the session that each door is told.
var client = map[string]string{
	"ip": "192.0.2.1", "helo": "mail.example.com", "hostname": "mail.example.com",
	"from": "alice@example.com", "rcpt": "bob@example.net",
}

// scanned asks the command line.
func scanned(t *testing.T, d *daemon, file string) answer {
	t.Helper()
	args := []string{"scan", "--json", "--config", d.config}
	for k, v := range client {
		args = append(args, "--"+k, v)
	}
	var reply struct {
		Action  string
		Score   float64
		Symbols []verdict.Finding
	}
	out := postern(t, "", append(args, file)...)
	if err := json.Unmarshal([]byte(out), &reply); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	a := answer{Action: reply.Action, Score: reply.Score, Symbols: map[string]float64{}}
	for _, s := range reply.Symbols {
		a.Symbols[s.Symbol] = round(s.Score)
	}
	return a
}

// asked asks by rspamc.
func asked(t *testing.T, d *daemon, file string) answer {
	t.Helper()
	if _, err := exec.LookPath("rspamc"); err != nil {
		t.Skip("rspamc is not installed")
	}
	out, err := exec.Command("rspamc", "-h", d.http, "-j", "--ip", client["ip"], "--helo", client["helo"],
		"--hostname", client["hostname"], "--from", client["from"], "--rcpt", client["rcpt"], "symbols", file).CombinedOutput()
	if err != nil {
		t.Fatalf("rspamc: %v\n%s", err, out)
	}
	var reply struct {
		Action  string
		Score   float64
		Symbols map[string]struct{ Score float64 }
	}
	if err := json.Unmarshal(out, &reply); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	a := answer{Action: reply.Action, Score: reply.Score, Symbols: map[string]float64{}}
	for name, s := range reply.Symbols {
		a.Symbols[name] = round(s.Score)
	}
	return a
}

// handed hands the mail to the milter door as a mail server would, and reads
// the verdict in the history.
func handed(t *testing.T, d *daemon, raw string) answer {
	t.Helper()
	c, err := mtatest.Dial("tcp", d.milter)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	step := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	step("negotiating", c.Negotiate(6, mtatest.AllActions, mtatest.AllProtocol))
	_, err = c.Connect(client["hostname"], '4', 4711, client["ip"])
	step("connect", err)
	_, err = c.Helo(client["helo"])
	step("helo", err)
	_, err = c.Mail("<" + client["from"] + ">")
	step("mail", err)
	_, err = c.Rcpt("<" + client["rcpt"] + ">")
	step("rcpt", err)
	_, err = c.Content([]byte(raw))
	step("content", err)
	var found answer
	eventually(t, 10*time.Second, "the verdict is in the history", func() bool {
		for line := range strings.Lines(postern(t, "", "log", "--json", "--config", d.config, "--data", d.dir+"/data")) {
			var e history.Entry
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%v in\n%s", err, line)
			}
			if e.Door == "milter" && e.Size == int64(len(raw)) && e.MessageID == messageID(raw) {
				found = recorded(e.Verdict())
				return true
			}
		}
		return false
	})
	return found
}

// recorded reads a verdict of the history.
func recorded(v history.Verdict) answer {
	a := answer{Action: v.Action.String(), Score: v.Score, Symbols: map[string]float64{}}
	for _, f := range v.Findings {
		a.Symbols[f.Symbol] = round(f.Score)
	}
	return a
}

// messageID is the Message-ID of a mail, without its brackets.
func messageID(raw string) string {
	_, after, _ := strings.Cut(raw, "Message-ID: <")
	id, _, found := strings.Cut(after, ">")
	if !found {
		return ""
	}
	return id
}
