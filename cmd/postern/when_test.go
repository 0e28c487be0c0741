package main

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 3, 1, 12, 30, 0, 0, zone)
	for in, want := range map[string]time.Time{
		"":                     {},
		"2h":                   now.Add(-2 * time.Hour),
		"7d":                   now.Add(-7 * 24 * time.Hour),
		"09:15":                time.Date(2026, 3, 1, 9, 15, 0, 0, zone),
		"09:15:30":             time.Date(2026, 3, 1, 9, 15, 30, 0, zone),
		"2026-02-28":           time.Date(2026, 2, 28, 0, 0, 0, 0, zone),
		"2026-02-28 08:00":     time.Date(2026, 2, 28, 8, 0, 0, 0, zone),
		"2026-02-28T08:00:01":  time.Date(2026, 2, 28, 8, 0, 1, 0, zone),
		"2026-02-28T08:00:00Z": time.Date(2026, 2, 28, 9, 0, 0, 0, zone),
	} {
		got, err := parseTime(in, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q: got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, bad := range []string{"yesterday", "-2h", "25:00", "2026-13-01"} {
		if got, err := parseTime(bad, now); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}

func TestParseScores(t *testing.T) {
	n := func(f float64) *float64 { return &f }
	for in, want := range map[string][2]*float64{
		"": {}, "5": {n(5), nil}, "5..": {n(5), nil}, "..-1": {nil, n(-1)}, "-2.5..10": {n(-2.5), n(10)},
	} {
		low, high, err := parseScores(in)
		if err != nil || !sameBound(low, want[0]) || !sameBound(high, want[1]) {
			t.Errorf("%q: got %v, %v, %v", in, low, high, err)
		}
	}
	for _, bad := range []string{"..", "x", "1..x", "nan"} {
		if _, _, err := parseScores(bad); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}

func sameBound(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
