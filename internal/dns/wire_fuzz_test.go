package dns

import (
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// seeds makes responses to "example.com MX" and others, well and badly formed.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	name := dnsmessage.MustNewName("example.com.")
	h := func(typ dnsmessage.Type) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name, Type: typ, Class: dnsmessage.ClassINET, TTL: 60}
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 1, Response: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeMX, Class: dnsmessage.ClassINET}},
		Answers: []dnsmessage.Resource{
			{Header: h(dnsmessage.TypeCNAME), Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("a.example.com.")}},
			{Header: h(dnsmessage.TypeMX), Body: &dnsmessage.MXResource{Pref: 10, MX: name}},
			{Header: h(dnsmessage.TypeTXT), Body: &dnsmessage.TXTResource{TXT: []string{"a", "b"}}},
			{Header: h(dnsmessage.TypeA), Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 2}}},
		},
		Authorities: []dnsmessage.Resource{{Header: h(dnsmessage.TypeSOA), Body: &dnsmessage.SOAResource{NS: name, MBox: name, MinTTL: 5}}},
	}
	whole, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	list := [][]byte{whole, whole[:12], whole[:len(whole)-3], {}}
	for i := range whole {
		bent := append([]byte(nil), whole...)
		bent[i] ^= 0xff
		list = append(list, bent)
	}
	return list
}

// FuzzParseReply reads responses of any kind to some question. Whatever is
// read must make sense.
func FuzzParseReply(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, uint16(dnsmessage.TypeMX))
		f.Add(s, uint16(dnsmessage.TypeTXT))
	}
	f.Fuzz(func(t *testing.T, raw []byte, typ uint16) {
		q := question{"example.com", Type(typ)}
		r, err := parseReply(raw, 1, q)
		if err != nil {
			return
		}
		if len(r.records) > maxRecords || r.negative < 0 {
			t.Errorf("%+v", r)
		}
		for _, rec := range r.records {
			if rec.TTL < 0 || !printable(rec.Name) || !printable(rec.Host) {
				t.Errorf("%+v", rec)
			}
			if rec.String() == "" {
				t.Errorf("%+v has no text", rec)
			}
		}
		c := chain{name: q.name, ttl: time.Hour}
		for range maxAliases {
			done, err := c.follow(r, q.typ)
			if done || err != nil {
				return
			}
		}
	})
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// FuzzNormalName demands that a name is refused or can be asked for, and that
// its form does not change any more.
func FuzzNormalName(f *testing.F) {
	for _, s := range []string{"example.com", "Bücher.example.", "a..b", "_dmarc.example.com", "xn--.example", ".", "", "\xff", "ａ.example", "a。b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, reason := normalName(s)
		if reason != "" {
			return
		}
		if again, reason := normalName(n); again != n || reason != "" {
			t.Errorf("%q becomes %q becomes %q, %s", s, n, again, reason)
		}
		if _, err := packQuery(nil, 1, question{n, TypeA}, true, true); err != nil {
			t.Errorf("%q cannot be asked for: %v", n, err)
		}
	})
}

func TestHostText(t *testing.T) {
	for wire, want := range map[string]string{
		".": "", "Example.COM.": "example.com", "a b.example.": `a\032b.example`, "\x00\xff\\.example.": `\000\255\092.example`,
	} {
		if got := hostText(wire); got != want {
			t.Errorf("%q: got %q, want %q", wire, got, want)
		}
	}
}

func TestTTL(t *testing.T) {
	for seconds, want := range map[uint32]time.Duration{0: 0, 60: time.Minute, 1<<31 - 1: (1<<31 - 1) * time.Second, 1 << 31: 0, 1<<32 - 1: 0} {
		if got := ttl(seconds); got != want {
			t.Errorf("%d: got %s, want %s", seconds, got, want)
		}
	}
}
