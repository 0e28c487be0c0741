package table

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// keyText is the source text of a table of n keys, made as it is read.
type keyText struct {
	n, at int
	left  []byte
}

func (k *keyText) Read(b []byte) (int, error) {
	if len(k.left) == 0 {
		if k.at == k.n {
			return 0, io.EOF
		}
		k.left = k.left[:0]
		for range min(1000, k.n-k.at) {
			k.left = fmt.Appendf(k.left, "%s\t%s\n", benchKey(k.at), []string{"OK", "REJECT", "550 5.7.1 listed here"}[k.at%3])
			k.at++
		}
	}
	n := copy(b, k.left)
	k.left = k.left[n:]
	return n, nil
}

func benchKey(i int) string { return fmt.Sprintf("user%d@host%d.example.com", i, i%100_000) }

// BenchmarkTenMillionKeys reads a file of ten million keys and looks them up.
// The file is written to the temporary directory.
func BenchmarkTenMillionKeys(b *testing.B) {
	const n = 10_000_000
	path := filepath.Join(b.TempDir(), "access")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if _, err := io.Copy(w, &keyText{n: n}); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	var tab content
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			tab = nil
			runtime.GC()
			if tab, err = readFile("hash", path, DefaultOptions(), &notes{file: path}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(tab.entries()), "keys")
		b.ReportMetric(float64(tab.(*keyTable).store.bytes())/1e6, "MB-table")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/1e6, "MB-from-system")
	})
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = benchKey(rand.IntN(n))
	}
	b.Run("found", func(b *testing.B) { benchLookup(b, tab, keys, true) })
	for i := range keys {
		keys[i] = "no" + keys[i]
	}
	b.Run("missing", func(b *testing.B) { benchLookup(b, tab, keys, false) })
}

func benchLookup(b *testing.B, tab content, keys []string, want bool) {
	i := 0
	for b.Loop() {
		if _, ok, err := tab.lookup(b.Context(), keys[i&(len(keys)-1)]); ok != want || err != nil {
			b.Fatal(ok, err)
		}
		i++
	}
}

// patternText makes a table of n rules such as administrators have.
func patternText(n int) string {
	var b strings.Builder
	forms := []string{
		"/^host%d\\.example\\.com$/ REJECT\n", "/dialup-?%d[0-9]+\\./ 450 dialup\n", "/(^|\\.)spammer%d\\.example$/ REJECT $1\n",
		"/^[0-9]{1,3}-%d-.*\\.dsl\\./ REJECT\n", "/@bulk%d\\.(com|net)$/ REJECT bulk\n",
	}
	for i := range n {
		fmt.Fprintf(&b, forms[i%len(forms)], i)
	}
	return b.String()
}

// BenchmarkPatterns asks a table of a thousand rules for a name that none
// matches, which is the dearest case.
func BenchmarkPatterns(b *testing.B) {
	for _, kind := range []string{"regexp", "pcre"} {
		b.Run(kind, func(b *testing.B) {
			tab, err := readers[kind].read(strings.NewReader(patternText(1000)), DefaultOptions(), &notes{})
			if err != nil {
				b.Fatal(err)
			}
			benchLookup(b, tab, []string{"mail-out-17.provider.example.org", "user.name+ext@some.company.example"}, false)
		})
	}
}

// BenchmarkNetworks asks a table of ten thousand networks.
func BenchmarkNetworks(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "10.%d.%d.0/24 REJECT\n", i/256, i%256)
	}
	tab, err := readCIDR(strings.NewReader(text.String()), DefaultOptions(), &notes{})
	if err != nil {
		b.Fatal(err)
	}
	benchLookup(b, tab, []string{"192.0.2.1", "2001:db8::1"}, false)
}
