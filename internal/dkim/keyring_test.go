package dkim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// copyKey puts a key of the tests into a file that only we may read.
func copyKey(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".pem")
	if err := SaveKeyFile(path, loadKey(t, name)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKeyFile reads and writes files with keys.
func TestKeyFile(t *testing.T) {
	path := copyKey(t, "ed25519")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, %v", info.Mode().Perm(), err)
	}
	if _, err := LoadKeyFile(path); err != nil {
		t.Error(err)
	}
	if err := SaveKeyFile(path, loadKey(t, "rsa1024")); err == nil {
		t.Error("a key was overwritten")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that everybody may read: %v", err)
	}
	if _, err := LoadKeyFile(path + "x"); err == nil {
		t.Error("no file")
	}
}

// TestKeyring finds keys by domain and day.
func TestKeyring(t *testing.T) {
	rsa, ed := copyKey(t, "rsa1024"), copyKey(t, "ed25519")
	ring, err := LoadKeyring([]KeyOptions{
		{Domain: "example.com", Selector: "old", File: rsa},
		{Domain: "example.com", Selector: "new", File: rsa, From: "2026-06-01"},
		{Domain: "Example.com", Selector: "ed", File: ed, Subdomains: true},
		{Domain: "sub.example.com", Selector: "sub", File: rsa},
		{Domain: "example.net", Selector: "net", File: rsa},
	})
	if err != nil {
		t.Fatal(err)
	}
	before, after := time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		domain string
		at     time.Time
		want   string
	}{
		{"example.com", before, "example.com:old example.com:ed"},
		{"EXAMPLE.com.", after, "example.com:new example.com:ed"},
		{"sub.example.com", after, "sub.example.com:sub"},
		{"other.example.com", after, "example.com:ed"},
		{"a.b.example.com", after, "example.com:ed"},
		{"notexample.com", after, ""},
		{"x.example.net", after, ""},
		{"com", after, ""},
		{"", after, ""},
	}
	for _, c := range cases {
		var got []string
		for _, s := range ring.For(c.domain, c.at) {
			got = append(got, s.Domain+":"+s.Selector)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.domain, got, c.want)
		}
	}
	_, err = LoadKeyring([]KeyOptions{
		{Domain: "a b", Selector: "", From: "soon"}, {Domain: "example.com", Selector: "x", File: "/nowhere/x"},
	})
	for _, want := range []string{"domain:", "selector:", "file:", "from:", "/nowhere/x"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
}

const keyTable = `# keys
default  example.com:mail:/etc/dkim/example.com.key
any	%:sel:/etc/dkim/%.key   # one for each
inline   example.net:s:MIIEow
`

const signingTable = `*@example.com    default
*@*.example.org  any:postmaster@%
joe@sub.example.net inline:joe@example.com
`

// TestOpenDKIMTables reads the tables of an OpenDKIM.
func TestOpenDKIMTables(t *testing.T) {
	keys, err := ParseKeyTable("KeyTable", []byte(keyTable))
	if err != nil || len(keys) != 3 {
		t.Fatal(keys, err)
	}
	rules, err := ParseSigningTable("SigningTable", []byte(signingTable))
	if err != nil || len(rules) != 3 {
		t.Fatal(rules, err)
	}
	cases := []struct{ address, domain, want string }{
		{"Ann@Example.com", "example.com", "example.com mail /etc/dkim/example.com.key  "},
		{"ann@a.example.org", "a.example.org", "a.example.org sel /etc/dkim/a.example.org.key  postmaster@a.example.org"},
		{"joe@sub.example.net", "sub.example.net", "example.net s  MIIEow "},
		{"ann@example.org", "example.org", ""},
		{"ann@x/../../y.example.org", "x/../../y.example.org", ""},
	}
	for _, c := range cases {
		got := ""
		if found := MatchRefile(rules, c.address); len(found) > 0 {
			if k, identity, ok := found[0].Resolve(keys, c.domain); ok {
				got = strings.Join([]string{k.Domain, k.Selector, k.File, k.Text, identity}, " ")
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.address, got, c.want)
		}
	}
	for _, bad := range []string{"x", "x a:b", "x a:b:", "x a b:c:/d"} {
		if _, err := ParseKeyTable("K", []byte("\n"+bad)); err == nil || !strings.HasPrefix(err.Error(), "K:2: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := ParseSigningTable("S", []byte("a :b")); err == nil {
		t.Error("a rule without a key")
	}
}

// TestOpenDKIMFile looks rules up in the order of flat files.
func TestOpenDKIMFile(t *testing.T) {
	rules, err := ParseSigningTable("S", []byte("* any\nann@* ann\n.example.com below\nann@.example.com annbelow\na.example.com host\nann@a.example.com exact\n"))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"ann@a.example.com": "exact host annbelow below ann any",
		"bob@a.example.com": "host below any",
		"bob@b.example.com": "below any",
		"ann@example.com":   "ann any",
		"nobody":            "",
	} {
		var got []string
		for _, r := range MatchFile(rules, address) {
			got = append(got, r.Key)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", address, got, want)
		}
	}
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"a*c", "ac", true}, {"a*b*c", "axbxc", true},
		{"a*b*c", "axcxb", false}, {"ab*ba", "aba", false}, {"", "", true}, {"", "a", false}, {"**", "x", true},
	} {
		if wildcard(c.pattern, c.text) != c.want {
			t.Errorf("%s, %s", c.pattern, c.text)
		}
	}
}

// TestParseHosts reads TrustedHosts.
func TestParseHosts(t *testing.T) {
	hosts := ParseHosts([]byte("127.0.0.1\n# no\n::1\n!10.0.0.1 # not this\n10.0.0.0/8\n[192.0.2.1]\n.example.com\nhost.example.net\n"))
	if len(hosts) != 7 || !hosts[2].Not || hosts[2].Line != 4 {
		t.Fatalf("%+v", hosts)
	}
	for i, h := range hosts {
		if h.Network() != (i < 5) {
			t.Errorf("%s: network %v", h.Text, h.Network())
		}
	}
}
