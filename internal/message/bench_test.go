package message

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
)

// parseTexts is what nearly every mail needs: the tree and the decoded texts.
func parseTexts(raw []byte) int {
	m := Parse(raw, DefaultLimits())
	n := 0
	for _, p := range m.Texts() {
		n += len(p.Text())
	}
	return n
}

func BenchmarkParse(b *testing.B) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		raw := readFile(b, file)
		b.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				parseTexts(raw)
			}
		})
	}
}

// BenchmarkCorpora reports the median time of one mail for plain and HTML
// mails of the corpora, to parse with texts decoded and with all examined.
func BenchmarkCorpora(b *testing.B) {
	for _, corpus := range []string{"spamassassin", "phishing-pot", "lists-modern", "untroubled-2015"} {
		files := corpusFiles(b, 1500, corpus)
		b.Run(corpus, func(b *testing.B) {
			var plain, html, all []time.Duration
			for b.Loop() {
				plain, html, all = nil, nil, nil
				for _, file := range files {
					raw, err := os.ReadFile(file)
					if err != nil {
						b.Fatal(err)
					}
					took := fastest(func() { parseTexts(raw) })
					if hasHTML(Parse(raw, DefaultLimits())) {
						html = append(html, took)
					} else {
						plain = append(plain, took)
					}
					all = append(all, fastest(func() { examineAll(raw) }))
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(plain), "plain-µs")
			b.ReportMetric(median(html), "html-µs")
			b.ReportMetric(median(all), "examined-µs")
		})
	}
}

func hasHTML(m *Message) bool {
	for _, p := range m.Texts() {
		if p.isHTML() {
			return true
		}
	}
	return false
}

// examineAll does all that checks may ask for.
func examineAll(raw []byte) int {
	m := Parse(raw, DefaultLimits())
	n := len(m.Links()) + len(m.Attachments()) + len(m.Defects())
	for _, p := range m.Texts() {
		n += len(p.Visible())
	}
	return n
}

// fastest gives the shortest of a few runs, which is the one undisturbed.
func fastest(f func()) time.Duration {
	best := time.Hour
	for range 5 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

func median(d []time.Duration) float64 {
	if len(d) == 0 {
		return 0
	}
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return float64(d[len(d)/2].Nanoseconds()) / 1000
}

// BenchmarkDecode measures the transfer decodings on 1 MB.
func BenchmarkDecode(b *testing.B) {
	line := strings.Repeat("QUJDRA09", 9) + "\r\n"
	base64 := []byte(strings.Repeat(line, 1<<20/len(line)))
	line = "Gr=C3=BC=C3=9Fe aus K=C3=B6ln, und noch ein paar Worte hinterher =\r\n"
	quoted := []byte(strings.Repeat(line, 1<<20/len(line)))
	for name, c := range map[string]struct {
		enc transfer
		src []byte
	}{"base64": {base64Encoding, base64}, "quoted": {quotedPrintable, quoted}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(c.src)))
			for b.Loop() {
				decodeTransfer(c.enc, c.src, len(c.src))
			}
		})
	}
}

// BenchmarkHTML measures the walk over a page of 100 kB.
func BenchmarkHTML(b *testing.B) {
	var s strings.Builder
	s.WriteString("<html><head><style>.x{display:none}</style></head><body><table>")
	for i := range 700 {
		fmt.Fprintf(&s, `<tr><td style="color:#333;font-size:12px">cell %d</td><td><a href="http://a%d.example.com/x?y=z">here</a> and more words</td></tr>`, i, i)
	}
	src := s.String()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		examineHTML(src, DefaultLimits())
	}
}
