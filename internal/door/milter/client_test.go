package milter

import (
	"fmt"
	"strings"
	"testing"
)

// Each line of said is name=value; the names are what the macros tell.
func TestClient(t *testing.T) {
	v4 := func(host string) string { return host + "\x004\x9c\x40192.0.2.1\x00" }
	tests := []struct {
		name, connect, said, want string
	}{
		{"verified", v4("a.example.com"), "", "192.0.2.1 a.example.com a.example.com"},
		{"Postfix, verified", v4("a.example.com"), "_=a.example.com [192.0.2.1] client_name=a.example.com client_ptr=a.example.com client_resolve=OK",
			"192.0.2.1 a.example.com a.example.com"},
		{"no name", v4("[192.0.2.1]"), "", "192.0.2.1  "},
		{"Postfix, no name", v4("unknown"), "_=unknown [192.0.2.1]", "192.0.2.1  "},
		{"Postfix, forged", v4("[192.0.2.1]"), "_=p.example.com [192.0.2.1] (may be forged)", "192.0.2.1  p.example.com"},
		{"Postfix asked for more, forged", v4("[192.0.2.1]"), "client_name=unknown client_ptr=p.example.com client_resolve=FORGED",
			"192.0.2.1  p.example.com"},
		{"lookup failed for now", v4("[192.0.2.1]"), "client_resolve=TEMPFAIL", "192.0.2.1   failed"},
		{"lookup failed for good", v4("[192.0.2.1]"), "client_resolve=FAIL", "192.0.2.1  "},
		{"Sendmail, forged", v4("p.example.com"), "_=p.example.com [192.0.2.1] (may be forged)", "192.0.2.1  p.example.com"},
		{"Sendmail, forged by its macro", v4("p.example.com"), "client_resolve=FORGED", "192.0.2.1  p.example.com"},
		{"Sendmail, with ident", v4("a.example.com"), "_=joe@a.example.com [192.0.2.1]", "192.0.2.1 a.example.com a.example.com"},
		{"trailing dot", v4("a.example.com."), "", "192.0.2.1 a.example.com a.example.com"},
		{"Postfix, IPv6", "a.example.com\x006\x00\x192001:db8::1\x00", "", "2001:db8::1 a.example.com a.example.com"},
		{"Sendmail, IPv6", "a.example.com\x006\x00\x19IPv6:2001:db8::1\x00", "", "2001:db8::1 a.example.com a.example.com"},
		{"IPv4 in IPv6", "a.example.com\x006\x00\x19::ffff:192.0.2.1\x00", "", "192.0.2.1 a.example.com a.example.com"},
		{"IPv6 with a zone", "[fe80::1]\x006\x00\x19fe80::1%eth0\x00", "", "fe80::1  "},
		{"Unix socket", "localhost\x00L\x00\x00/run/x\x00", "", "invalid IP   local"},
		{"unknown", "unknown\x00U", "_=p.example.com [x]", "invalid IP  "},
		{"address without NUL", "a\x004\x00\x19192.0.2.1", "", "192.0.2.1 a a"},
	}
	for _, tt := range tests {
		c, err := parseConnect([]byte(tt.connect))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var m macros
		packet := []byte{'C'}
		for _, pair := range splitPairs(tt.said) {
			packet = append(append(packet, strings.Replace(pair, "=", "\x00", 1)...), 0)
		}
		if err := m.set(packet); err != nil {
			t.Fatal(err)
		}
		nameFromMacros(&c, &m)
		got := fmt.Sprintf("%s %s %s", c.IP, c.Name, c.ReverseName)
		if c.NameFailed {
			got += " failed"
		}
		if c.Local {
			got += " local"
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// splitPairs splits at the blanks before each name=.
func splitPairs(s string) []string {
	var out []string
	for word := range strings.FieldsSeq(s) {
		if strings.Contains(word, "=") {
			out = append(out, word)
		} else {
			out[len(out)-1] += " " + word
		}
	}
	return out
}
