package dns_test

import (
	"fmt"
	"testing"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
)

// BenchmarkCached asks for what is known.
func BenchmarkCached(b *testing.B) {
	r := dnstest.New(b, zone).Resolver(b)
	for _, name := range []string{"example.com", "gone.example.org"} {
		b.Run(name, func(b *testing.B) {
			_, _ = r.Query(b.Context(), name, dns.TypeA)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Query(b.Context(), name, dns.TypeA)
			}
		})
	}
}

// BenchmarkCachedParallel does so from many goroutines.
func BenchmarkCachedParallel(b *testing.B) {
	r := dnstest.New(b, zone).Resolver(b)
	_, _ = r.Query(b.Context(), "example.com", dns.TypeA)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			_, _ = r.Query(b.Context(), "example.com", dns.TypeA)
		}
	})
}

// BenchmarkExchange asks a server on loopback each time; the time includes
// the server's own.
func BenchmarkExchange(b *testing.B) {
	r := dnstest.New(b, zone).Resolver(b, func(o *dns.Options) { o.CacheEntries = 0 })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if _, err := r.Query(b.Context(), fmt.Sprintf("x%d.wild.example.com", i), dns.TypeA); err != nil {
			b.Fatal(err)
		}
	}
}
