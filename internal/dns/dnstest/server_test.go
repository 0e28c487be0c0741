package dnstest

import (
	"errors"
	"strings"
	"testing"

	"postern/internal/dns"
)

func TestChanges(t *testing.T) {
	s := New(t, "example.com A 192.0.2.1")
	r := s.Resolver(t, func(o *dns.Options) { o.CacheEntries, o.Attempts = 0, 1 })
	ask := func() string {
		a, err := r.TXT(t.Context(), "example.com")
		if err != nil {
			return err.Error()
		}
		return strings.Join(a, "|")
	}
	for _, tt := range []struct {
		name string
		do   func()
		want string
	}{
		{"at first", func() {}, "dns: example.com TXT: name has no such record"},
		{"set", func() { s.Set("example.com", "TXT", "one text", "two") }, "one text|two"},
		{"set again", func() { s.Set("Example.com.", "txt", "three") }, "three"},
		{"added", func() { s.Add("example.com", "TXT", "four") }, "three|four"},
		{"long", func() { s.Set("example.com", "TXT", strings.Repeat("x", 700)) }, strings.Repeat("x", 700)},
		{"failing", func() { s.Fail("example.com", ServFail) }, "dns: example.com TXT: no answer for now: SERVFAIL from " + s.Addr()},
		{"failing once", func() { s.Fail("example.com", 0); s.FailNext("", Refused, 1) }, strings.Repeat("x", 700)},
		{"healed", s.Heal, strings.Repeat("x", 700)},
		{"taken away", func() { s.Set("example.com", "TXT") }, "dns: example.com TXT: name has no such record"},
		{"removed", func() { s.Remove("example.com") }, "dns: example.com TXT: name does not exist"},
	} {
		if tt.do(); ask() != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, ask(), tt.want)
		}
	}
	if s.Asked("example.com", "TXT") != s.Questions() || s.Asked("example.com", "A") != 0 {
		t.Errorf("counts: %v", s.AskedNames())
	}
	if s.Forget(); s.Questions() != 0 {
		t.Error("counts are not forgotten")
	}
}

func TestLoadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a.example":                   "line 1: want: name [ttl]",
		"\n\na.example 60 IN X 1":     `line 3: "X" is not a type`,
		"a.example A ::1":             `line 1: "::1" is not the address`,
		"a.example MX mx.example":     "line 1: a record of type MX has 2 words",
		"a.example MX x mx.example":   `line 1: "x" is not a preference`,
		`a.example TXT "x`:            "line 1: a text has no quote",
		"a.example CNAME a..example":  "",
		"; nothing\n# here\n\n":       "",
		"a.example NS " + long + ".x": "is not a name",
	} {
		err := New(t).Load(text)
		if want == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

var long = strings.Repeat("long.", 60)

func TestTwoServers(t *testing.T) {
	one, two := New(t), New(t, "x.example A 192.0.2.1")
	if one.Addr() == two.Addr() {
		t.Fatal("two servers share an address")
	}
	if _, err := one.Resolver(t).A(t.Context(), "x.example"); !errors.Is(err, dns.ErrNotFound) {
		t.Errorf("one knows the zone of the other: %v", err)
	}
}

func TestStartAt(t *testing.T) {
	one := New(t)
	if s, err := StartAt(one.Addr()); err == nil {
		s.Close()
		t.Fatal("a second server listens at the address of the first")
	}
	one.Close()
	two, err := StartAt(one.Addr(), "x.example A 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(two.Close)
	if two.Addr() != one.Addr() {
		t.Errorf("listens at %s, not at %s", two.Addr(), one.Addr())
	}
	if _, err := two.Resolver(t).A(t.Context(), "x.example"); err != nil {
		t.Error(err)
	}
}
