package table

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

func TestMatchHost(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "nets")
	write(t, file, "# comment\n198.51.100.0/24, !198.51.100.9\n  .sub.example\n")
	cidr := filepath.Join(dir, "cidr")
	write(t, cidr, "203.0.113.0/24 OK\n")
	s := newSet(t)
	for _, c := range []struct {
		list    string
		parents bool
		name    string
		ip      string
		want    bool
	}{
		{"127.0.0.0/8 [::1]/128", true, "localhost", "127.0.0.1", true},
		{"127.0.0.0/8 [::1]/128", true, "localhost", "::1", true},
		{"127.0.0.0/8 [::1]/128", true, "other", "10.0.0.1", false},
		{"!10.1.0.0/16, 10.0.0.0/8", true, "", "10.1.2.3", false},
		{"!10.1.0.0/16, 10.0.0.0/8", true, "", "10.2.2.3", true},
		{"10.0.0.0/8, !10.1.0.0/16", true, "", "10.1.2.3", true},
		{"!!10.0.0.1", true, "", "10.0.0.1", true},
		{"example.com", true, "a.EXAMPLE.com", "10.0.0.1", true},
		{"Example.com", false, "example.com", "10.0.0.1", true},
		{"example.com", false, "a.example.com", "10.0.0.1", false},
		{".example.com", false, "a.example.com", "10.0.0.1", true},
		{".example.com", true, "a.example.com", "10.0.0.1", false},
		{"xample.com", true, "example.com", "10.0.0.1", false},
		{file, false, "", "198.51.100.1", true},
		{"!" + file + " 0.0.0.0/0", false, "", "198.51.100.1", false},
		{"!198.51.100.9 " + file, false, "", "198.51.100.9", false},
		{file, false, "a.sub.example", "192.0.2.1", true},
		{"cidr:" + cidr, true, "a.example", "203.0.113.7", true},
		{"!cidr:" + cidr + " 203.0.113.0/25", true, "a.example", "203.0.113.7", false},
		{"inline:{example.com=x, y=z}", true, "a.example.com", "203.0.113.7", true},
		{"inline:{.example.com=x}", false, "a.example.com", "203.0.113.7", true},
		{"[2001:db8::]/32", true, "", "2001:db8::5", true},
		{"10.0.0.0/8", true, "", "::ffff:10.0.0.1", true},
		{"", true, "a", "10.0.0.1", false},
	} {
		m, err := s.OpenMatchList(c.list, MatchOptions{Name: "mynetworks", Parents: c.parents})
		if err != nil {
			t.Errorf("%s: %v", c.list, err)
			continue
		}
		got, err := m.MatchHost(t.Context(), c.name, netip.MustParseAddr(c.ip))
		if got != c.want || err != nil {
			t.Errorf("%q with %s (%s) gives %v, %v; want %v", c.list, c.name, c.ip, got, err, c.want)
		}
	}
	m, err := s.OpenMatchList("a.example !b.example .example", MatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a.example": true, "b.example": false, "c.example": true, "example": false} {
		if got, err := m.MatchDomain(t.Context(), name); got != want || err != nil {
			t.Errorf("domain %s gives %v, %v; want %v", name, got, err, want)
		}
	}
	m, err = s.OpenMatchList("fail:x", MatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.MatchHost(t.Context(), "a", netip.Addr{}); err == nil {
		t.Error("an error of a table is lost")
	}
}

func TestMatchListErrors(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	write(t, bad, "10.0.0.0/8\n\n10.0.0.1/8\n")
	loop := filepath.Join(dir, "loop")
	write(t, loop, "a "+loop+"\n")
	for list, want := range map[string]string{
		"10.0.0.1/8":    `mynetworks: non-null host address bits in "10.0.0.1/8", perhaps you should use "10.0.0.0/8" instead`,
		"a " + bad:      bad + ":3:1: non-null host address bits",
		"::1/128":       "must stand in brackets: [::1]/128",
		"2001:db8::/32": "must stand in brackets",
		"a !":           "nothing follows",
		"[::1":          "missing ']'",
		"1.2.3.4/40":    "bad mask length",
		"a/b":           "bad mask value",
		loop:            "max_nesting",
		"/nowhere/file": "no such file",
		"nosuch:x":      "unsupported dictionary type",
	} {
		_, err := newSet(t).OpenMatchList(list, MatchOptions{Name: "mynetworks"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want one with %q", list, err, want)
		}
	}
}

func TestMatchListReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nets")
	write(t, file, "10.0.0.0/8\n")
	s := newSet(t)
	m, err := s.OpenMatchList(file, MatchOptions{Name: "mynetworks"})
	if err != nil {
		t.Fatal(err)
	}
	has := func(ip string) bool {
		ok, err := m.MatchHost(t.Context(), "", netip.MustParseAddr(ip))
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	write(t, file, "11.0.0.0/8 inline:{a=b}\n")
	s.Reload()
	if has("10.1.1.1") || !has("11.1.1.1") {
		t.Error("the change was not taken up")
	}
	write(t, file, "12.0.0.0/8\n12.0.0.1/8")
	s.Reload()
	if !has("11.1.1.1") || has("12.1.1.1") {
		t.Error("a bad edit was taken up")
	}
	if st := s.Status()[0]; !strings.Contains(st.Problem, file+":2:1: ") {
		t.Errorf("problem is %q", st.Problem)
	}
}
