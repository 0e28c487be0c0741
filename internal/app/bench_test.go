package app

import (
	"bytes"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/config"
	"postern/internal/message"
	"postern/internal/session"
)

// benchMails gives mails to measure with: those of $POSTERN_CORPORA's
// SpamAssassin corpus, or one ordinary mail.
func benchMails(b *testing.B) [][]byte {
	b.Helper()
	corpora := os.Getenv("POSTERN_CORPORA")
	if corpora == "" {
		return [][]byte{[]byte(strings.ReplaceAll(checktest.Clean, "\n", "\r\n"))}
	}
	root := filepath.Join(corpora, "spamassassin")
	index, err := os.ReadFile(filepath.Join(root, "index"))
	if err != nil {
		b.Fatal(err)
	}
	var mails [][]byte
	for line := range strings.Lines(string(index)) {
		_, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			b.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte("From ")) {
			_, data, _ = bytes.Cut(data, []byte("\n"))
		}
		mails = append(mails, bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
	}
	return mails
}

// BenchmarkVerdict takes mails from their bytes to the verdict, with all
// checks, and reports the median besides the mean.
func BenchmarkVerdict(b *testing.B) {
	mails := benchMails(b)
	e, err := NewEngine(config.Default(), nil)
	if err != nil {
		b.Fatal(err)
	}
	limits := message.DefaultLimits()
	times := make([]time.Duration, 0, 1<<16)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		s := checktest.Session()
		tx := e.Open(s)
		for _, stage := range []check.Stage{check.Connect, check.Helo, check.Mail} {
			tx.At(b.Context(), stage)
		}
		tx.Recipient(b.Context(), &session.Recipient{Address: addr.Address{Local: "bob", Domain: "example.net"}})
		tx.Message(b.Context(), message.Parse(mails[i%len(mails)], limits))
		times = append(times, time.Since(begin))
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	b.ReportMetric(float64(times[len(times)/2])/1e3, "median-us")
}
