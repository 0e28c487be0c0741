package spf

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/test/suites"
)

// scenario is one document of the suite: tests that share a zone.
type scenario struct {
	Description string
	Tests       map[string]suiteTest
	ZoneData    map[string][]any
}

// suiteTest is one test: a client and the results that are right.
type suiteTest struct {
	HELO, Host, MailFrom string
	Result               any
	Explanation          string
}

// readSuite reads the documents of a suite.
func readSuite(t *testing.T, name string) []scenario {
	f, err := os.Open(suites.Path(t, "suites", "spf-rfc7208", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []scenario
	for d := yaml.NewDecoder(f); ; {
		var s scenario
		err := d.Decode(&s)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		if s.Tests != nil {
			all = append(all, s)
		}
	}
}

// zone makes the zone of a scenario. Records of the old type SPF stand for
// TXT records where the name has none of these.
func (s scenario) zone(t *testing.T) zone {
	z := zone{}
	for name, records := range s.ZoneData {
		n := z.at(name)
		var old []string
		haveTXT := false
		for _, r := range records {
			if r == "TIMEOUT" {
				n.timeout = true
				continue
			}
			for kind, value := range r.(map[string]any) {
				switch {
				case kind == "SPF":
					old = append(old, text(value))
				case kind == "TXT":
					haveTXT = true
					if value != "NONE" {
						n.txt = append(n.txt, text(value))
					}
				default:
					addRecord(t, n, kind, value)
				}
			}
		}
		if !haveTXT {
			n.txt = old
		}
	}
	return z
}

// text joins the strings of a TXT record. The suite writes octets above 127
// as the characters of these numbers.
func text(value any) string {
	var b strings.Builder
	switch v := value.(type) {
	case string:
		for _, c := range v {
			b.WriteByte(byte(c))
		}
	case []any:
		for _, part := range v {
			b.WriteString(text(part))
		}
	}
	return b.String()
}

// addRecord adds a record of the suite to a node.
func addRecord(t *testing.T, n *node, kind string, value any) {
	switch kind {
	case "A":
		n.a = append(n.a, netip.MustParseAddr(value.(string)))
	case "AAAA":
		n.aaaa = append(n.aaaa, netip.MustParseAddr(value.(string)))
	case "MX":
		mx := value.([]any)
		n.mx = append(n.mx, dns.MX{Preference: uint16(mx[0].(int)), Host: mx[1].(string)})
	case "PTR":
		n.ptr = append(n.ptr, value.(string))
	case "CNAME":
		n.cname = value.(string)
	default:
		t.Fatalf("the suite has a record of type %s", kind)
	}
}

// request makes the request of a test.
func (s suiteTest) request(t *testing.T) Request {
	ip, err := netip.ParseAddr(s.Host)
	if err != nil {
		t.Fatal(err)
	}
	r := Request{IP: ip, HELO: s.HELO}
	if i := strings.LastIndexByte(s.MailFrom, '@'); i >= 0 {
		r.Sender = addr.Address{Local: s.MailFrom[:i], Domain: s.MailFrom[i+1:]}
	}
	return r
}

// preferred gives the result that the suite wants, the first where it takes
// several.
func (s suiteTest) preferred() any {
	if list, ok := s.Result.([]any); ok {
		return list[0]
	}
	return s.Result
}

// accepts tells whether a result is among those that are right.
func (s suiteTest) accepts(code Code) bool {
	if list, ok := s.Result.([]any); ok {
		return slices.Contains(list, any(code.String()))
	}
	return s.Result == code.String()
}

// runSuite runs a suite and gives the number of its tests. Every result must
// be the preferred one, but for the tests in settled: there RFC 7208 settled
// on another of those that the suite takes.
func runSuite(t *testing.T, file string, settled map[string]Code) (count int) {
	for _, s := range readSuite(t, file) {
		c, err := New(DefaultOptions(), s.zone(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(s.Tests)) {
			count++
			t.Run(s.Description+"/"+name, func(t *testing.T) {
				tt := s.Tests[name]
				want := tt.preferred()
				if code, ok := settled[name]; ok {
					want = code.String()
				}
				tt.compare(t, want, c.Check(t.Context(), tt.request(t)))
			})
		}
	}
	return count
}

// compare compares a result with the one wanted.
func (s suiteTest) compare(t *testing.T, want any, got Result) {
	if got.Code.String() != want || !s.accepts(got.Code) {
		t.Errorf("got %v, want %v of %v: %s", got.Code, want, s.Result, describe(got))
	}
	explanation := s.Explanation
	if explanation == "DEFAULT" {
		explanation = "" // the domain gives none
	}
	if s.Explanation != "" && got.Explanation != explanation {
		t.Errorf("got explanation %q, want %q", got.Explanation, explanation)
	}
}

func describe(r Result) string {
	return fmt.Sprintf("%s [%s] %d lookups, %d void", r.Path(), r.Reason, r.Lookups, r.VoidLookups)
}

func TestRFC7208Suite(t *testing.T) {
	if n := runSuite(t, "rfc7208-tests.yml", nil); n != 203 {
		t.Errorf("the suite has %d tests, want 203", n)
	}
}

func TestRFC4408Suite(t *testing.T) {
	settled := map[string]Code{
		// Records of type SPF are asked for no more (RFC 7208 section 3.1).
		"spfonly": None, "spfoverride": Fail, "txttimeout": TempError, "multitxt1": PermError, "multispf2": Pass,
		// Names that the DNS cannot hold: either is right (section 4.8).
		"invalid-domain-empty-label": Fail, "invalid-domain-long": Fail, "invalid-domain-long-via-macro": Fail,
		// No answer ends the evaluation (section 5).
		"exists-dnserr": TempError,
		// Too many mail exchangers are an error (section 4.6.4).
		"mx-limit": PermError,
	}
	if n := runSuite(t, "rfc4408-tests.yml", settled); n != 191 {
		t.Errorf("the suite has %d tests, want 191", n)
	}
}
