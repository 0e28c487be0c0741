package table

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/test/suites"
)

func TestList(t *testing.T) {
	c, err := readList(strings.NewReader(strings.Join([]string{
		"# comment", "; another", "", "bad.example # why", "*.wild.example", ".dot.example",
		"User@Mail.example", "192.0.2.1", "198.51.100.0/24 ; SBL1", "2001:db8::/32", "[2001:db9::1]",
		"0.0.0.0 hosts.example", "127.0.0.1 localhost", "bücher.example", "UPPER.example.", "192.0.2.1/24", "no domain!", "<b>x</b>", "a..b",
	}, "\r\n")), DefaultOptions(), &notes{file: "list"})
	if err != nil {
		t.Fatal(err)
	}
	l := c.(*listTable)
	if l.total != 11 || l.bad != 4 {
		t.Errorf("%d entries and %d bad lines, want 11 and 4", l.total, l.bad)
	}
	s := newSet(t)
	path := filepath.Join(t.TempDir(), "list")
	write(t, path, "bad.example\n*.wild.example\n198.51.100.0/24\n")
	tab, err := s.Open("list:" + path)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"bad.example": "bad.example", "BAD.example.": "bad.example", "a.bad.example": "",
		"a.wild.example": ".wild.example", "b.a.wild.example": ".wild.example", "wild.example": "",
		"hosts.example": "hosts.example", "user@mail.example": "user@mail.example", "192.0.2.1": "192.0.2.1/32",
		"198.51.100.77": "198.51.100.0/24", "2001:db8::5": "2001:db8::/32", "2001:db9::1": "2001:db9::1/128",
		"xn--bcher-kva.example": "xn--bcher-kva.example", "upper.example": "upper.example", "no": "", "10.0.0.1": "",
	} {
		if v, ok, err := l.lookup(t.Context(), key); v != want || ok != (want != "") || err != nil {
			t.Errorf("%q gives %q, %v, %v; want %q", key, v, ok, err, want)
		}
	}
	hit, err := LookupClient(t.Context(), tab, "mx.bad.example", netip.MustParseAddr("192.0.2.1"), DefaultKeys())
	if err != nil || hit.Key != "bad.example" {
		t.Errorf("a client below a listed domain gives %v, %v", hit, err)
	}
}

func TestWhitelists(t *testing.T) {
	dir := t.TempDir()
	clients, recipients := filepath.Join(dir, "clients"), filepath.Join(dir, "recipients")
	write(t, clients, strings.Join([]string{
		"# comment", "southwest.example # no retry", " /^mail\\d+\\.example\\.net$/", "192.0.2.7", "198.51.100", "203.0",
		"2001:db8::/32", "10.0.0.0/8", "/(?!x)#y/", "/open", "not a word", "999.1.1.1", "/(/",
	}, "\n"))
	write(t, recipients, "postmaster@\nuser@a.example\nb.example\n/^info-.*@c\\.example$/\n@\n")
	s := newSet(t)
	c, err := s.OpenClientWhitelist(clients, clients+".local")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.OpenRecipientWhitelist(recipients)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct{ name, ip, want string }{
		{"southwest.example", "1.1.1.1", "southwest.example"}, {"mx.southwest.example", "1.1.1.1", "southwest.example"},
		{"notsouthwest.example", "1.1.1.1", ""}, {"mail12.EXAMPLE.net", "1.1.1.1", `/^mail\d+\.example\.net$/`},
		{"unknown", "192.0.2.7", "192.0.2.7"}, {"unknown", "192.0.2.8", ""}, {"", "198.51.100.200", "198.51.100"},
		{"", "203.0.113.9", "203.0"}, {"", "203.1.0.0", ""}, {"", "2001:db8::1", "2001:db8::/32"},
		{"", "::ffff:10.1.1.1", "10.0.0.0/8"}, {"", "", ""}, {"a#y.b", "1.1.1.1", "/(?!x)#y/"},
	} {
		var ip netip.Addr
		if q.ip != "" {
			ip = netip.MustParseAddr(q.ip)
		}
		if got, ok := c.Match(q.name, ip); got != q.want || ok != (q.want != "") {
			t.Errorf("client %s (%s) is in by %q, want %q", q.name, q.ip, got, q.want)
		}
	}
	for address, want := range map[string]string{
		"postmaster@any.example": "postmaster@", "Postmaster+x@any.example": "postmaster@", "user@a.example": "user@a.example",
		"user+ext@a.example": "user@a.example", "other@a.example": "", "x@b.example": "b.example", "x@sub.b.example": "b.example",
		"x@notb.example": "", "info-1@c.example": `/^info-.*@c\.example$/`,
	} {
		a, err := addr.ParsePath(address)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := r.Match(a); got != want || ok != (want != "") {
			t.Errorf("recipient %s is in by %q, want %q", address, got, want)
		}
	}
	var said []string
	for _, st := range s.Status() {
		for _, w := range st.Warnings {
			said = append(said, strings.TrimPrefix(w.String(), dir))
		}
	}
	want := []string{
		"/clients:10:1: pattern has no closing delimiter", "/clients:11:1: \"not a word\" is no domain", "/clients:12:1: bad address pattern",
		"/clients:13:1: error in regex at offset 1", "/recipients:5:1: \"@\" is no address",
	}
	if len(said) != len(want) {
		t.Fatalf("warnings are %q", said)
	}
	for i := range want {
		if !strings.HasPrefix(said[i], want[i]) {
			t.Errorf("warning %q, want %q", said[i], want[i])
		}
	}
}

// TestSuitePostgrey reads the lists that come with postgrey.
func TestSuitePostgrey(t *testing.T) {
	dir := suites.Path(t, "suites", "postgrey")
	s := newSet(t)
	c, err := s.OpenClientWhitelist(filepath.Join(dir, "postgrey_whitelist_clients"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenClientWhitelist(filepath.Join(dir, "postgrey_whitelist_clients.github-2024")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenRecipientWhitelist(filepath.Join(dir, "postgrey_whitelist_recipients")); err != nil {
		t.Fatal(err)
	}
	st := s.Status()
	if st[0].Entries != 154 || st[2].Entries != 2 {
		t.Errorf("%d clients and %d recipients, want 154 and 2", st[0].Entries, st[2].Entries)
	}
	for _, one := range st {
		if len(one.Warnings) > 0 {
			t.Errorf("%s: %v", one.Name, one.Warnings)
		}
	}
	if _, ok := c.Match("ms-smtp-01.southeast.rr.com", netip.Addr{}); !ok {
		t.Error("a client that a pattern covers is not in the list")
	}
}
