// Package unit reads and prints quantities as administrators write them in
// configuration files: durations such as "90s", "5m" or "7d", and sizes such
// as "10MB".
package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time written as in Go ("1h30m") or in whole days or
// weeks ("7d", "2w").
type Duration time.Duration

// Std gives the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String prints the duration so that UnmarshalText reads it back.
func (d Duration) String() string {
	t := time.Duration(d)
	const day = 24 * time.Hour
	if t >= day && t%day == 0 {
		return strconv.Itoa(int(t/day)) + "d"
	}
	s := t.String()
	s = strings.TrimSuffix(s, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(s, "m0s")]
	s = strings.TrimSuffix(s, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(s, "h0m")]
	return s
}

// MarshalText prints the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	unit := time.Duration(0)
	switch {
	case strings.HasSuffix(s, "d"):
		unit = 24 * time.Hour
	case strings.HasSuffix(s, "w"):
		unit = 7 * 24 * time.Hour
	}
	if unit != 0 {
		n, err := strconv.ParseUint(s[:len(s)-1], 10, 16)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 30s, 5m, 2h or 7d", s)
		}
		*d = Duration(time.Duration(n) * unit)
		return nil
	}
	t, err := time.ParseDuration(s)
	if err != nil || t < 0 {
		return fmt.Errorf("%q is not a duration such as 30s, 5m, 2h or 7d", s)
	}
	*d = Duration(t)
	return nil
}

// Size is a number of bytes written with a unit of 1024: "512", "64KB",
// "10MB", "1GB".
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  Size
}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

// String prints the size so that UnmarshalText reads it back.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s >= u.bytes && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// MarshalText prints the size.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a size; the unit's case does not matter and a bare
// number counts bytes.
func (s *Size) UnmarshalText(text []byte) error {
	t := strings.ToUpper(strings.TrimSpace(string(text)))
	factor := Size(1)
	for _, u := range sizeUnits {
		if strings.HasSuffix(t, u.suffix) {
			t, factor = strings.TrimSpace(strings.TrimSuffix(t, u.suffix)), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil || n < 0 || Size(n) > math.MaxInt64/factor {
		return fmt.Errorf("%q is not a size such as 512KB, 10MB or 1GB", string(text))
	}
	*s = Size(n) * factor
	return nil
}
