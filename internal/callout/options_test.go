package callout

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/unit"
)

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Fatal(err)
	}
	if DefaultOptions().Enabled {
		t.Error("verification is on without anybody having asked for it")
	}
	for _, test := range []struct {
		change func(*Options)
		key    string
	}{
		{func(o *Options) { o.Sender = "postmaster" }, "sender"},
		{func(o *Options) { o.Sender = "a@[192.0.2.1]" }, "sender"},
		{func(o *Options) { o.Sender = "a b" }, "sender"},
		{func(o *Options) { o.SenderTTL = unit.Duration(time.Second) }, "sender_ttl"},
		{func(o *Options) { o.HELO = "not a name" }, "helo"},
		{func(o *Options) { o.OurAddresses = []string{"::1", "192.0.2.1/24"} }, "our_addresses[1]"},
		{func(o *Options) { o.Port = 0 }, "port"},
		{func(o *Options) { o.Port = 65536 }, "port"},
		{func(o *Options) { o.ConnectTimeout = 0 }, "connect_timeout"},
		{func(o *Options) { o.ProbeTimeout = unit.Duration(time.Hour) }, "probe_timeout"},
		{func(o *Options) { o.PositiveRefresh = unit.Duration(1000 * time.Hour) }, "positive_refresh"},
		{func(o *Options) { o.NegativeRefresh = unit.Duration(1000 * time.Hour) }, "negative_refresh"},
		{func(o *Options) { o.PerMinute = 0 }, "per_minute"},
		{func(o *Options) { o.Concurrent = 1 << 20 }, "concurrent"},
		{func(o *Options) { o.NextHops = []string{"example.org smtp:a", "nonsense"} }, "next_hops[1]"},
	} {
		o := DefaultOptions()
		test.change(&o)
		var wrong *unit.KeyError
		if err := o.Validate(); !errors.As(err, &wrong) || wrong.Key != test.key {
			t.Errorf("%s: %v", test.key, err)
		}
		if _, err := New(o, Environment{Resolver: newWorld(t)}); err == nil {
			t.Errorf("%s: New takes it", test.key)
		}
	}
	if _, err := New(DefaultOptions(), Environment{}); err == nil {
		t.Error("New does without a resolver")
	}
}

func TestNextHops(t *testing.T) {
	for entry, want := range map[string]string{
		"example.org smtp:mail.example.org":        "tcp mail.example.org:25",
		"example.org smtp:mail.example.org:2525":   "tcp mail.example.org:2525",
		"example.org smtp:[mail.example.org]:2525": "tcp mail.example.org:2525",
		"example.org smtp:[192.0.2.1]":             "tcp 192.0.2.1:25",
		"example.org smtp:inet:192.0.2.1:26":       "tcp 192.0.2.1:26",
		"example.org smtp:[IPv6:2001:db8::1]:26":   "tcp [2001:db8::1]:26",
		"example.org smtp:[2001:db8::1]":           "tcp [2001:db8::1]:25",
		"example.org lmtp:mail.example.org":        "tcp mail.example.org:24 lmtp",
		"example.org lmtp:unix:/run/lmtp":          "unix /run/lmtp lmtp",
		"example.org unix:/run/lmtp":               "unix /run/lmtp lmtp",
		"example.org smtp:unix:/run/smtp":          "unix /run/smtp",
		"example.org 192.0.2.1":                    "tcp 192.0.2.1:25",
		"example.org":                              "!is not DOMAIN SERVER",
		"example.org a b":                          "!is not DOMAIN SERVER",
		"exa_mple!.org smtp:a":                     "!is neither a domain",
		"example.org unix:lmtp":                    "!must begin with /",
		"example.org smtp:2001:db8::1":             "!must stand in brackets",
		"example.org smtp:a:0":                     "!port must be a number",
		"example.org smtp:a:smtp":                  "!port must be a number",
		"example.org smtp:":                        "!neither a host name",
		"example.org smtp:a b":                     "!is not DOMAIN SERVER",
		"example.org ftp:a":                        "!port must be a number",
	} {
		n, err := parseNextHops([]string{entry})
		if text, fails := strings.CutPrefix(want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q", entry, err, text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", entry, err)
			continue
		}
		p := n.exact["example.org"]
		got := p.network + " " + p.address
		if p.lmtp {
			got += " lmtp"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", entry, got, want)
		}
	}
	for _, twice := range [][]string{{"* smtp:a", "* smtp:b"}, {"a.example smtp:a", "A.example smtp:b"}, {".a.example smtp:a", ".a.example smtp:a"}} {
		if _, err := parseNextHops(twice); err == nil || !strings.Contains(err.Error(), "two servers") {
			t.Errorf("%q: %v", twice, err)
		}
	}
}

func TestIsPublic(t *testing.T) {
	for ip, want := range map[string]bool{
		"192.0.2.1": true, "8.8.8.8": true, "2001:db8::1": true, "2606:4700::1": true, "64:ff9b::8.8.8.8": true, "::ffff:8.8.8.8": true,
		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "127.8.8.8": false, "10.1.2.3": false, "172.16.0.1": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "198.18.0.1": false, "224.0.0.1": false,
		"240.0.0.1": false, "255.255.255.255": false, "192.0.0.1": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00::1": false, "ff02::1": false,
		"2002:7f00:1::": false, "2001::1": false, "64:ff9b::10.0.0.1": false, "64:ff9b::127.0.0.1": false, "64:ff9b:1::1": false, "::ffff:127.0.0.1": false,
	} {
		if got := isPublic(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: public %v", ip, got)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestOwnNetworks(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	v := w.verifier(func(o *Options, _ *Environment) { o.OurAddresses = []string{"192.0.2.0/24"} })
	if got := v.Verify(t.Context(), sender(t, "user@example.org")); got.Status != Skipped {
		t.Errorf("%v %q", got.Status, got.Why())
	}
	if interfaceAddresses() == nil {
		t.Log("this host has no address but loopback")
	}
}
