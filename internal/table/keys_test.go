package table

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"postern/internal/addr"
)

// recorder notes what it is asked for and has nothing but one key.
type recorder struct {
	has     string
	pattern bool
	asked   []string
}

func (r *recorder) Lookup(_ context.Context, key string) (string, bool, error) {
	r.asked = append(r.asked, key)
	if key == "FAIL" {
		return "", false, errors.New("fails")
	}
	return "OK", key == r.has, nil
}
func (r *recorder) Partial() bool { return !r.pattern }
func (r *recorder) Name() string  { return "recorder" }

func TestKeyOrder(t *testing.T) {
	dotted := Keys{Delimiter: "+-"}
	plus := Keys{Parents: true, Delimiter: "+"}
	host := func(name string, k Keys) func(Table) (Hit, error) {
		return func(tab Table) (Hit, error) { return LookupHost(t.Context(), tab, name, k) }
	}
	ip := func(text string) func(Table) (Hit, error) {
		return func(tab Table) (Hit, error) { return LookupAddr(t.Context(), tab, netip.MustParseAddr(text)) }
	}
	mail := func(local, domain string, k Keys) func(Table) (Hit, error) {
		return func(tab Table) (Hit, error) {
			return LookupMail(t.Context(), tab, addr.Address{Local: local, Domain: domain}, k)
		}
	}
	for _, c := range []struct {
		name   string
		lookup func(Table) (Hit, error)
		want   string // partial tables
		whole  string // pattern tables
	}{
		{"host", host("a.b.example.com", DefaultKeys()), "a.b.example.com b.example.com example.com com", "a.b.example.com"},
		{"host dotted", host("a.example.com", dotted), "a.example.com .example.com .com", "a.example.com"},
		{"host single", host("localhost", DefaultKeys()), "localhost", "localhost"},
		{"host address", host("192.0.2.1", DefaultKeys()), "192.0.2.1", "192.0.2.1"},
		{"host leading dot", host(".a.b", DefaultKeys()), ".a.b b", ".a.b"},
		{"host empty", host("", DefaultKeys()), "", ""},
		{"v4", ip("192.0.2.1"), "192.0.2.1 192.0.2 192.0 192", "192.0.2.1"},
		{"v6", ip("2001:db8::1"), "2001:db8::1 2001:db8: 2001:db8 2001", "2001:db8::1"},
		{"v4 in v6", ip("::ffff:192.0.2.1"), "192.0.2.1 192.0.2 192.0 192", "192.0.2.1"},
		{"mail", mail("user", "a.example", DefaultKeys()), "user@a.example a.example example user@", "user@a.example"},
		{"mail ext", mail("user+x", "a.example", plus), "user+x@a.example user@a.example a.example example user+x@ user@", "user+x@a.example"},
		{"mail no ext", mail("user+x", "a.example", DefaultKeys()), "user+x@a.example a.example example user+x@", "user+x@a.example"},
		{"mail dotted", mail("user-x+y", "a.example", dotted), "user-x+y@a.example user@a.example a.example .example user-x+y@ user@", "user-x+y@a.example"},
		{"mail owner", mail("owner-list", "a", dotted), "owner-list@a a owner-list@", "owner-list@a"},
		{"mail quoted", mail("a b", "c", DefaultKeys()), `"a b"@c|a b@c|c|"a b"@|a b@`, `"a b"@c|a b@c`},
		{"mail null", mail("", "", DefaultKeys()), "<>", "<>"},
		{"mail local", mail("root", "", DefaultKeys()), "root root@", "root"},
		{"client", func(tab Table) (Hit, error) {
			return LookupClient(t.Context(), tab, "", netip.MustParseAddr("192.0.2.1"), DefaultKeys())
		}, "unknown 192.0.2.1 192.0.2 192.0 192", "unknown 192.0.2.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for pattern, want := range map[bool]string{false: c.want, true: c.whole} {
				r := &recorder{pattern: pattern}
				hit, err := c.lookup(r)
				sep := " "
				if strings.Contains(want, "|") {
					sep = "|"
				}
				if got := strings.Join(r.asked, sep); got != want || hit.Found || err != nil {
					t.Errorf("pattern table %v: asks for %q (%v, %v), want %q", pattern, got, hit, err, want)
				}
			}
			for _, key := range strings.Fields(c.want) {
				if strings.Contains(c.want, "|") {
					continue
				}
				hit, err := c.lookup(&recorder{has: key})
				if err != nil || hit != (Hit{Key: key, Value: "OK", Table: "recorder", Found: true}) {
					t.Errorf("table with %q gives %v, %v", key, hit, err)
				}
			}
		})
	}
	if _, err := LookupHost(t.Context(), &recorder{}, "FAIL", DefaultKeys()); err == nil {
		t.Error("an error of the table is lost")
	}
}

func TestCutExtension(t *testing.T) {
	for _, c := range []struct {
		local, delimiter, want string
		ok                     bool
	}{
		{"user+x", "+", "user", true}, {"user+x+y", "+", "user", true}, {"user-x+y", "+-", "user", true},
		{"+x", "+", "+x", false}, {"user", "+", "user", false}, {"user+x", "", "user+x", false},
		{"double-bounce", "-", "double-bounce", false}, {"MAILER-DAEMON", "-", "MAILER-DAEMON", false},
		{"owner-x", "-", "owner-x", false}, {"x-request", "-", "x-request", false}, {"x-request", "+", "x-request", false},
	} {
		if got, ok := CutExtension(c.local, c.delimiter); got != c.want || ok != c.ok {
			t.Errorf("%q with %q gives %q, %v; want %q, %v", c.local, c.delimiter, got, ok, c.want, c.ok)
		}
	}
}
