package dmarc

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/internal/dkim"
	"postern/internal/message"
	"postern/internal/spf"
	"postern/test/suites"
)

// readJSON reads a file of the suites.
func readJSON(t *testing.T, into any, elem ...string) {
	t.Helper()
	data, err := os.ReadFile(suites.Path(t, append([]string{"suites", "dmarc"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("reading %v: %v", elem, err)
	}
}

// proof is SPF or DKIM of a domain.
type proof struct{ Domain, Scope, Result string }

// perlSuite is the suite of Mail::DMARC.
type perlSuite struct {
	Validate []struct {
		Name       string
		HeaderFrom string `json:"header_from"`
		DKIM, SPF  []proof
		Zone       map[string]any
		NXDomain   []string
		Expect     struct {
			Result, Disposition, SPF, DKIM string
			PublishedP                     string `json:"published_p"`
			SPFAligned                     *bool  `json:"spf_aligned"`
			DKIMAligned                    *bool  `json:"dkim_aligned"`
			SPFAlign                       string `json:"spf_align"`
			DKIMAlign                      string `json:"dkim_align"`
		}
	}
	TreeWalk []struct {
		Domain string
		Org    *string
		Record bool
	} `json:"tree_walk"`
	ExternalReport []struct {
		PolicyDomain string `json:"policy_domain"`
		Dest         string
		OK           bool
		OverrideRUA  string `json:"override_rua"`
	} `json:"external_report"`
	FromDomain []struct{ From, Domain string } `json:"from_domain"`
}

// perlExceptions are the cases of Mail::DMARC that come out otherwise here,
// and why.
var perlExceptions = map[string]string{
	"invalid sp without rua":                             "RFC 8601 section 2.7 has permerror for a record that cannot be used; the suite has none. No policy is applied either way",
	"local whitelist of source IP overrides disposition": "overrides are the business of the checks that stand on this room",
}

// perlZone reads the suite's zone file.
func perlZone(t *testing.T) zone {
	data, err := os.ReadFile(suites.Path(t, "suites", "dmarc", "mail-dmarc", "zone.txt"))
	if err != nil {
		t.Fatal(err)
	}
	z := zone{}
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] == ";" {
			continue
		}
		name := strings.TrimSuffix(f[0], ".")
		if f[2] == "TXT" {
			_, text, _ := strings.Cut(line, `"`)
			z.add(name, strings.TrimSuffix(strings.TrimSpace(text), `"`))
		} else {
			z.add(name)
		}
	}
	return z
}

// jsonZone reads a zone of "NAME TYPE" to data.
func jsonZone(records map[string]any) zone {
	z := zone{}
	for key, data := range records {
		name, kind, _ := strings.Cut(key, " ")
		if text, ok := data.(string); ok && kind == "TXT" {
			z.add(name, text)
		} else {
			z.add(name)
		}
	}
	return z
}

// proofs makes the proofs of a request.
func proofs(spfs, dkims []proof) (req Request) {
	spfCodes := map[string]spf.Code{"pass": spf.Pass, "fail": spf.Fail}
	dkimCodes := map[string]dkim.Status{"pass": dkim.Pass, "fail": dkim.Fail}
	for _, p := range spfs {
		r := spf.Result{Domain: p.Domain, Code: spfCodes[p.Result]}
		if p.Scope == "helo" {
			r.Identity = spf.HELO
		}
		req.SPF = append(req.SPF, r)
	}
	for _, p := range dkims {
		req.DKIM = append(req.DKIM, dkim.Result{Domain: p.Domain, Status: dkimCodes[p.Result]})
	}
	return req
}

func word(b bool) string {
	if b {
		return "pass"
	}
	return "fail"
}

// closeness gives Mail::DMARC's word for an alignment.
func closeness(a Alignment) string {
	if a.Same {
		return "strict"
	}
	return "relaxed"
}

func TestPerlSuite(t *testing.T) {
	var s perlSuite
	readJSON(t, &s, "mail-dmarc", "cases.json")
	for _, tc := range s.Validate {
		t.Run(tc.Name, func(t *testing.T) {
			z := perlZone(t)
			if tc.Zone != nil {
				z = jsonZone(tc.Zone)
			}
			req := proofs(tc.SPF, tc.DKIM)
			req.Author.Domains = []string{tc.HeaderFrom}
			r := newChecker(t, z, nil).Check(t.Context(), req)
			var wrong []string
			differ := func(what, want, got string) {
				if want != "" && want != got {
					wrong = append(wrong, what+" "+got+", want "+want)
				}
			}
			e := tc.Expect
			differ("result", e.Result, r.Status.String())
			differ("disposition", e.Disposition, r.Disposition.String())
			differ("published", e.PublishedP, r.Published.String())
			differ("spf", e.SPF, word(r.SPF.Aligned))
			differ("dkim", e.DKIM, word(r.DKIM.Aligned))
			differ("spf_align", e.SPFAlign, closeness(r.SPF))
			differ("dkim_align", e.DKIMAlign, closeness(r.DKIM))
			if e.SPFAligned != nil {
				differ("spf_aligned", word(*e.SPFAligned), word(r.SPF.Aligned))
			}
			if e.DKIMAligned != nil {
				differ("dkim_aligned", word(*e.DKIMAligned), word(r.DKIM.Aligned))
			}
			why := perlExceptions[tc.Name]
			if (why == "") != (wrong == nil) {
				t.Errorf("%v\nexception: %q\n%s", wrong, why, describe(r))
			}
		})
	}
}

func TestPerlTreeWalk(t *testing.T) {
	var s perlSuite
	readJSON(t, &s, "mail-dmarc", "cases.json")
	for _, tc := range s.TreeWalk {
		c := newChecker(t, perlZone(t), nil)
		r := c.Check(t.Context(), Request{Author: Author{Domains: []string{tc.Domain}}})
		if (r.Record != nil) != tc.Record || tc.Org != nil && r.Organisation != *tc.Org {
			t.Errorf("%s: organisation %s, record of %q", tc.Domain, r.Organisation, r.RecordDomain)
		}
	}
}

func TestPerlFrom(t *testing.T) {
	var s perlSuite
	readJSON(t, &s, "mail-dmarc", "cases.json")
	for _, tc := range s.FromDomain {
		field := tc.From
		if !strings.HasPrefix(field, "From:") {
			field = "From: " + field
		}
		a := AuthorOf(message.Parse([]byte(field+"\r\n\r\nx\r\n"), message.DefaultLimits()))
		got := ""
		if a.Doubt == "" {
			got = strings.Join(a.Domains, ",")
		}
		if got != tc.Domain {
			t.Errorf("%s: %+v, want %s", tc.From, a, tc.Domain)
		}
	}
}

func TestPerlExternalReport(t *testing.T) {
	var s perlSuite
	readJSON(t, &s, "mail-dmarc", "cases.json")
	for _, tc := range s.ExternalReport {
		c := newChecker(t, perlZone(t), nil)
		u, err := parseURI("mailto:d@" + tc.Dest)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Recipients(t.Context(), tc.PolicyDomain, []URI{u})
		if err != nil {
			t.Error(err)
		}
		want := u.Text
		if tc.OverrideRUA != "" {
			want = tc.OverrideRUA
		}
		if (len(got) == 1) != tc.OK || tc.OK && got[0].Text != want {
			t.Errorf("%s to %s: %v, want %s", tc.PolicyDomain, tc.Dest, got, want)
		}
	}
}

// rustSuite is the suite of mail-auth.
type rustSuite struct {
	Alignment []struct {
		Record, From, MailFrom, D, DKIM, SPF string
		Expect                               struct{ DKIM, SPF, Policy string }
	}
	Discovery []struct {
		Zone         map[string]any
		From, Policy string
	} `json:"policy_discovery"`
	PSD []struct {
		Zone      map[string]any
		From      string
		SPFDomain string `json:"spf_domain"`
		SPF       string
		Aligned   bool `json:"expect_spf_aligned"`
	}
	Report struct {
		Zone          map[string]any
		Domain        string
		URIs, Allowed []string
	} `json:"report_address"`
	Parse []struct {
		Record, ADKIM, ASPF, FO, P, SP, NP, PSD string
		RUA, RUF                                [][2]any
		T                                       bool
	}
}

func domainOf(t *testing.T, address string) []string {
	_, domain, ok := strings.Cut(address, "@")
	if !ok {
		t.Fatalf("%q is not an address", address)
	}
	return []string{domain}
}

func TestRustEvaluation(t *testing.T) {
	var s rustSuite
	readJSON(t, &s, "stalwart", "cases.json")
	for i, tc := range s.Alignment {
		author := domainOf(t, tc.From)
		z := zone{"_dmarc." + author[0]: {tc.Record}}
		req := proofs([]proof{{Domain: tc.MailFrom, Result: tc.SPF}}, []proof{{Domain: tc.D, Result: tc.DKIM}})
		req.Author.Domains = author
		r := newChecker(t, z, nil).Check(t.Context(), req)
		// The suite has "none" where there was nothing to align.
		if r.DKIM.Aligned != (tc.Expect.DKIM == "pass") || r.SPF.Aligned != (tc.Expect.SPF == "pass") || r.Applied.String() != tc.Expect.Policy {
			t.Errorf("alignment %d: %s", i, describe(r))
		}
	}
	for i, tc := range s.Discovery {
		r := newChecker(t, jsonZone(tc.Zone), nil).Check(t.Context(), Request{Author: Author{Domains: domainOf(t, tc.From)}})
		if (r.Record != nil) != (tc.Policy != "") || tc.Policy != "" && r.Published.String() != tc.Policy {
			t.Errorf("discovery %d: %s", i, describe(r))
		}
	}
	for i, tc := range s.PSD {
		req := proofs([]proof{{Domain: tc.SPFDomain, Result: tc.SPF}}, nil)
		req.Author.Domains = domainOf(t, tc.From)
		r := newChecker(t, jsonZone(tc.Zone), nil).Check(t.Context(), req)
		if r.SPF.Aligned != tc.Aligned {
			t.Errorf("psd %d: %s", i, describe(r))
		}
	}
}

func TestRustReportAddress(t *testing.T) {
	var s rustSuite
	readJSON(t, &s, "stalwart", "cases.json")
	var uris []URI
	for _, a := range s.Report.URIs {
		local, domain, _ := strings.Cut(a, "@")
		uris = append(uris, URI{Text: "mailto:" + a, Address: addr.Address{Local: local, Domain: domain}})
	}
	got, err := newChecker(t, jsonZone(s.Report.Zone), nil).Recipients(t.Context(), s.Report.Domain, uris)
	var boxes []string
	for _, u := range got {
		boxes = append(boxes, u.Address.String())
	}
	if err != nil || !slices.Equal(boxes, s.Report.Allowed) {
		t.Errorf("%v, %v; want %v", boxes, err, s.Report.Allowed)
	}
}

func TestRustRecords(t *testing.T) {
	var s rustSuite
	readJSON(t, &s, "stalwart", "cases.json")
	for _, tc := range s.Parse {
		r, err := ParseRecord(tc.Record)
		if err != nil {
			t.Errorf("%s: %v", tc.Record, err)
			continue
		}
		got := []string{r.DKIM.String()[:1], r.SPF.String()[:1], r.Policy.String(), r.Sub.String(), r.Missing.String(), r.PSD.String()}
		want := []string{tc.ADKIM, tc.ASPF, tc.P, tc.SP, tc.NP, tc.PSD}
		if !slices.Equal(got, want) || r.Testing != tc.T || sorted(r.Failure) != sorted(tc.FO) {
			t.Errorf("%s: %+v", tc.Record, r)
		}
		sameURIs(t, tc.Record, r.Aggregate, tc.RUA)
		sameURIs(t, tc.Record, r.Reports, tc.RUF)
	}
}

// sorted gives the options of fo in order: the suite has them as a set.
func sorted(fo string) string {
	list := strings.Split(fo, ":")
	slices.Sort(list)
	return strings.Join(list, ":")
}

func sameURIs(t *testing.T, record string, got []URI, want [][2]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %v, want %v", record, got, want)
		return
	}
	for i, u := range got {
		box := u.Address.Local + "@" + u.Address.Domain
		if box != want[i][0] || float64(u.MaxSize) != want[i][1] {
			t.Errorf("%s: %s, %d, want %v", record, box, u.MaxSize, want[i])
		}
	}
}
