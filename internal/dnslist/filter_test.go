package dnslist

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"postern/test/suites"
)

func TestParseFilter(t *testing.T) {
	for pattern, want := range map[string]string{
		"127.0.0.2":                    "127.0.0.2",
		"127.0.0.[2..11]":              "127.0.0.[2..11]",
		"127.0.[0..255].[0;3]":         "127.0.[0..255].[0;3]",
		"[127.0.0.2]":                  "127.0.0.2",
		"[[127].0.0.2]":                "[127].0.0.2",
		"127.000.0.02":                 "127.0.0.2",
		"":                             "empty address pattern",
		"[]":                           `need decimal number 0..255 or "[" at "><"`,
		"[127.0.0.2":                   `missing "]" character`,
		"127.0.0.256":                  `need decimal number 0..255 or "[" at "127.0.0.>256<"`,
		"127.0.0.2 ":                   `garbage after pattern at "127.0.0.2> <"`,
		"127.0.0.2.3":                  `garbage after pattern at "127.0.0.2>.<3"`,
		"127.0.0":                      `need "." at "127.0.0><"`,
		"127.0.0.[2..]":                `numeric range error at "127.0.0.[2..>]<"`,
		"127.0.0.[2..300]":             `numeric range error at "127.0.0.[2..>300<]"`,
		"127.0.0.[2;]":                 `need decimal number 0..255 at "127.0.0.[2;>]<"`,
		"127.0.0.[2,3]":                `need ";" or "]" at "127.0.0.[2>,<3]"`,
		"127.0.0.[300]":                `need decimal number 0..255 at "127.0.0.[>300<]"`,
		"127.0.0.99999999999999999999": `need decimal number 0..255 or "[" at "127.0.0.>99999999999999999999<"`,
	} {
		got := ""
		if f, err := ParseFilter(pattern); err != nil {
			got = err.Error()
		} else {
			got = f.String()
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", pattern, got, want)
		}
	}
}

func TestFilterNames(t *testing.T) {
	for _, tt := range []struct {
		pattern, ip  string
		match, names bool
	}{
		{"127.0.0.1", "127.0.0.1", true, true},
		{"127.0.0.[1..11]", "127.0.0.1", true, true},
		{"127.0.[0..255].1", "127.0.0.1", true, false},
		{"127.[0..255].[0..255].[0..255]", "127.255.255.254", true, false},
		{"127.255.255.[0..255]", "127.255.255.254", true, true},
		{"127.0.0.2", "127.0.0.3", false, false},
		{"127.0.0.2", "::1", false, false},
	} {
		f, err := ParseFilter(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		ip := netip.MustParseAddr(tt.ip)
		if f.Match(ip) != tt.match || f.Names(ip) != tt.names {
			t.Errorf("%s of %s: match %v, names %v", tt.pattern, tt.ip, f.Match(ip), f.Names(ip))
		}
	}
}

// TestFilterSuite reads Postfix's own patterns and compares every word of
// what Postfix says of them.
func TestFilterSuite(t *testing.T) {
	in, err := os.ReadFile(suites.Path(t, "suites", "postfix", "util", "ip_match.in"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(suites.Path(t, "suites", "postfix", "util", "ip_match.ref"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(in)) {
		line = strings.TrimRight(line, "\n")
		fmt.Fprintf(&b, "> %s\n", line)
		words := strings.Fields(line)
		f, err := ParseFilter(words[0])
		if err != nil {
			fmt.Fprintf(&b, "Error: %v\n", err)
			continue
		}
		fmt.Fprintf(&b, "Code: %s\n", f)
		for _, w := range words[1:] {
			fmt.Fprintf(&b, "Match %s: %s\n", w, map[bool]string{true: "yes", false: "no"}[f.Match(netip.MustParseAddr(w))])
		}
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{"127.0.0.2", "[[1;2].3.4.5]", "1.2.[1..127;128..255].5", "1.2.[", "1.2.3.[4..1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseFilter(s)
		if err != nil {
			return
		}
		again, err := ParseFilter(got.String())
		if err != nil || *again != *got {
			t.Errorf("%q printed as %q reads back as %v, %v", s, got, again, err)
		}
	})
}

func TestParseCode(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.[4..7] RBL_X 2.50  some  text": "127.0.0.[4..7] RBL_X 2.5 some text",
		"&4 X -1":                               "&4 X -1",
		"* X 0":                                 "* X 0",
		"127.0.0.2 X":                           "want an answer, a symbol and a score",
		"127.0.0 X 1":                           `need "."`,
		"&0 X 1":                                "is no number of bits",
		"&x X 1":                                "is no number of bits",
		"127.0.0.2 lower 1":                     "is not a symbol",
		"127.0.0.2 X NaN":                       "",
		"127.0.0.2 X 5000":                      "is not a score",
	} {
		var c Code
		err := c.UnmarshalText([]byte(text))
		switch {
		case err != nil && (want == "" || strings.Contains(err.Error(), want)):
		case err != nil || c.String() != want:
			t.Errorf("%q: got %v, %v, want %s", text, c, err, want)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("127.0.0.[4..7] RBL_X 2.50  some  text")
	f.Add("&4 X -1")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCode(s)
		if err != nil {
			return
		}
		if again, err := ParseCode(c.String()); err != nil || again.String() != c.String() {
			t.Errorf("%q printed as %q reads back as %v, %v", s, c, again, err)
		}
	})
}
