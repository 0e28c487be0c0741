package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"postern/internal/unit"
)

// timeLayouts are the forms in which a moment may be given, in local time
// where they name no zone.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

// parseTime reads a moment, a time of this day or how long ago it was; "" is
// the zero time.
func parseTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	var ago unit.Duration
	if ago.UnmarshalText([]byte(s)) == nil {
		return now.Add(-ago.Std()), nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			y, m, d := now.Date()
			return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, now.Location()), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2h, 7d, 15:04, 2006-01-02 or 2006-01-02T15:04:05", s)
}

// parseScores reads "A", "A..", "..B" or "A..B"; nil means no bound.
func parseScores(s string) (low, high *float64, err error) {
	if s == "" {
		return nil, nil, nil
	}
	from, to, _ := strings.Cut(s, "..")
	if low, err = parseScore(from); err == nil {
		high, err = parseScore(to)
	}
	if err != nil || low == nil && high == nil {
		return nil, nil, fmt.Errorf("%q is not a score such as 5, 5..10 or ..0", s)
	}
	return low, high, nil
}

func parseScore(s string) (*float64, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) {
		return nil, fmt.Errorf("%q is not a number", s)
	}
	return &n, nil
}
