package dnslist

import (
	"net/netip"
	"testing"

	"postern/internal/addr"
)

func TestItems(t *testing.T) {
	ip := func(s string) Item { return Address(netip.MustParseAddr(s)) }
	for _, tt := range []struct {
		item Item
		name string
	}{
		{ip("192.0.2.99"), "99.2.0.192"},
		{ip("::ffff:192.0.2.99"), "99.2.0.192"},
		{ip("2001:db8:1:2:3:4:567:89ab"), "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2"},
		{Address(netip.Addr{}), ""},
		{Domain("Example.COM."), "example.com"},
		{Domain("alice@b@Example.com"), "example.com"},
		{Domain("Bücher.example"), "xn--bcher-kva.example"},
		{Domain("_x.example.com"), "_x.example.com"},
		{Domain(""), ""},
		{Domain("."), ""},
		{Domain("unknown"), ""},
		{Domain("Unknown"), ""},
		{Domain("[192.0.2.1]"), ""},
		{Domain("192.0.2.1"), ""},
		{Domain("host.123"), ""},
		{Domain("a..b"), ""},
		{Domain("-a.example"), ""},
		{Domain("with blank.example"), ""},
	} {
		if got := tt.item.name(); got != tt.name || tt.item.IsZero() != (tt.name == "") {
			t.Errorf("%v: got %q, want %q", tt.item, got, tt.name)
		}
	}
}

func TestPublic(t *testing.T) {
	for s, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "168.100.3.2": true, "2a00:1450::1": true, "2604:8d00:189::2": true,
		"10.1.2.3": false, "172.20.1.1": false, "192.168.1.1": false, "127.0.0.1": false, "127.0.0.2": false,
		"169.254.1.1": false, "100.64.1.1": false, "0.1.2.3": false, "224.0.0.1": false, "240.0.0.1": false,
		"255.255.255.255": false, "192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "198.18.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fd00::1": false, "ff02::1": false, "2001:db8::1": false,
		"3fff::1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true,
	} {
		if got := Public(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: got %v", s, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestHashed(t *testing.T) {
	a := addr.Address{Local: "Alice+News", Domain: "Example.com"}
	for _, tt := range []struct {
		hash, encoding string
		cut            int
		want           string
	}{
		{"md5", "hex", 0, "c160f8cc69a4f0bf2b0362752353d060"},
		{"sha1", "hex", 0, "fc2398a73dd54d6237c4fdb58fd7d75347cf5af3"},
		{"sha1", "hex", 8, "fc2398a7"},
		{"sha256", "base32", 20, "76gzqgp4byjl6djerexe"},
		{"sha256", "base64", 8, "_42YGfwO"},
	} {
		got := hashed(normalAddress(a), tt.hash, tt.encoding, tt.cut)
		if got != tt.want {
			t.Errorf("%s in %s: got %q, want %q", tt.hash, tt.encoding, got, tt.want)
		}
	}
}
