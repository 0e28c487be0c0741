package addr

import "testing"

func TestParsePath(t *testing.T) {
	tests := []struct {
		in, local, domain string
		bad               bool
	}{
		{in: ""},
		{in: "<>"},
		{in: " < > "},
		{in: "<a@b.example>", local: "a", domain: "b.example"},
		{in: "a@B.Example.", local: "a", domain: "b.example"},
		{in: "Anna@b.example", local: "Anna", domain: "b.example"},
		{in: "postmaster", local: "postmaster"},
		{in: "<@r.example,@s.example:a@b.example>", local: "a", domain: "b.example"},
		{in: `"a b@c"@d.example`, local: "a b@c", domain: "d.example"},
		{in: `"a\"b"@d.example`, local: `a"b`, domain: "d.example"},
		{in: "a@[IPv6:::1]", local: "a", domain: "[ipv6:::1]"},
		{in: "jürgen@bücher.example", local: "jürgen", domain: "bücher.example"},
		{in: "a@b@c.example", local: "a@b", domain: "c.example"},
		{in: "<a@b.example", local: "a", domain: "b.example", bad: true},
		{in: "a b@c.example", local: "a b", domain: "c.example", bad: true},
		{in: "@c.example", domain: "c.example", bad: true},
		{in: "a@", local: "a", bad: true},
		{in: `"open@b.example`, local: "open@b.example", bad: true},
		{in: `"a"x@b.example`, local: "a", bad: true},
		{in: "a@b c", local: "a", domain: "b c", bad: true},
	}
	for _, tt := range tests {
		got, err := ParsePath(tt.in)
		if got.Local != tt.local || got.Domain != tt.domain || (err != nil) != tt.bad {
			t.Errorf("%q: got %q at %q, %v; want %q at %q, error %v", tt.in, got.Local, got.Domain, err, tt.local, tt.domain, tt.bad)
		}
	}
	if _, err := ParsePath(string(make([]byte, MaxPath+1))); err == nil {
		t.Error("an endless address is understood")
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add(`<@a,@b:"x\"y"@c.example>`)
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParsePath(s)
		if len(a.Local) > MaxPath || len(a.Domain) > 3*MaxPath {
			t.Errorf("%q grew to %v (%v)", s, a, err)
		}
	})
}
