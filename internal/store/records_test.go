package store

import (
	"testing"
	"time"
)

func TestKeyOf(t *testing.T) {
	seen := map[Key][]string{}
	for _, parts := range [][]string{
		{"", "k"}, {"", "k", ""}, {"", "k", "", ""}, {"", "k", "a", "bc"}, {"", "k", "ab", "c"}, {"", "k", "abc"},
		{"", "kabc"}, {"s", "k", "abc"}, {"sk", "abc"},
	} {
		key := KeyOf(parts[0], parts[1], parts[2:]...)
		if other, ok := seen[key]; ok || key == 0 {
			t.Errorf("%q has the key of %q, %x", parts, other, key)
		}
		seen[key] = parts
	}
	// A key is written to disk: it must never change.
	if got := KeyOf("secret", "kind", "a", "b"); got != 0xd55580eb6372598a {
		t.Errorf("the key of a, b is %#x", uint64(got))
	}
}

func TestSeconds(t *testing.T) {
	for in, want := range map[time.Time]uint32{
		{}: 0, time.Unix(0, 0): 0, time.Unix(1795250000, 5): 1795250000, time.Unix(1<<40, 0): 1<<32 - 1,
	} {
		if got := Seconds(in); got != want {
			t.Errorf("%v: %d, want %d", in, got, want)
		}
	}
}
