package restrict

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"

	"postern/internal/dns"
	"postern/internal/table"
)

// fakeTables opens tables of "hash:" and "texthash:" files, "inline:{k=v}",
// "static:v" and "fail:x".
type fakeTables struct{ folder string }

func (f fakeTables) Open(spec string) (table.Table, error) {
	kind, rest, _ := strings.Cut(spec, ":")
	t := &fakeTable{name: spec, partial: true, values: map[string]string{}}
	switch kind {
	case "fail":
		t.err = errors.New("made to fail")
	case "static":
		t.static, t.partial = rest, false
	case "inline":
		text, _ := inner(rest)
		tokens, err := tokenize(spec, []string{text})
		if err != nil {
			return nil, err
		}
		for _, w := range tokens {
			pair, _ := inner(w.text)
			k, v, _ := strings.Cut(pair, "=")
			t.values[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
		}
	case "contains":
		t.static, t.partial, t.contains = "IGNORE", false, rest
	case "hash", "texthash":
		if err := t.read(f.folder + "/" + strings.TrimPrefix(rest, "./")); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("unknown kind of table in %q", spec)
	}
	return t, nil
}

type fakeTable struct {
	name, static, contains string
	partial                bool
	values                 map[string]string
	err                    error
	lookups                atomic.Int64
}

// read reads a file of keys and values.
func (t *fakeTable) read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	logical := ""
	add := func() {
		if key, value, ok := strings.Cut(strings.ReplaceAll(logical, "\t", " "), " "); ok {
			if _, twice := t.values[key]; !twice {
				t.values[strings.ToLower(key)] = strings.TrimSpace(value)
			}
		}
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			logical += line
			continue
		}
		add()
		logical = line
	}
	add()
	return nil
}

func (t *fakeTable) Lookup(_ context.Context, key string) (string, bool, error) {
	t.lookups.Add(1)
	if t.err != nil {
		return "", false, t.err
	}
	if t.static != "" {
		return t.static, strings.Contains(key, t.contains), nil
	}
	v, ok := t.values[key]
	return v, ok, nil
}

func (t *fakeTable) Partial() bool { return t.partial }
func (t *fakeTable) Name() string  { return t.name }

// fakeDNS answers from a zone written as "name TYPE data" lines; the data
// "fail" fails for now.
type fakeDNS struct{ records map[string][]string }

func newDNS(zone string) *fakeDNS {
	f := &fakeDNS{records: map[string][]string{}}
	for line := range strings.Lines(zone) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(fields) == 3 {
			key := strings.ToLower(fields[0]) + " " + fields[1]
			f.records[key] = append(f.records[key], fields[2])
		}
	}
	return f
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

func (f *fakeDNS) addresses(name string, t dns.Type) ([]netip.Addr, error) {
	data, err := f.find(name, t)
	var all []netip.Addr
	for _, d := range data {
		if err == nil {
			all = append(all, netip.MustParseAddr(d))
		}
	}
	return all, err
}

func (f *fakeDNS) A(_ context.Context, name string) ([]netip.Addr, error) {
	return f.addresses(name, dns.TypeA)
}

func (f *fakeDNS) AAAA(_ context.Context, name string) ([]netip.Addr, error) {
	return f.addresses(name, dns.TypeAAAA)
}

func (f *fakeDNS) MX(_ context.Context, name string) ([]dns.MX, error) {
	data, err := f.find(name, dns.TypeMX)
	var all []dns.MX
	for _, d := range data {
		if err == nil {
			var mx dns.MX
			if _, err := fmt.Sscanf(d, "%d %s", &mx.Preference, &mx.Host); err != nil {
				return nil, err
			}
			mx.Host = strings.TrimSuffix(mx.Host, ".")
			all = append(all, mx)
		}
	}
	return all, err
}

func (f *fakeDNS) NS(_ context.Context, name string) ([]string, error) {
	return f.find(name, dns.TypeNS)
}

func (f *fakeDNS) TXT(_ context.Context, name string) ([]string, error) {
	return f.find(name, dns.TypeTXT)
}

func (f *fakeDNS) PTR(_ context.Context, ip netip.Addr) ([]string, error) {
	return f.find(ip.String(), dns.TypePTR)
}
