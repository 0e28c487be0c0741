package spf

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
)

var _ Resolver = (*dns.Resolver)(nil)

// serve puts a zone on a real server. A name that is to time out fails as a
// whole, so it must have no records that are asked for.
func serve(t *testing.T, z zone) *dnstest.Server {
	srv := dnstest.New(t)
	for name, n := range z {
		for _, ip := range n.a {
			srv.Add(name, "A", ip.String())
		}
		for _, ip := range n.aaaa {
			srv.Add(name, "AAAA", ip.String())
		}
		srv.Add(name, "TXT", n.txt...)
		srv.Add(name, "PTR", n.ptr...)
		for _, mx := range n.mx {
			host := mx.Host
			if host == "" {
				host = "."
			}
			srv.Add(name, "MX", fmt.Sprintf("%d %s", mx.Preference, host))
		}
		if n.cname != "" {
			srv.Add(name, "CNAME", n.cname)
		}
		if n.timeout && len(n.txt) == 0 {
			srv.Fail(name, 2)
		}
	}
	return srv
}

// TestRFC7208SuiteOverDNS runs the suite with the real resolver and a server.
func TestRFC7208SuiteOverDNS(t *testing.T) {
	for _, s := range readSuite(t, "rfc7208-tests.yml") {
		c, err := New(DefaultOptions(), serve(t, s.zone(t)).Resolver(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(s.Tests)) {
			t.Run(s.Description+"/"+name, func(t *testing.T) {
				tt := s.Tests[name]
				want := tt.preferred()
				if name == "multispf1" {
					want = "fail" // servers and resolvers merge records that are the same
				}
				tt.compare(t, want, c.Check(t.Context(), tt.request(t)))
			})
		}
	}
}
