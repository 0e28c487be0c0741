package rspamd

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/check"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/verdict"
)

// realEngine has a check at the stage of each header that it looks at.
func realEngine(t testing.TB) *engine.Handle {
	t.Helper()
	symbol := func(name string, score float64) verdict.Symbol {
		return verdict.Symbol{Name: name, Group: "test", Score: score, Description: "about " + name}
	}
	at := func(name string, stage check.Stage, s verdict.Symbol, hit func(tx *check.Transaction) string) check.Check {
		return check.New(check.Info{Name: name, Stage: stage, Symbols: []verdict.Symbol{s}},
			func(_ context.Context, tx *check.Transaction, out *check.Report) error {
				switch evidence := hit(tx); evidence {
				case "":
				case "fail":
					return errors.New("nobody answers")
				default:
					out.Add(s.Name, evidence)
				}
				return nil
			})
	}
	has := func(text, part string) string {
		if strings.Contains(text, part) {
			return part
		}
		return ""
	}
	strict := 3.0
	settings := engine.DefaultSettings()
	settings.Engine.Hostname = "mx.example"
	settings.Actions.RewriteSubject = new(float64)
	*settings.Actions.RewriteSubject = 7
	settings.Symbols = map[string]engine.SymbolOptions{
		"BAD_RCPT": {Action: "reject", Reply: "550 5.1.1 No such user"},
	}
	settings.Profiles = []engine.ProfileOptions{{
		Name: "strict", Recipients: []string{"@strict.example"}, Actions: engine.ActionOptions{Reject: &strict},
	}}
	e, err := engine.New(settings, engine.Parts{Log: slog.New(slog.DiscardHandler), Checks: []check.Check{
		at("helo", check.Helo, symbol("BAD_HELO", 2), func(tx *check.Transaction) string { return has(tx.Session.HELO, "bad") }),
		at("rcpt", check.Rcpt, symbol("BAD_RCPT", 0), func(tx *check.Transaction) string { return has(tx.Recipient.Address.Local, "nobody") }),
		at("text", check.Message, symbol("SPAMMY", 5), func(tx *check.Transaction) string { return has(string(tx.Message.Raw()), "spammy") }),
		at("away", check.Message, symbol("AWAY", 1), func(tx *check.Transaction) string { return has(string(tx.Message.Raw()), "fail") }),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return engine.NewHandle(e)
}

// TestRealEngine asks a real engine through the door.
func TestRealEngine(t *testing.T) {
	opts := DefaultOptions()
	opts.Listen = "127.0.0.1:0"
	s := New(opts, realEngine(t), message.DefaultLimits(), slog.New(slog.DiscardHandler))
	serve(t, s)
	tests := []struct {
		name   string
		header map[string]string
		body   string
		action string
		score  float64
		check  func(t *testing.T, r map[string]any)
	}{
		{name: "clean", body: "hello", action: "no action"},
		{name: "all stages", header: map[string]string{"Helo": "bad.example"}, body: "spammy", action: "rewrite subject", score: 7,
			check: func(t *testing.T, r map[string]any) {
				if r["subject"] != "***SPAM*** hi" {
					t.Errorf("subject: %v", r["subject"])
				}
			}},
		{name: "helo unsaid", body: "spammy", action: "greylist", score: 5},
		{name: "recipient refused", header: map[string]string{"Rcpt": "nobody@example.org"}, body: "spammy", action: "reject",
			check: func(t *testing.T, r map[string]any) {
				if text, _ := r["messages"].(map[string]any)["smtp_message"].(string); !strings.HasPrefix(text, "No such user") {
					t.Errorf("message %q", text)
				}
				if at := r["postern"].(map[string]any)["stage"]; at != "rcpt" {
					t.Errorf("stage %v", at)
				}
			}},
		{name: "profiles", header: map[string]string{"Rcpt": "a@strict.example,b@example.org"}, body: "spammy", action: "greylist", score: 5,
			check: func(t *testing.T, r map[string]any) {
				list := r["postern"].(map[string]any)["recipients"].([]any)
				if len(list) != 2 || list[1].(map[string]any)["action"] != "reject" || list[1].(map[string]any)["profile"] != "strict" {
					t.Errorf("recipients: %v", list)
				}
			}},
		{name: "profile asked for", header: map[string]string{"Settings-ID": "strict"}, body: "spammy", action: "reject", score: 5},
		{name: "check fails", body: "fail", action: "no action",
			check: func(t *testing.T, r map[string]any) {
				p := r["postern"].(map[string]any)
				if p["incomplete"] != true || p["failed"].(map[string]any)["CHECK_FAILED_AWAY"] == nil {
					t.Errorf("postern: %v", p)
				}
			}},
		{name: "local client", header: map[string]string{"IP": "127.0.0.1"}, body: "spammy", action: "no action",
			check: func(t *testing.T, r map[string]any) {
				if r["is_skipped"] != true {
					t.Errorf("not skipped: %v", r["postern"])
				}
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, body := post(t, s, "/checkv2", tt.header, []byte("From: a@example.org\r\nSubject: hi\r\n\r\n"+tt.body+"\r\n"))
			var r map[string]any
			if err := json.Unmarshal(body, &r); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if r["action"] != tt.action || r["score"] != tt.score || r["postern"].(map[string]any)["case"] == "" {
				t.Errorf("got %s %v; want %s %v in %s", r["action"], r["score"], tt.action, tt.score, body)
			}
			if tt.check != nil {
				tt.check(t, r)
			}
		})
	}
}

// TestLinksInReply looks at what a real message's links become.
func TestLinksInReply(t *testing.T) {
	m := message.Parse([]byte("Message-ID: <1@example.org>\r\nContent-Type: text/html\r\n\r\n"+
		`<a href="https://www.shop.example.com:8443/x">here</a> <a href="https://www.shop.example.com/y">there</a> `+
		`<a href="mailto:help@example.com?subject=x">write</a> <img src="http://192.0.2.1/i.png">`), message.DefaultLimits())
	unexported := cmp.AllowUnexported(webLink{})
	urls, emails := links(m, false)
	if diff := cmp.Diff([]webLink{{host: "www.shop.example.com"}, {host: "192.0.2.1"}}, urls, unexported); diff != "" {
		t.Errorf("urls: %s", diff)
	}
	if diff := cmp.Diff([]string{"help@example.com"}, emails); diff != "" {
		t.Errorf("emails: %s", diff)
	}
	urls, _ = links(m, true)
	want := []webLink{
		{url: "https://www.shop.example.com:8443/x", tld: "example.com", host: "www.shop.example.com", flags: []string{"has_port"}},
		{url: "https://www.shop.example.com/y", tld: "example.com", host: "www.shop.example.com"},
		{url: "http://192.0.2.1/i.png", tld: "192.0.2.1", host: "192.0.2.1", flags: []string{"numeric", "image"}},
	}
	if diff := cmp.Diff(want, urls, unexported); diff != "" {
		t.Errorf("extended: %s", diff)
	}
	if r := newReply(&request{}, &result{outcome: outcome(nil, m, clean()), message: m}); r.messageID != "1@example.org" {
		t.Errorf("message-id %q", r.messageID)
	}
}
