package dmarc

import (
	"bytes"
	"strings"
	"testing"

	"postern/internal/dkim"
	"postern/internal/message"
	"postern/internal/spf"
)

// BenchmarkCheck evaluates an ordinary mail whose records are at hand.
func BenchmarkCheck(b *testing.B) {
	z := zone{"_dmarc.example.com": {"v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@example.com; fo=1"}}
	c := newChecker(b, z, nil)
	req := Request{
		Author: Author{Domains: []string{"news.example.com"}},
		SPF:    []spf.Result{{Code: spf.Pass, Domain: "bounce.example.net"}},
		DKIM:   []dkim.Result{{Status: dkim.Pass, Domain: "example.com"}, {Status: dkim.Pass, Domain: "example.net"}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := c.Check(b.Context(), req); r.Status != Pass {
			b.Fatal(describe(r))
		}
	}
}

// BenchmarkAuthorOf reads From in a header of the usual size.
func BenchmarkAuthorOf(b *testing.B) {
	raw := []byte(strings.Repeat("Received: from a.example by b.example; Mon, 2 Mar 2026 11:59:58 +0000\r\n", 30) +
		"From: Alice Example <alice@example.com>\r\n\r\n" + strings.Repeat("Text.\r\n", 2000))
	m := message.Parse(raw, message.DefaultLimits())
	b.ReportAllocs()
	for b.Loop() {
		if a := AuthorOf(m); a.Doubt != "" {
			b.Fatal(a.Doubt)
		}
	}
}

// BenchmarkReadReports reads a report of 10,000 records.
func BenchmarkReadReports(b *testing.B) {
	f := ours(b)
	for len(f.Rows) < 10_000 {
		f.Rows = append(f.Rows, f.Rows[0])
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadReports(out.Bytes(), DefaultReadLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
