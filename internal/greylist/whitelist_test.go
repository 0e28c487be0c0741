package greylist

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/test/suites"
)

const clientFile = `# comment
good.example   # behind an entry
.dot.example
/^mx\d+\.OUT\.example$/
192.0.2.7
198.51.100
203.0
10.1.2.3/24
2001:db8:1::/48
2001:db8::5
`

func TestClientList(t *testing.T) {
	l, err := ReadClients("clients", strings.NewReader(clientFile))
	if err != nil || l.Len() != 9 {
		t.Fatalf("%d entries, %v", l.Len(), err)
	}
	for _, c := range []struct {
		name, ip string
		want     bool
	}{
		{"good.example", "1.1.1.1", true}, {"mail.GOOD.example", "1.1.1.1", true}, {"notgood.example", "1.1.1.1", false},
		{"example", "1.1.1.1", false}, {"x.dot.example", "1.1.1.1", true},
		{"MX12.out.example", "1.1.1.1", true}, {"mx.out.example", "1.1.1.1", false}, {"unknown", "1.1.1.1", false},
		{"unknown", "192.0.2.7", true}, {"unknown", "192.0.2.8", false}, {"unknown", "198.51.100.200", true},
		{"unknown", "203.0.113.9", true}, {"unknown", "203.1.0.1", false}, {"unknown", "10.1.2.200", true},
		{"unknown", "2001:db8:1:2::3", true}, {"unknown", "2001:db8:2::3", false}, {"unknown", "2001:db8::5", true},
	} {
		if entry, ok := l.Match(c.name, netip.MustParseAddr(c.ip)); ok != c.want || ok == (entry == "") {
			t.Errorf("%s %s: got %q, %v", c.name, c.ip, entry, ok)
		}
	}
}

func TestAddressList(t *testing.T) {
	l, err := ReadAddresses("recipients", strings.NewReader(
		"postmaster@\nuser@a.example\nb.example\n@c.example\n/^list-.*@d\\.example$/\n"))
	if err != nil || l.Len() != 5 {
		t.Fatalf("%d entries, %v", l.Len(), err)
	}
	for in, want := range map[string]bool{
		"Postmaster@any.example": true, "postmaster+x@any.example": true, "postmaster": true, "notpostmaster@any.example": false,
		"user@a.example": true, "USER+ext@A.example": true, "user@b.a.example": false, "other@a.example": false,
		"x@b.example": true, "x@sub.b.example": true, "x@notb.example": false,
		"x@c.example": true, "x@sub.c.example": false, "List-1@d.example": true, "x@d.example": false, "": false,
	} {
		a, err := addr.ParsePath(in)
		if err != nil {
			t.Fatal(err)
		}
		if entry, ok := l.Match(a); ok != want {
			t.Errorf("%q: got %q, %v", in, entry, ok)
		}
	}
}

// TestBadEntries: each is reported with its line, and the others work.
func TestBadEntries(t *testing.T) {
	l, err := ReadClients("clients", strings.NewReader("good.example\n/unclosed\n/(?=x)/\n1.2.3.4/33\nuser@example.com\n300.1.2.3\n::1::\ntwo words\n"))
	for _, want := range []string{
		`clients:2: pattern "/unclosed" has no /`, "clients:3: ", "clients:4: ", "clients:5: ", "clients:6: ", "clients:7: ", "clients:8: ",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	if l.Len() != 1 {
		t.Errorf("%d entries", l.Len())
	}
	if _, err := ReadAddresses("recipients", strings.NewReader("a b\n/x\na/b\n"+strings.Repeat("x", maxEntryLine+1))); err == nil || !strings.Contains(err.Error(), "recipients:4: ") {
		t.Errorf("got %v", err)
	}
}

func TestLoadWhitelists(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "clients")
	if err := os.WriteFile(path, []byte("good.example\n/broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.ClientFiles = []string{path, filepath.Join(dir, "clients.local"), filepath.Join(dir, "missing")}
	w, err := o.LoadWhitelists()
	if err == nil || !strings.Contains(err.Error(), path+":2:") || !strings.Contains(err.Error(), "missing") || strings.Contains(err.Error(), ".local") {
		t.Errorf("got %v", err)
	}
	found := false
	for _, l := range w.Clients {
		if _, ok := l.Match("mx.good.example", netip.MustParseAddr("192.0.2.1")); ok {
			found = true
		}
	}
	if !found {
		t.Error("what could be read does not work")
	}
}

// TestPostgreyLists loads the lists that postgrey comes with.
func TestPostgreyLists(t *testing.T) {
	for name, want := range map[string]int{
		"postgrey_whitelist_clients": 154, "postgrey_whitelist_recipients": 2,
	} {
		f, err := os.Open(suites.Path(t, "suites", "postgrey", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var n int
		if strings.HasSuffix(name, "clients") {
			l, bad := ReadClients(name, f)
			n, err = l.Len(), bad
		} else {
			l, bad := ReadAddresses(name, f)
			n, err = l.Len(), bad
		}
		if err != nil || n != want {
			t.Errorf("%s: %d entries, want %d; %v", name, n, want, err)
		}
	}
}

// TestSqlgreyLists: its list of addresses is in the form of postgrey's.
func TestSqlgreyLists(t *testing.T) {
	path := suites.Path(t, "suites", "sqlgrey", "clients_ip_whitelist")
	l, err := readFile(path, ReadClients)
	if err != nil || l.Len() < 40 {
		t.Errorf("%d entries, %v", l.Len(), err)
	}
}

func FuzzReadClients(f *testing.F) {
	f.Add([]byte(clientFile))
	f.Add([]byte("1.2.3.4/99\n::/0\n///\n/[/\n1..2\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, _ := ReadClients("x", strings.NewReader(string(raw)))
		l.Match("mx.good.example", netip.MustParseAddr("192.0.2.1"))
		a, _ := ReadAddresses("x", strings.NewReader(string(raw)))
		a.Match(addr.Address{Local: "user", Domain: "a.example"})
	})
}
