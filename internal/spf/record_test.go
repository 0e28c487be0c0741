package spf

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// termText writes a parsed term for comparison.
func termText(t *Term) string {
	s := fmt.Sprintf("%v %s", t.Qualifier, t.Mechanism)
	if t.Domain != "" {
		s += " " + t.Domain
	}
	if t.Network.IsValid() {
		s += " " + t.Network.String()
	}
	if t.kind == kindA || t.kind == kindMX {
		s += fmt.Sprintf(" /%d//%d", t.Bits4, t.Bits6)
	}
	return s
}

func TestParseTerm(t *testing.T) {
	tests := []struct{ in, want string }{
		{"all", "pass all"},
		{"-ALL", "fail all"},
		{"?all", "neutral all"},
		{"~aLL", "softfail all"},
		{"a", "pass a /32//128"},
		{"A:Example.COM", "pass a Example.COM /32//128"},
		{"a/0", "pass a /0//128"},
		{"a/24", "pass a /24//128"},
		{"a//0", "pass a /32//0"},
		{"a/24//64", "pass a /24//64"},
		{"a:b.c/24//64", "pass a b.c /24//64"},
		{"a:b.c//128", "pass a b.c /32//128"},
		{"a:x/y.c/8", "pass a x/y.c /8//128"},
		{"a:x/8.c", "pass a x/8.c /32//128"},
		{"a:%{d}/24", "pass a %{d} /24//128"},
		{"a:%{l/}/24", "pass a %{l/} /24//128"},
		{"a:b.c.", "pass a b.c. /32//128"},
		{"a:.c", "pass a .c /32//128"},
		{"a:b..c", "pass a b..c /32//128"},
		{"a:b.1-2", "pass a b.1-2 /32//128"},
		{"a:b.xn--c", "pass a b.xn--c /32//128"},
		{"a:b.c1", "pass a b.c1 /32//128"},
		{"a:%%", "pass a %% /32//128"},
		{"a:b.%_", "pass a b.%_ /32//128"},
		{"a:b.%-", "pass a b.%- /32//128"},
		{"mx", "pass mx /32//128"},
		{"-mx:b.c/16", "fail mx b.c /16//128"},
		{"ptr", "pass ptr"},
		{"ptr:b.c", "pass ptr b.c"},
		{"include:b.c", "pass include b.c"},
		{"exists:%{ir}.%{v}.b.c", "pass exists %{ir}.%{v}.b.c"},
		{"exists:%{L127R.-+,/_=}.b.c", "pass exists %{L127R.-+,/_=}.b.c"},
		{"exists:%{d999999999999999999999}", "pass exists %{d999999999999999999999}"},
		{"exists:%{d007}", "pass exists %{d007}"},
		{"ip4:192.0.2.0", "pass ip4 192.0.2.0/32"},
		{"ip4:192.0.2.1/24", "pass ip4 192.0.2.1/24"},
		{"ip4:0.0.0.0/0", "pass ip4 0.0.0.0/0"},
		{"ip6:::", "pass ip6 ::/128"},
		{"ip6:2001:DB8::1/32", "pass ip6 2001:db8::1/32"},
		{"ip6:::ffff:192.0.2.1/96", "pass ip6 ::ffff:192.0.2.1/96"},
		{"ip6:1:2:3:4:5:6:192.0.2.1", "pass ip6 1:2:3:4:5:6:c000:201/128"},

		{"", ""}, {"+", "!"}, {"--all", "!"}, {"+-all", "!"}, {"!all", "!"}, {"all.", "!"}, {"all:", "!"},
		{"all:b.c", "!"}, {"all/8", "!"}, {"alle", "!"}, {"-", "!"}, {":b.c", "!"}, {"/24", "!"}, {"=b", "!"},
		{"a:", "!"}, {"a/", "!"}, {"a//", "!"}, {"a:b.c/", "!"}, {"a:b.c//", "!"}, {"a/33", "!"}, {"a//129", "!"},
		{"a/024", "!"}, {"a/00", "!"}, {"a//064", "!"}, {"a/-1", "!"}, {"a/+1", "!"}, {"a/1000000000000000000000", "!"},
		{"a/24/64", "!"}, {"a//64/24", "!"}, {"a///64", "!"}, {"a/24///64", "!"}, {"a/24//64//64", "!"}, {"a:b.c/24/64", "!"},
		{"a:b", "!"}, {"a:b.", "!"}, {"a:b.c..", "!"}, {"a:b.123", "!"}, {"a:192.0.2.1", "!"}, {"a:b.-c", "!"}, {"a:b.c-", "!"},
		{"a:b.c_d", "!"}, {"a:b.c:25", "!"}, {"a:b.c,", "!"}, {"a.b", "!"}, {"a-b", "!"}, {"a:[192.0.2.1]", "!"},
		{"a:%", "!"}, {"a:%{", "!"}, {"a:%{}", "!"}, {"a:%{d", "!"}, {"a:%d.b.c", "!"}, {"a:%(d).b.c", "!"}, {"a:%{x}", "!"},
		{"a:%{d0}", "!"}, {"a:%{d00}", "!"}, {"a:%{dr2}", "!"}, {"a:%{d-1}", "!"}, {"a:%{d*}", "!"}, {"a:%{drr}", "!"},
		{"a:%{d:}", "!"}, {"a:%{1d}", "!"}, {"a:%{dd}", "!"}, {"a:%{c}.b.c", "!"}, {"a:%{R}.b.c", "!"}, {"a:%{t}", "!"},
		{"a:%{d}b", "!"}, {"a:%{d}.", "!"}, {"a:%{d}.1", "!"}, {"a:b.%{d}c", "!"}, {"a:b.%%c", "!"}, {"a:b.c%", "!"},
		{"a:\x7f.c", "!"}, {"a:b\t.c", "!"}, {"a:b.c\n", "!"}, {"a:ü.c", "!"}, {"\x80a", "!"}, {"a\x00", "!"},
		{"mx:", "!"}, {"mx/33", "!"}, {"mxx", "!"}, {"ptr:", "!"}, {"ptr/24", "!"}, {"ptr:b.c/24", "!"},
		{"include", "!"}, {"include:", "!"}, {"include/24", "!"}, {"include:b.c/24", "!"}, {"include=b.c", "="},
		{"exists", "!"}, {"exists:", "!"}, {"exists/24", "!"}, {"exists:b.c/24", "!"},
		{"ip4", "!"}, {"ip4:", "!"}, {"ip4/24", "!"}, {"ip4:192.0.2", "!"}, {"ip4:192.0.2.256", "!"}, {"ip4:192.0.02.1", "!"},
		{"ip4:192.0.2.1.2", "!"}, {"ip4:192.0.2.0/33", "!"}, {"ip4:192.0.2.0/", "!"}, {"ip4:192.0.2.0//24", "!"},
		{"ip4:192.0.2.0/024", "!"}, {"ip4:192.0.2.0/24/24", "!"}, {"ip4:192.0.2.1:25", "!"}, {"ip4:0x7f.0.0.1", "!"},
		{"ip4:b.c", "!"}, {"ip4:%{i}", "!"}, {"ip4:::1", "!"}, {"ip4=192.0.2.1", "="}, {"ip4:192.0.2.1-192.0.2.9", "!"},
		{"ip6", "!"}, {"ip6:", "!"}, {"ip6::1", "!"}, {"ip6:[::1]", "!"}, {"ip6:::1%25eth0", "!"}, {"ip6:::1%eth0", "!"},
		{"ip6:192.0.2.1", "!"}, {"ip6:2001:db8::/129", "!"}, {"ip6:2001:db8::/064", "!"}, {"ip6:2001:db8::1::", "!"},
		{"ip6:2001:db8::/48//48", "!"}, {"ip6:12345::", "!"}, {"ip6:1:2:3:4:5:6:7", "!"}, {"ip6:1:2:3:4:5:6:7:8:9", "!"},
		{"redirect:b.c", "!"}, {"exp:b.c", "!"}, {"-redirect=b.c", "!"}, {"redirect=", "!"}, {"redirect=b", "!"},
		{"redirect=b.c", "="}, {"REDIRECT=b.c.", "="}, {"redirect=b.c/24", "!"}, {"exp=b.c", "="}, {"exp=", "!"}, {"exp=-all", "!"},
		{"exp=%{c}.b.c", "!"}, {"exp=%{p}.b.c", "="}, {"foo=", "="}, {"foo=b", "="}, {"foo=%{d}", "="}, {"foo=%{c}", "!"},
		{"foo=%", "!"}, {"foo=ü", "!"}, {"f=a=b", "="}, {"a=b", "="}, {"all=", "="}, {"1=b", "!"}, {"_f=b", "!"}, {"f_.-1=b", "="},
		{"f/o=b", "!"}, {"f:o=b", "!"}, {"+f=b", "!"}, {"f%=b", "!"}, {"f=b\x7f", "!"}, {"v=spf1", "="},
	}
	for _, tt := range tests {
		r, err := ParseRecord("v=spf1 " + tt.in)
		got := ""
		switch {
		case err != nil:
			got = "!"
		case len(r.Terms) == 1:
			got = termText(&r.Terms[0])
		case tt.in != "":
			got = "=" // a modifier
		}
		if got != tt.want {
			t.Errorf("%q: got %q (%v), want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestParseRecord(t *testing.T) {
	for in, want := range map[string]string{
		"v=spf1":                             "",
		"V=SPF1  a   -all ":                  "",
		"v=spf1 redirect=b.c a":              "",
		"v=spf1 foo=1 foo=2":                 "",
		"v=spf1 exp=b.c redirect=b.c":        "",
		"v=spf1 exp=b.c exp=b.c":             `"exp=b.c" at octet 15: exp stands there twice`,
		"v=spf1 redirect=b.c ReDirect=b.c":   `"ReDirect=b.c" at octet 20: redirect stands there twice`,
		"v=spf1 -all a:b":                    `"a:b" at octet 12: the domain has no top label`,
		"v=spf2":                             `"v=spf2" at octet 0: does not begin with v=spf1`,
		"v=spf1\ta":                          `"v=spf1\ta" at octet 0: does not begin with v=spf1`,
		"v=spf1 a:192.0.2.1":                 `"a:192.0.2.1" at octet 7: the domain ends in "1", which is no top label`,
		"v=spf1 " + strings.Repeat("x", 200): `"` + strings.Repeat("x", 100) + `" at octet 7: no such mechanism`,
	} {
		_, err := ParseRecord(in)
		got := ""
		if err != nil {
			got = err.Error()
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Errorf("%q: %T is no SyntaxError", in, err)
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if _, err := ParseRecord("v=spf1 " + strings.Repeat("a ", maxRecord)); err == nil {
		t.Error("a record has no bound")
	}
}
