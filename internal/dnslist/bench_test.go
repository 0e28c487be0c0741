package dnslist_test

import (
	"fmt"
	"net/netip"
	"testing"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
	"postern/internal/dnslist"
)

// benchLists makes 50 lists of addresses.
func benchLists(b *testing.B) *dnslist.Set {
	b.Helper()
	server := dnstest.New(b)
	all := map[string]dnslist.ListOptions{}
	for i := range 50 {
		name := fmt.Sprintf("list%d", i)
		all[name] = dnslist.ListOptions{Zone: name + ".example", Ask: []string{"client"}, Codes: mustCodes("127.0.0.2 FOUND 1")}
		server.Set("2.0.0.127."+name+".example", "A", "127.0.0.2")
	}
	set, err := dnslist.New(dnslist.DefaultOptions(), all, dnslist.Environment{Resolver: server.Resolver(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = set.Close() })
	set.Probe(b.Context())
	return set
}

// BenchmarkMailOf50Lists asks 50 lists about one client: a new one each time,
// so that 50 questions go over loopback to the test's own server, whose time
// counts too; and one that is known.
func BenchmarkMailOf50Lists(b *testing.B) {
	set := benchLists(b)
	ask := func(b *testing.B, ip netip.Addr) {
		if _, err := set.Check(dns.WithBudget(b.Context(), 300), dnslist.Client, dnslist.Address(ip)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		ip := netip.MustParseAddr("8.0.0.1")
		for b.Loop() {
			ip = ip.Next()
			ask(b, ip)
		}
	})
	b.Run("known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ask(b, netip.MustParseAddr("9.9.9.9"))
		}
	})
}
