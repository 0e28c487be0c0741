package history

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/verdict"
)

func TestWithout(t *testing.T) {
	th := Thresholds(verdict.DefaultThresholds())
	found := func(symbol, group string, score, full float64) verdict.Finding {
		return verdict.Finding{Symbol: symbol, Group: group, Weight: 1, Score: score, FullScore: full}
	}
	cases := []struct {
		name   string
		v      Verdict
		symbol string
		score  float64
		action verdict.Action
	}{
		{"below the threshold", Verdict{Action: verdict.AddHeader, Observed: verdict.AddHeader, Score: 7, Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 5, 5), found("B", "", 2, 2)}}, "A", 2, verdict.NoAction},
		{"still above it", Verdict{Action: verdict.AddHeader, Observed: verdict.AddHeader, Score: 8, Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 6, 6), found("B", "", 2, 2)}}, "B", 6, verdict.AddHeader},
		{"a ham symbol gone", Verdict{Score: 5, Action: verdict.Greylist, Observed: verdict.Greylist, Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 8, 8), found("B", "", -3, -3)}}, "B", 8, verdict.AddHeader},
		{"not found at all", Verdict{Score: 5, Action: verdict.Greylist, Observed: verdict.Greylist, Thresholds: th}, "A", 5, verdict.Greylist},
		{"forced by it", Verdict{Score: 1, Action: verdict.Reject, Observed: verdict.Reject, Forced: "A", Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 0, 0), found("B", "", 1, 1)}}, "A", 1, verdict.NoAction},
		{"forced by another", Verdict{Score: 1, Action: verdict.Reject, Observed: verdict.Reject, Forced: "A", Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 0, 0), found("B", "", 1, 1)}}, "B", 0, verdict.Reject},
		{"another reason than the score", Verdict{Score: 1, Action: verdict.Reject, Observed: verdict.Reject, Reason: "restriction", Thresholds: th,
			Findings: []verdict.Finding{found("B", "", 1, 1)}}, "B", 0, verdict.Reject},
		{"forced by another, and then harder", Verdict{Score: 5, Action: verdict.AddHeader, Observed: verdict.AddHeader, Forced: "A",
			Thresholds: th, Findings: []verdict.Finding{found("A", "", 0, 0), found("B", "", -11, -11)}}, "B", 16, verdict.Reject},
		{"pardoned by another", Verdict{Score: 14, Forced: "A", Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 0, 0), found("B", "", -2, -2)}}, "B", 16, verdict.NoAction},
		{"a symbol observed, a ham symbol gone", Verdict{Score: 3, Observed: verdict.AddHeader, Thresholds: th,
			Findings: []verdict.Finding{{Symbol: "X", FullScore: 10, Observed: true}, found("A", "", 7, 7), found("B", "", -4, -4)}}, "B", 7, verdict.AddHeader},
		{"skipped", Verdict{Skipped: true, Thresholds: th, Findings: []verdict.Finding{found("B", "", -1, -1)}}, "B", 1, verdict.NoAction},
		{"action observed", Verdict{Score: 16, Action: verdict.AddHeader, Observed: verdict.Reject, Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 15.5, 15.5), found("B", "", 0.5, 0.5)}}, "B", 15.5, verdict.AddHeader},
		{"action observed, then below", Verdict{Score: 16, Action: verdict.AddHeader, Observed: verdict.Reject, Thresholds: th,
			Findings: []verdict.Finding{found("A", "", 15.5, 15.5), found("B", "", 0.5, 0.5)}}, "A", 0.5, verdict.NoAction},
		{"a capped group gives back", Verdict{Score: 6, Action: verdict.AddHeader, Observed: verdict.AddHeader, Thresholds: th,
			Findings: []verdict.Finding{found("A", "g", 3, 5), found("B", "g", 3, 5)}}, "A", 5, verdict.Greylist},
		{"no more than the cap", Verdict{Score: 6, Action: verdict.AddHeader, Observed: verdict.AddHeader, Thresholds: th,
			Findings: []verdict.Finding{found("A", "g", 2, 4), found("B", "g", 2, 4), found("C", "g", 2, 4)}}, "A", 6, verdict.AddHeader},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := Entry{Verdicts: []Verdict{c.v}}
			score, action := e.Without(c.symbol)
			if math.Abs(score-c.score) > 1e-9 || action != c.action {
				t.Errorf("got %v %v, want %v %v", score, action, c.score, c.action)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	for name, spoil := range map[string]func(*Options){
		"path":           func(o *Options) { o.Path = "" },
		"keep":           func(o *Options) { o.Keep = -1 },
		"max_size":       func(o *Options) { o.MaxSize = 1000 },
		"flush_interval": func(o *Options) { o.FlushInterval = 0 },
		"queue_length":   func(o *Options) { o.QueueLength = 0 },
	} {
		o := DefaultOptions()
		spoil(&o)
		if err := o.Validate(); err == nil || err.Error()[:len(name)] != name {
			t.Errorf("%s: got %v", name, err)
		}
	}
	o := DefaultOptions()
	if got := o.File("/data"); got != "/data/history.db" {
		t.Errorf("relative path: %s", got)
	}
	o.Path = "/elsewhere/h.db"
	if got := o.File("/data"); got != o.Path {
		t.Errorf("absolute path: %s", got)
	}
}

// TestJSON: an entry can be printed for other programs and read by them.
func TestJSON(t *testing.T) {
	e := sample()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"case":"06BGYD5Z0G8N3M2Q"`, `"ip":"192.0.2.25"`, `"action":"add header"`,
		`"thresholds":{"greylist":4,"add header":6,"reject":15}`, `"symbol":"FORGED_SENDER"`, `"time":"2026-11-21T10:30:00.123456Z"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	var back Entry
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, &back, asRead); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`5`, `{"no such action":1}`, `{"reject":"x"}`} {
		if err := json.Unmarshal([]byte(bad), new(Thresholds)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
