package app

import (
	"strings"
	"testing"

	"postern/internal/config"
	"postern/internal/engine"
)

// certain are the symbols that may lead to an action alone.
var certain = map[string]bool{"GTUBE": true}

// TestNoHeuristicAlone keeps the first rule of verdicts: no single heuristic
// reaches the threshold at which mail is marked as spam.
func TestNoHeuristicAlone(t *testing.T) {
	e, err := NewEngine(config.Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	junk := *engine.DefaultActions().AddHeader
	for _, s := range e.Symbols() {
		if s.Score >= junk && !certain[s.Name] {
			t.Errorf("%s: score %.1f reaches the junk threshold %.1f alone", s.Name, s.Score, junk)
		}
	}
	for name, o := range Forced() {
		if o.Action != "" && !strings.HasPrefix(name, "GTUBE") {
			t.Errorf("%s: forces %q; only what is certain may", name, o.Action)
		}
	}
}

// TestSymbols holds every symbol to the form that docs and clients rely on.
func TestSymbols(t *testing.T) {
	groups := map[string]bool{}
	for _, g := range Groups() {
		groups[g.Name] = true
	}
	for _, s := range Symbols() {
		if s.Name != strings.ToUpper(s.Name) && !strings.HasPrefix(s.Name, "FAKE_RECEIVED_") {
			t.Errorf("%s: not in upper case", s.Name)
		}
		if s.Description == "" || s.Group == "" {
			t.Errorf("%s: needs a group and a description", s.Name)
		}
	}
}

// TestHowManySymbols keeps the checks from getting lost on the way: there
// were 250 when this was written.
func TestHowManySymbols(t *testing.T) {
	if n := len(Symbols()); n < 250 {
		t.Errorf("%d symbols, want at least 250", n)
	}
}
