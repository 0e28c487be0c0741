package table

import (
	"strings"
	"testing"
)

// TestInvisible names characters that nobody can see.
func TestInvisible(t *testing.T) {
	s := newSet(t)
	if _, err := s.Open("regexp:{{/a/\u00a0REJECT}, {\u00e9b REJECT}}"); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range s.Status()[0].Warnings {
		said = append(said, w.Reason)
	}
	want := `unknown regexp option "\u00a0": skipping this rule|no closing regexp delimiter "\u00e9": skipping this rule`
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("warnings are %s, want %s", got, want)
	}
}
