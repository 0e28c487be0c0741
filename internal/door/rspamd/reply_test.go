package rspamd

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

const plainMail = "Received: 1\r\nReceived: 2\r\nReceived: 3\r\nFrom: a@example.org\r\nSubject: hello\r\nX-Spam: Yes\r\n" +
	"X-Old: 1\r\nX-Old: 2\r\n\r\nHello.\r\n"

// replyCases are the answers whose JSON is kept under testdata.
func replyCases() map[string]*result {
	m := message.Parse([]byte(plainMail), message.DefaultLimits())
	s := &session.Session{}
	of := func(v ...verdict.Verdict) *result { return &result{outcome: outcome(s, m, v...), message: m} }

	spam := clean()
	spam.Action, spam.Observed, spam.Score, spam.Forced, spam.Reason = verdict.Reject, verdict.Reject, 21.123456, "GTUBE", "forced by GTUBE"
	spam.Reply = verdict.Reply{Code: 554, Enhanced: "5.7.1", Text: "Spam message\nrejected <case-1>"}
	spam.Findings = []verdict.Finding{
		{Symbol: "GTUBE", Group: "misc", Score: 0, FullScore: 0, Evidence: []string{"part 1"}},
		{Symbol: "MISSING_TO", Group: "headers", Description: "No To & no Cc", Score: 2, FullScore: 2},
		{Symbol: "MISSING_DATE", Group: "headers", Score: 0, FullScore: 1, Observed: true},
		{Symbol: "DNSWL_BLOCKED", Group: "rbl", Failed: "no answer in 2s"},
	}
	spam.Incomplete = true
	withFailure := of(spam)

	marked := clean()
	marked.Action, marked.Observed, marked.Subject = verdict.RewriteSubject, verdict.Reject, "***SPAM*** hello"
	marked.Score, marked.Thresholds[verdict.RewriteSubject] = 8, 7
	marked.Headers = []verdict.HeaderChange{
		{Op: verdict.RemoveHeaderField, Name: "X-Spam", Index: 1},
		{Op: verdict.RemoveHeaderField, Name: "Received", Index: 3},
		{Op: verdict.AddHeaderField, Name: "X-Spam", Value: "Yes"},
		{Op: verdict.InsertHeaderField, Name: "Authentication-Results", Index: 0, Value: "mx.example;\n\tspf=pass"},
		{Op: verdict.InsertHeaderField, Name: "Authentication-Results", Index: 0, Value: "mx.example; none"},
		{Op: verdict.ChangeHeaderField, Name: "Subject", Index: 1, Value: "***SPAM*** hello"},
		{Op: verdict.ChangeHeaderField, Name: "X-Old", Index: 2, Value: "new"},
	}

	anna, bert := clean(), clean()
	anna.Recipients, bert.Recipients = []string{"anna@example.org"}, []string{"bert@example.org"}
	bert.Profile, bert.Action, bert.Observed = "strict", verdict.Quarantine, verdict.Quarantine
	bert.Reply = verdict.Reply{Code: 451, Enhanced: "4.7.1", Text: "Try again later"}
	several := of(anna, bert)
	several.refused = []refusal{{"carl@example.org", &verdict.Verdict{
		Action: verdict.Reject, Reason: "unknown user", Reply: verdict.Reply{Code: 550, Enhanced: "5.1.1", Text: "No such user"},
		Thresholds: verdict.NoThresholds(),
	}}}

	held := clean()
	held.Action, held.Observed = verdict.Quarantine, verdict.Quarantine
	dropped := clean()
	dropped.Action, dropped.Observed, dropped.Thresholds = verdict.Discard, verdict.Discard, verdict.NoThresholds()
	dropped.Score = math.Inf(1)

	early := of(spam)
	early.outcome.Stage = check.Helo
	return map[string]*result{
		"clean": of(clean()), "reject": withFailure, "rewrite": of(marked), "recipients": several,
		"quarantine": of(held), "discard": of(dropped), "early": early,
	}
}

func TestReplyGolden(t *testing.T) {
	for name, res := range replyCases() {
		t.Run(name, func(t *testing.T) {
			rep := newReply(&request{groups: name == "reject", extendedURLs: name == "early"}, res)
			golden(t, name+".json", indented(t, rep.encode()))
			golden(t, name+".old.json", indented(t, rep.encodeOld()))
			golden(t, name+".txt", string(rep.text()))
		})
	}
}

func indented(t *testing.T, doc []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, doc, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return out.String() + "\n"
}

// FuzzText compares with what the standard library reads back.
func FuzzText(f *testing.F) {
	f.Add("a \"b\" \\ \x00\x1f\n\r\t é \xff \u2028 \x7f")
	f.Fuzz(func(t *testing.T, s string) {
		var j jsonText
		j.open('[')
		j.text(s)
		j.shut(']')
		var got []string
		if err := json.Unmarshal(j, &got); err != nil {
			t.Fatalf("%q: %v", j, err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); !utf8.Valid(j) || utf8.ValidString(s) && got[0] != want {
			t.Errorf("%q: read back as %q", s, got[0])
		}
	})
}

func TestFixed(t *testing.T) {
	tests := map[float64]float64{1.23456: 1.2346, math.Inf(-1): -1e12, 0.1 + 0.2: 0.3, -0.05: -0.05}
	for in, want := range tests {
		if got := fixed(in); got != want {
			t.Errorf("%v: got %v, want %v", in, got, want)
		}
	}
	if got := fixed(math.NaN()); got != 0 {
		t.Errorf("NaN: got %v, want 0", got)
	}
}

func TestTextReplyIsBounded(t *testing.T) {
	v := clean()
	for i := range 3000 {
		v.Findings = append(v.Findings, verdict.Finding{Symbol: "SYMBOL_WITH_A_LONG_NAME_" + string(rune('A'+i%26)) + time.Duration(i).String()})
	}
	m := message.Parse([]byte(plainMail), message.DefaultLimits())
	text := newReply(&request{}, &result{outcome: outcome(&session.Session{}, m, v), message: m}).text()
	if len(text) > maxTextReply+200 {
		t.Errorf("text reply of %d bytes", len(text))
	}
}
