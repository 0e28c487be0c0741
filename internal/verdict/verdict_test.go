package verdict

import (
	"math"
	"testing"
)

func TestThresholds(t *testing.T) {
	odd := NoThresholds()
	odd[Reject], odd[AddHeader] = 5, 6
	tests := []struct {
		name   string
		limits Thresholds
		score  float64
		want   Action
	}{
		{"below all", DefaultThresholds(), 3.99, NoAction},
		{"greylist", DefaultThresholds(), 4, Greylist},
		{"add header", DefaultThresholds(), 6, AddHeader},
		{"between", DefaultThresholds(), 14.9, AddHeader},
		{"reject", DefaultThresholds(), 15, Reject},
		{"none set", NoThresholds(), 1000, NoAction},
		{"the hardest wins where a harder one comes first", odd, 7, Reject},
		{"negative", DefaultThresholds(), -5, NoAction},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.limits.Action(tt.score); got != tt.want {
				t.Errorf("score %v leads to %q, want %q", tt.score, got, tt.want)
			}
		})
	}
}

func TestRequiredAndJunk(t *testing.T) {
	marks := NoThresholds()
	marks[RewriteSubject], marks[AddHeader], marks[SoftReject] = 8, 7, 2
	for _, tt := range []struct {
		name           string
		limits         Thresholds
		required, junk float64
	}{
		{"default", DefaultThresholds(), 15, 6},
		{"no rejection", marks, 7, 7},
		{"nothing", NoThresholds(), 0, math.NaN()},
	} {
		junk := tt.limits.Junk()
		if tt.limits.Required() != tt.required || junk != tt.junk && !(math.IsNaN(junk) && math.IsNaN(tt.junk)) {
			t.Errorf("%s: required %v, junk %v; want %v, %v", tt.name, tt.limits.Required(), junk, tt.required, tt.junk)
		}
	}
}

func TestActions(t *testing.T) {
	for _, a := range Actions() {
		got, err := ParseAction(a.String())
		if err != nil || got != a {
			t.Errorf("%q reads back as %q, %v", a, got, err)
		}
	}
	if a, err := ParseAction("add_header"); err != nil || a != AddHeader {
		t.Errorf("add_header reads as %q, %v", a, err)
	}
	for _, bad := range []string{"", "Reject", "add  header", "rejec"} {
		if a, err := ParseAction(bad); err == nil {
			t.Errorf("%q reads as %q, want an error", bad, a)
		}
	}
	for a, spam := range map[Action]bool{NoAction: false, Greylist: false, SoftReject: false, AddHeader: true, RewriteSubject: true, Quarantine: true, Reject: true, Discard: true} {
		if a.Spam() != spam {
			t.Errorf("%q is spam: %v, want %v", a, a.Spam(), spam)
		}
	}
}

func TestParseReply(t *testing.T) {
	for line, want := range map[string]Reply{
		"550 5.7.1 no thanks": {550, "5.7.1", "no thanks"},
		"451 try later":       {451, "", "try later"},
		"554 5.7 is text":     {554, "", "5.7 is text"},
	} {
		got, err := ParseReply(line)
		if err != nil || got != want {
			t.Errorf("%q reads as %+v, %v; want %+v", line, got, err, want)
		}
		if got.String() != line {
			t.Errorf("%q prints as %q", line, got.String())
		}
	}
	for _, bad := range []string{"", "250 ok", "55 x", "550", "550 5.7.1", "550 4.7.1 x", "5x0 no", "550  "} {
		if r, err := ParseReply(bad); err == nil {
			t.Errorf("%q reads as %+v, want an error", bad, r)
		}
	}
}
