package dns

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/unit"
)

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	for key, change := range map[string]func(*Options){
		"servers[1]":    func(o *Options) { o.Servers = []string{"127.0.0.1", "localhost"} },
		"servers":       func(o *Options) { o.Servers = slices.Repeat([]string{"127.0.0.1"}, 17) },
		"timeout":       func(o *Options) { o.Timeout = 0 },
		"attempts":      func(o *Options) { o.Attempts = 0 },
		"deadline":      func(o *Options) { o.Deadline = o.Timeout - 1 },
		"cache_size":    func(o *Options) { o.CacheSize = 1 },
		"cache_entries": func(o *Options) { o.CacheEntries = -1 },
		"max_ttl":       func(o *Options) { o.MaxTTL = -1 },
		"negative_ttl":  func(o *Options) { o.NegativeTTL = unit.Duration(30 * 24 * time.Hour) },
		"failure_ttl":   func(o *Options) { o.FailureTTL = -1 },
		"budget":        func(o *Options) { o.Budget = -1 },
		"in_flight":     func(o *Options) { o.InFlight = 0 },
	} {
		o := DefaultOptions()
		change(&o)
		var k *unit.KeyError
		if err := o.Validate(); !errors.As(err, &k) || k.Key != key {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := New(o, Environment{}); err == nil {
			t.Errorf("%s: made a resolver", key)
		}
	}
}

func TestParseServer(t *testing.T) {
	for s, want := range map[string]string{
		"127.0.0.1": "127.0.0.1:53", "127.0.0.1:5353": "127.0.0.1:5353", "::1": "[::1]:53", "[::1]": "[::1]:53",
		"[::1]:5353": "[::1]:5353", "fe80::1%eth0": "[fe80::1%eth0]:53",
		"": "", "localhost": "", "127.0.0.1:0": "", "127.0.0.1:99999": "", "[": "", "127.0.0": "",
	} {
		ap, err := parseServer(s)
		if (err != nil) != (want == "") || err == nil && ap.String() != want {
			t.Errorf("%q: got %v, %v, want %q", s, ap, err, want)
		}
	}
}

// TestResolvConf reads the system's list, and again when it changes.
func TestResolvConf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	now := epoch
	load := func() *servers {
		s, err := newServers(nil, file, slog.New(slog.DiscardHandler), func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	list := func(s *servers) string {
		var names []string
		for _, srv := range s.order() {
			names = append(names, srv.name)
		}
		return strings.Join(names, " ")
	}
	if got := list(load()); got != "127.0.0.1:53" {
		t.Errorf("without a file: %s", got)
	}
	write := func(text string, age time.Duration) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, epoch, epoch.Add(age)); err != nil {
			t.Fatal(err)
		}
	}
	write("# comment\nsearch example.com\nnameserver 192.0.2.53\nnameserver bad\nnameserver ::1 # ours\noptions ndots:2\n", 0)
	s := load()
	if got := list(s); got != "192.0.2.53:53 [::1]:53" {
		t.Errorf("got %s", got)
	}
	kept := s.all()[1]
	write("nameserver ::1\nnameserver 192.0.2.54\n", time.Second)
	if got := list(s); got != "192.0.2.53:53 [::1]:53" {
		t.Errorf("read again too soon: %s", got)
	}
	now = now.Add(rereadAfter)
	if got := list(s); got != "[::1]:53 192.0.2.54:53" || s.all()[0] != kept {
		t.Errorf("read again: %s", got)
	}
	for i, text := range []string{"", "nameserver nonsense\n"} {
		write(text, time.Duration(i+2)*time.Second)
		now = now.Add(rereadAfter)
		if got := list(s); got != "[::1]:53 192.0.2.54:53" {
			t.Errorf("a file of no use: %s", got)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	now = now.Add(rereadAfter)
	if got := list(s); got != "[::1]:53 192.0.2.54:53" {
		t.Errorf("without the file: %s", got)
	}
}

func TestReverseName(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.1":        "1.2.0.192.in-addr.arpa",
		"::ffff:192.0.2.1": "1.2.0.192.in-addr.arpa",
		"2001:db8::1":      "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		if got := ReverseName(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: got %s", ip, got)
		}
	}
	if ReverseName(netip.Addr{}) != "" {
		t.Error("no address has a reverse name")
	}
}
