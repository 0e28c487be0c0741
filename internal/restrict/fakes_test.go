package restrict

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/table"
)

// testTables opens real tables; file names without a slash at the beginning
// are in a folder.
type testTables struct {
	*table.Set
	folder string
}

func newTables(t testing.TB, folder string) testTables {
	o := table.DefaultOptions()
	o.ReloadInterval = 0
	s := table.New(o, nil, table.Outside{})
	t.Cleanup(func() { s.Close() })
	return testTables{s, folder}
}

func (f testTables) Open(spec string) (table.Table, error) {
	if kind, name, _ := strings.Cut(spec, ":"); kind == "hash" && !filepath.IsAbs(name) {
		path, err := filepath.Abs(filepath.Join(f.folder, name))
		if err != nil {
			return nil, err
		}
		spec = "hash:" + path
	}
	return f.Set.Open(spec)
}

// newLists asks lists through a fake resolver.
func newLists(t testing.TB, zone *fakeDNS) *dnslist.Set {
	s, err := dnslist.New(dnslist.DefaultOptions(), nil, dnslist.Environment{Resolver: zone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fakeDNS answers from a zone of records by "name TYPE"; the data "fail"
// fails for now.
type fakeDNS struct{ records map[string][]string }

func newDNS() *fakeDNS { return &fakeDNS{records: map[string][]string{}} }

func (f *fakeDNS) add(name, kind, data string) {
	key := strings.ToLower(name) + " " + kind
	f.records[key] = append(f.records[key], data)
}

func (f *fakeDNS) find(name string, t dns.Type) ([]string, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	data := f.records[name+" "+t.String()]
	for parent := name; data == nil; {
		_, rest, ok := strings.Cut(parent, ".")
		if !ok {
			break
		}
		parent, data = rest, f.records["*."+rest+" "+t.String()]
	}
	if len(data) == 0 {
		return nil, &dns.Error{Name: name, Type: t, Kind: dns.ErrNotFound}
	}
	if data[0] == "fail" {
		return nil, &dns.Error{Name: name, Type: t, Kind: dns.ErrTemporary}
	}
	return data, nil
}

func (f *fakeDNS) Query(_ context.Context, name string, t dns.Type) (dns.Answer, error) {
	data, err := f.find(name, t)
	a := dns.Answer{Name: name, Type: t}
	for _, d := range data {
		r := dns.Record{Name: name, Type: t, Text: d}
		if t == dns.TypeA || t == dns.TypeAAAA {
			if r.Addr, err = netip.ParseAddr(d); err != nil {
				return a, err
			}
		}
		a.Records = append(a.Records, r)
	}
	return a, err
}

func (f *fakeDNS) addresses(name string, t dns.Type) (all []netip.Addr, err error) {
	data, err := f.find(name, t)
	for _, d := range data {
		all = append(all, netip.MustParseAddr(d))
	}
	return all, err
}

func (f *fakeDNS) A(_ context.Context, name string) ([]netip.Addr, error) {
	return f.addresses(name, dns.TypeA)
}

func (f *fakeDNS) AAAA(_ context.Context, name string) ([]netip.Addr, error) {
	return f.addresses(name, dns.TypeAAAA)
}

func (f *fakeDNS) MX(_ context.Context, name string) (all []dns.MX, err error) {
	data, err := f.find(name, dns.TypeMX)
	for _, d := range data {
		var mx dns.MX
		if _, err := fmt.Sscanf(d, "%d %s", &mx.Preference, &mx.Host); err != nil {
			return nil, err
		}
		mx.Host = strings.TrimSuffix(mx.Host, ".")
		all = append(all, mx)
	}
	return all, err
}

func (f *fakeDNS) NS(_ context.Context, name string) ([]string, error) {
	return f.find(name, dns.TypeNS)
}

func (f *fakeDNS) PTR(_ context.Context, ip netip.Addr) ([]string, error) {
	return f.find(ip.String(), dns.TypePTR)
}
