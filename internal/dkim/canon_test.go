package dkim

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// collect is a hash that keeps what is written.
type collect struct{ bytes.Buffer }

func (c *collect) Sum(b []byte) []byte { return append(b, c.String()...) }
func (c *collect) Size() int           { return 0 }
func (c *collect) BlockSize() int      { return 1 }

// canonBody gives the canonical form of a body.
func canonBody(c Canon, body string) string {
	out := &collect{}
	w := newBodyHash(out, nil)
	if c == Relaxed {
		w.relaxed([]byte(body))
	} else {
		w.simple([]byte(body))
	}
	return out.String()
}

// plainBody says the same as RFC 6376 does, without haste.
func plainBody(c Canon, body string) string {
	body = regexp.MustCompile(`\r?\n`).ReplaceAllString(body, "\r\n")
	if c == Relaxed {
		body = regexp.MustCompile(`[ \t]+`).ReplaceAllString(body, " ")
		body = strings.ReplaceAll(body, " \r\n", "\r\n")
		body = strings.TrimSuffix(body, " ")
	}
	if body != "" && !strings.HasSuffix(body, "\r\n") {
		body += "\r\n"
	}
	for strings.HasSuffix(body, "\r\n\r\n") {
		body = strings.TrimSuffix(body, "\r\n")
	}
	if body == "\r\n" {
		body = ""
	}
	if c == Simple && body == "" {
		return "\r\n"
	}
	return body
}

func TestBody(t *testing.T) {
	cases := []struct{ name, body, simple, relaxed string }{
		{"example of RFC 6376", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
		{"empty", "", "\r\n", ""},
		{"only line ends", "\r\n\r\n", "\r\n", ""},
		{"only LF", "\n\n\n", "\r\n", ""},
		{"only blanks", " \t ", " \t \r\n", ""},
		{"blank lines", " \r\n\t\r\n", " \r\n\t\r\n", ""},
		{"no line end", "a", "a\r\n", "a\r\n"},
		{"no line end, blanks", "a  ", "a  \r\n", "a\r\n"},
		{"LF", "a\nb \n\nc\n\n", "a\r\nb \r\n\r\nc\r\n", "a\r\nb\r\n\r\nc\r\n"},
		{"mixed", "a\nb\r\nc", "a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n"},
		{"CR", "a\rb\r\n", "a\rb\r\n", "a\rb\r\n"},
		{"CR before CRLF", "a\r\r\n\r\n", "a\r\r\n", "a\r\r\n"},
		{"CR at the end", "a\r", "a\r\r\n", "a\r\r\n"},
		{"blanks before CR", "a  \rb", "a  \rb\r\n", "a \rb\r\n"},
		{"blanks at the beginning", "  a\r\n", "  a\r\n", " a\r\n"},
		{"blank line within", "a\r\n \t\r\nb\r\n", "a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n"},
		{"8 bit", "\xff\xfe \x00\r\n", "\xff\xfe \x00\r\n", "\xff\xfe \x00\r\n"},
		{"dot", ".\r\n", ".\r\n", ".\r\n"},
		{"long", strings.Repeat("x ", 5000) + "\r\n", strings.Repeat("x ", 5000) + "\r\n", strings.Repeat("x ", 4999) + "x\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := canonBody(Simple, c.body); got != c.simple {
				t.Errorf("simple: %q, want %q", got, c.simple)
			}
			if got := canonBody(Relaxed, c.body); got != c.relaxed {
				t.Errorf("relaxed: %q, want %q", got, c.relaxed)
			}
		})
	}
}

// TestBodyEverywhere puts each irregular pair at each place.
func TestBodyEverywhere(t *testing.T) {
	pieces := []string{" ", "\t", "\r", "\n", "\r\n", "  ", " \t", " \r\n", "\t\n", " \r", "\r\r\n", "\n\n", "a", "\x00", "\xa0", "\x8d", "!"}
	for at := range 20 {
		for _, p := range pieces {
			for _, q := range pieces {
				body := strings.Repeat("x", at) + p + q + strings.Repeat("y", 20-at)
				for _, c := range []Canon{Simple, Relaxed} {
					if got, want := canonBody(c, body), plainBody(c, body); got != want {
						t.Fatalf("%s of %q: %q, want %q", c, body, got, want)
					}
				}
			}
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, s := range []string{"", " C \r\nD \t E\r\n\r\n\r\n", "a \n\tb\r\r\n", "12345678 \t90\n"} {
		f.Add(s, int64(3))
	}
	f.Fuzz(func(t *testing.T, body string, limit int64) {
		for _, c := range []Canon{Simple, Relaxed} {
			want := plainBody(c, body)
			if got := canonBody(c, body); got != want {
				t.Fatalf("%s of %q: %q, want %q", c, body, got, want)
			}
			if limit < 0 || limit > int64(len(want)) {
				continue
			}
			w := newBodyHash(&collect{}, []int64{limit})
			if c == Relaxed {
				w.relaxed([]byte(body))
			} else {
				w.simple([]byte(body))
			}
			w.write(nil)
			if string(w.sums[0]) != want[:limit] {
				t.Fatalf("%s of %q up to %d: %q", c, body, limit, w.sums[0])
			}
		}
	})
}

func TestField(t *testing.T) {
	cases := []struct{ name, raw, simple, relaxed string }{
		{"example A", "A: X\r\n", "A: X\r\n", "a:X\r\n"},
		{"example B", "B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"},
		{"empty", "A:\r\n", "A:\r\n", "a:\r\n"},
		{"blank", "A: \r\n \r\n", "A: \r\n \r\n", "a:\r\n"},
		{"LF", "A: b\n c\n", "A: b\r\n c\r\n", "a:b c\r\n"},
		{"no line end", "A: b", "A: b\r\n", "a:b\r\n"},
		{"colon in the value", "A:b: c\r\n", "A:b: c\r\n", "a:b: c\r\n"},
		{"CR", "A: b\rc\r\n", "A: b\rc\r\n", "a:b\rc\r\n"},
		{"8 bit", "\xe4: \xe4\r\n", "\xe4: \xe4\r\n", "\xe4:\xe4\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := string(appendField(nil, Simple, []byte(c.raw))); got != c.simple {
				t.Errorf("simple: %q, want %q", got, c.simple)
			}
			if got := string(appendField(nil, Relaxed, []byte(c.raw))); got != c.relaxed {
				t.Errorf("relaxed: %q, want %q", got, c.relaxed)
			}
		})
	}
}
