package check

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEvidenceIsFitForALogLine(t *testing.T) {
	for _, tc := range []struct{ name, evidence, want string }{
		{"plain", "from a by b", "from a by b"},
		{"umlaut", "Grüße", "Grüße"},
		{"line end", "a\r\n b", "a   b"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
		{"long", strings.Repeat("x", 300), strings.Repeat("x", MaxEvidenceLen) + "…"},
		{"cut within a character", strings.Repeat("x", MaxEvidenceLen-1) + "ü", strings.Repeat("x", MaxEvidenceLen-1) + "\uFFFD…"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var r Report
			r.Add("X", tc.evidence)
			if got := r.Found()[0].Evidence[0]; got != tc.want || !utf8.ValidString(got) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestReportingAgainCountsOnce(t *testing.T) {
	var r Report
	r.AddWeighted("X", 0.3, "a")
	r.AddWeighted("X", 0.7, "b", "")
	r.AddWeighted("X", 0.5, "c")
	f := r.Found()
	if len(f) != 1 || f[0].Weight != 0.7 || len(f[0].Evidence) != 3 {
		t.Errorf("found %+v", f)
	}
	for range 2 * MaxEvidence {
		r.Add("X", "more")
	}
	if n := len(r.Found()[0].Evidence); n != MaxEvidence {
		t.Errorf("%d evidence texts, want %d", n, MaxEvidence)
	}
	if r.Reset(); len(r.Found()) != 0 {
		t.Error("found something after Reset")
	}
}
