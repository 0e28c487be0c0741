package unit

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute,
		"7d": 7 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "150ms": 150 * time.Millisecond, "0s": 0,
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err != nil || d.Std() != want {
			t.Errorf("%q: got %v, %v; want %v", in, d.Std(), err, want)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%q printed as %q reads back as %v, %v", in, d, again, err)
		}
	}
	for _, bad := range []string{"", "5", "five", "-5m", "d", "99999999d"} {
		var d Duration
		if err := d.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: read as %v, want an error", bad, d)
		}
	}
	for d, want := range map[time.Duration]string{time.Hour: "1h", 5 * time.Minute: "5m", 90 * time.Minute: "1h30m", 48 * time.Hour: "2d"} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v printed as %q, want %q", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for in, want := range map[string]Size{"512": 512, "64KB": 64 << 10, "10 mb": 10 << 20, "1GB": 1 << 30, "7B": 7} {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err != nil || s != want {
			t.Errorf("%q: got %d, %v; want %d", in, s, err, want)
		}
		var again Size
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%q printed as %q reads back as %v, %v", in, s, again, err)
		}
	}
	for _, bad := range []string{"", "MB", "-1", "1.5MB", "99999999999GB"} {
		var s Size
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: read as %d, want an error", bad, s)
		}
	}
}
