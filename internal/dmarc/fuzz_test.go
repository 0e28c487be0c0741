package dmarc

import (
	"strings"
	"testing"

	"postern/internal/dkim"
	"postern/internal/message"
)

// FuzzRecord reads anything as a record.
func FuzzRecord(f *testing.F) {
	for _, s := range []string{
		"v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; psd=y; t=y; fo=0:1:d:s",
		"v=DMARC1;p=none;rua=mailto:a@example.com!10m,mailto:b%20@example.com ! 2 G,https://example.com/", "v=DMARC1", "V = DMARC1 ;",
		"v=DMARC1; p=x; rua=mailto:@", "v=DMARC1; p=none; p=none", "v=DMARC1;=;;x=;=y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRecord(text)
		if (r == nil) != !IsRecord(text) || r == nil && err == nil {
			t.Fatalf("%q: %v, %v", text, r, err)
		}
		if r != nil && (len(r.Aggregate) > maxURIs || len(r.Reports) > maxURIs) {
			t.Fatalf("%d and %d addresses", len(r.Aggregate), len(r.Reports))
		}
	})
}

// FuzzCheck evaluates anything as a header with any record, and demands that
// nothing passes for which nobody stands.
func FuzzCheck(f *testing.F) {
	f.Add("From: a@example.com", "v=DMARC1; p=reject", "example.com")
	f.Add("From: a@b.example.com", "v=DMARC1; p=reject; psd=y; adkim=s", "example.com")
	f.Add("From: a: b@example.com;\r\nFrom: c@example.net", "v=DMARC1; p=none; np=reject", "a.example.com")
	f.Fuzz(func(t *testing.T, header, record, signer string) {
		a := AuthorOf(message.Parse([]byte(header+"\r\n\r\nx\r\n"), message.DefaultLimits()))
		if len(a.Domains) > maxAuthors {
			t.Fatalf("%d authors", len(a.Domains))
		}
		z := zone{"_dmarc.example.com": {record}, "_dmarc.com": {record}}
		for _, d := range a.Domains {
			z["_dmarc."+d] = []string{record}
		}
		r := newChecker(t, z, nil).Check(t.Context(), Request{Author: a, DKIM: []dkim.Result{{Status: dkim.Pass, Domain: signer}}})
		if r.Status == Pass && (a.Doubt != "" || len(a.Domains) != 1 || !strings.HasSuffix(r.DKIM.Domain, r.Organisation)) {
			t.Fatalf("%+v: %s", a, describe(r))
		}
		if r.Disposition != PolicyNone && r.Status != Fail {
			t.Fatalf("%s", describe(r))
		}
	})
}
