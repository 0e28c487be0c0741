package addr

import (
	"strings"
	"testing"
)

func TestAddressEqual(t *testing.T) {
	a := Address{Local: "Joe", Domain: "bücher.example"}
	if !a.Equal(Address{Local: "joe", Domain: "xn--bcher-kva.example"}) {
		t.Error("two forms of one domain differ")
	}
	if a.Equal(Address{Local: "joe", Domain: "example.com"}) {
		t.Error("two domains are equal")
	}
}

func TestDomains(t *testing.T) {
	tests := []struct{ in, normal, registrable string }{
		{"WWW.Example.CO.UK.", "www.example.co.uk", "example.co.uk"},
		{"com", "com", "com"},
		{"co.uk", "co.uk", "co.uk"},
		{"bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"www.BÜCHER.de", "www.xn--bcher-kva.de", "xn--bcher-kva.de"},
		{"a_b.example.com", "a_b.example.com", "example.com"},
		{"a。example.com", "a.example.com", "example.com"},
		{"\xff.example", "\xff.example", "\xff.example"},
		{"[192.0.2.1]", "[192.0.2.1]", "[192.0.2.1]"},
		{"192.0.2.1", "192.0.2.1", "192.0.2.1"},
		{"", "", ""},
		{"localhost", "localhost", "localhost"},
		{"..", "", ""},
	}
	for _, tt := range tests {
		if got := NormalDomain(tt.in); got != tt.normal {
			t.Errorf("NormalDomain(%q) = %q, want %q", tt.in, got, tt.normal)
		}
		if got := Registrable(tt.in); got != tt.registrable {
			t.Errorf("Registrable(%q) = %q, want %q", tt.in, got, tt.registrable)
		}
	}
	if DisplayDomain("xn--bcher-kva.example") != "bücher.example" || DisplayDomain("a.example") != "a.example" {
		t.Error("DisplayDomain went wrong")
	}
	if !IsPublicSuffix("co.uk") || !IsPublicSuffix("COM") || IsPublicSuffix("example.com") || IsPublicSuffix("localhost") {
		t.Error("IsPublicSuffix went wrong")
	}
	if !SameOrSub("a.example", "a.example") || !SameOrSub("b.a.example", "a.example") || SameOrSub("ba.example", "a.example") {
		t.Error("SameOrSub went wrong")
	}
}

func TestValidDomain(t *testing.T) {
	for _, name := range []string{"a", "a.example", "a_b.example", "1.example.", "bücher.example", "a-b.c"} {
		if !ValidDomain(name) {
			t.Errorf("%q is not valid", name)
		}
	}
	for _, name := range []string{"", ".", "a..b", ".a", "-a.b", "a-.b", "a b", "a@b", "[192.0.2.1]", strings.Repeat("a", 64) + ".b"} {
		if ValidDomain(name) {
			t.Errorf("%q is valid", name)
		}
	}
}

func TestParseIP(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "[192.0.2.1]": "192.0.2.1", "[IPv6:2001:db8::1]": "2001:db8::1",
		"ipv6:::1": "::1", "IPv6:[::1]": "::1", "::ffff:192.0.2.1": "192.0.2.1", "256.1.1.1": "", "[]": "", "": "",
	} {
		ip, ok := ParseIP(in)
		if ok != (want != "") || ok && ip.String() != want {
			t.Errorf("ParseIP(%q) = %v, %v; want %q", in, ip, ok, want)
		}
	}
	if IsIPLiteral("192.0.2.1") || !IsIPLiteral("[192.0.2.1]") || IsIPLiteral("[example.com]") {
		t.Error("IsIPLiteral went wrong")
	}
}
