package dmarc

import (
	"slices"
	"strings"
	"testing"

	"postern/internal/dkim"
	"postern/internal/message"
)

// TestAuthor reads headers in which more than one domain may be seen. None of
// those in doubt may pass, whoever signed.
func TestAuthor(t *testing.T) {
	for _, tc := range []struct {
		name, header string
		domains      []string
		doubt        string
	}{
		{"plain", "From: a@Example.COM", []string{"example.com"}, ""},
		{"name", "From: \"Bank <b@bank.example>\" <a@example.com>", []string{"example.com"}, ""},
		{"comment", "From: (b@bank.example) a@example.com (b@bank.example)", []string{"example.com"}, ""},
		{"two of one domain", "From: a@example.com, b@example.com", []string{"example.com"}, ""},
		{"other script", "From: a@exämple.com", []string{"xn--exmple-cua.com"}, ""},
		{"homograph", "From: a@bаnk.example", []string{"xn--bnk-6cd.example"}, ""},
		{"quoted local part", "From: \"x@bank.example\"@example.com", []string{"example.com"}, ""},
		{"none", "To: a@example.com", nil, "0 fields"},
		{"empty", "From:", nil, "no address"},
		{"name only", "From: \"Test 1.1.5\"", nil, "not an address"},
		{"two fields", "From: a@example.com\r\nFrom: b@bank.example", []string{"bank.example", "example.com"}, "2 fields"},
		{"two fields of one domain", "From: a@example.com\r\nfrom : a@example.com", []string{"example.com"}, "2 fields"},
		{"two domains", "From: a@example.com, b@bank.example", []string{"bank.example", "example.com"}, "2 domains"},
		{"group", "From: Friends: a@example.com;", []string{"example.com"}, "group"},
		{"empty group", "From: Friends:;", nil, "no address"},
		{"NUL", "From: a@bank.example\x00@example.com", []string{"example.com"}, "not an address"},
		{"two in brackets", "From: <a@bank.example> <a@example.com>", []string{"bank.example", "example.com"}, ""},
		{"literal", "From: a@[192.0.2.1]", nil, "not an address"},
		{"two at signs", "From: a@bank.example@example.com", nil, "not an address"},
		{"route", "From: <@bank.example:a@example.com>", []string{"example.com"}, "bank.example"},
		{"address as a name", "From: b@bank.example <a@example.com>", []string{"example.com"}, "bank.example"},
		{"own address as a name", "From: a@example.com <a@Example.com>", []string{"example.com"}, ""},
		{"comma in the name", "From: Doe, John <a@example.com>", nil, ""},
		{"escaped comma", `From: b@bank.example\,<a@example.com>`, []string{"example.com"}, "bank.example"},
		{"encoded address", "From: =?utf-8?B?YkBiYW5rLmV4YW1wbGU=?=,<a@example.com>", []string{"example.com"}, "looks like"},
		{"encoded address as a name", "From: =?utf-8?B?YkBiYW5rLmV4YW1wbGU=?= <a@example.com>", []string{"example.com"}, ""},
		{"after the brackets", "From: <a@example.com> b@bank.example", []string{"example.com"}, "bank.example"},
		{"colon", "From: <a@example.com>:b@bank.example", []string{"example.com"}, "bank.example"},
		{"open comment", "From: a@example.com(,b@bank.example", []string{"example.com"}, "bank.example"},
		{"open quote", "From: \"b@bank.example <a@example.com>", []string{"example.com"}, "bank.example"},
		{"bare CR", "X: y\rFrom: b@bank.example\r\nFrom: a@example.com", []string{"example.com"}, "2 lines"},
		{"CR before the end of the line", "X: y\r\r\nFrom: a@example.com\r\nY: y\r\rFrom: b@bank.example", []string{"example.com"}, "2 lines"},
		{"blank before the first", " From: b@bank.example\r\nFrom: a@example.com", []string{"example.com"}, "2 lines"},
		{"NUL in the name", "From\x00: b@bank.example\r\nFrom: a@example.com", []string{"example.com"}, "2 lines"},
		{"from in another field", "DKIM-Signature: h=to:\r\n\tfrom:date\r\nFrom: a@example.com", []string{"example.com"}, ""},
		{"from in the body", "From: a@example.com\r\n\r\nFrom: b@bank.example", []string{"example.com"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := AuthorOf(message.Parse([]byte(tc.header+"\r\n\r\nx\r\n"), message.DefaultLimits()))
			got := slices.Sorted(slices.Values(a.Domains))
			if tc.domains != nil && !slices.Equal(got, tc.domains) || !strings.Contains(a.Doubt, tc.doubt) || tc.doubt == "" && len(tc.domains) == 1 && a.Doubt != "" {
				t.Errorf("%q, in doubt: %q", got, a.Doubt)
			}
			if a.Doubt == "" {
				if len(a.Domains) != 1 {
					t.Errorf("%q without a doubt", a.Domains)
				}
				return
			}
			z, req := zone{}, Request{Author: a}
			for _, d := range []string{"example.com", "bank.example"} {
				z.add("_dmarc."+d, "v=DMARC1; p=reject")
				req.DKIM = append(req.DKIM, dkim.Result{Status: dkim.Pass, Domain: d})
			}
			r := newChecker(t, z, nil).Check(t.Context(), req)
			if r.Status == Pass || r.SPF.Aligned || r.DKIM.Aligned {
				t.Errorf("%s", describe(r))
			}
			if len(a.Domains) > 0 && r.Disposition != Reject {
				t.Errorf("not rejected: %s", describe(r))
			}
		})
	}
}

// TestBounded counts what hostile messages may ask of the DNS.
func TestBounded(t *testing.T) {
	c := counting{zone{"_dmarc.a.example": {"v=DMARC1; p=reject"}}, map[string]int{}}
	var req Request
	for i := range 2000 {
		label := strings.Repeat("x", i%60+1) + "y"
		req.Author.Domains = append(req.Author.Domains[:0], strings.Repeat("a.", 100)+"a.example")
		for _, d := range []string{"." + strings.Repeat("b.", 90) + "a.example", ".evil.example"} {
			req.DKIM = append(req.DKIM, dkim.Result{Status: dkim.Pass + dkim.Status(i%2)*(dkim.TempError-dkim.Pass), Domain: label + d})
		}
	}
	// A boundary below makes all of them somebody else's.
	c.add("_dmarc.a.a.a.a.a.a.example", "v=DMARC1; p=reject; psd=n")
	newChecker(t, c, nil).Check(t.Context(), req)
	total := 0
	for _, n := range c.asked {
		total += n
	}
	if limit := MaxQueries*(2*maxWalks+1) + 1; total > limit {
		t.Errorf("%d questions, want at most %d", total, limit)
	}
	c.asked = map[string]int{}
	newChecker(t, c, nil).Check(t.Context(), Request{Author: Author{Domains: []string{strings.Repeat("q.", 120) + "a.example"}}})
	if len(c.asked) > MaxQueries+1 {
		t.Errorf("%d questions for one walk: %v", len(c.asked), c.asked)
	}
}

func TestOptions(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	if _, err := New(Options{}, zone{}); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("no timeout: %v", err)
	}
}
