package addr

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNetworks(t *testing.T) {
	n, err := ParseNetworks([]string{"10.0.0.0/8", "!10.1.0.0/16", "10.1.2.3", "[2001:db8::]/32", "::1", "::ffff:192.0.2.0/120"})
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]bool{
		"10.9.9.9": true, "10.1.1.1": false, "10.1.2.3": true, "11.0.0.1": false,
		"2001:db8::5": true, "2001:db9::5": false, "::1": true, "::ffff:10.9.9.9": true,
		"192.0.2.77": true, "192.0.3.1": false,
	} {
		if got := n.Contains(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: in the set %v, want %v", ip, got, want)
		}
	}
	if n.Contains(netip.Addr{}) || (Networks{}).Contains(netip.MustParseAddr("::1")) {
		t.Error("an invalid address, or any in the empty set, is contained")
	}
}

func TestNetworksErrors(t *testing.T) {
	for entry, reason := range map[string]string{
		"10.0.0.0/33": "want an address", "10.0.0.1/8": "want 10.0.0.0/8", "": "want an address",
		"!": "want an address", "mail.example.com": "want an address", "[::ffff:]/104": "want an address", "fe80::1%eth0": "want an address",
	} {
		_, err := ParseNetworks([]string{"127.0.0.1", entry})
		var bad *NetworkError
		if e, ok := err.(*NetworkError); ok {
			bad = e
		}
		if bad == nil || bad.Index != 1 || bad.Entry != entry || !strings.Contains(bad.Reason, reason) {
			t.Errorf("%q: got %v, want %q", entry, err, reason)
		}
	}
}
