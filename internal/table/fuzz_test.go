package table

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/unit"
)

// fuzzOptions are small, so that bounds are met.
func fuzzOptions() Options {
	o := DefaultOptions()
	o.ReloadInterval = 0
	o.MaxLine, o.MaxRules, o.MaxKeys, o.MaxNesting = 1<<10, 50, 50, 5
	o.MatchTimeout = unit.Duration(10 * time.Millisecond)
	return o
}

// fuzzTable reads a text and asks for a key and for parts of the text.
func fuzzTable(f *testing.F, kind string, seeds ...string) {
	for _, s := range seeds {
		f.Add(s, "user@example.com")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		note := &notes{file: "fuzz"}
		c, err := readers[kind].read(strings.NewReader(text), fuzzOptions(), note)
		if err != nil {
			return
		}
		if c.entries() > 50 {
			t.Fatalf("%d entries in spite of the bound", c.entries())
		}
		tab := &fixed{name: "fuzz", content: c}
		for _, k := range append(strings.Fields(text), key, "") {
			if _, _, err := tab.Lookup(t.Context(), k); err != nil {
				t.Fatalf("%q: %v", k, err)
			}
		}
		for _, w := range note.list {
			if w.Line < 1 || w.Reason == "" {
				t.Fatalf("warning without a place or words: %v", w)
			}
		}
	})
}

func FuzzHash(f *testing.F) {
	fuzzTable(f, "hash", "a b\n c\n#\nd e", "\"a b\" c\n\"x", "k:\tv\nK: w", " a b", "\xff x\n")
}

func FuzzRegexp(f *testing.F) {
	fuzzTable(f, "regexp", "/a(b)*c{1,2}[[:alpha:]]\\1/ $1\nif /x/\n/y/i z\nendif\n", "!/a/!/b/x ${1}", "/[a-c]]|^*()|\\(\\)/x q", "/a{2,}\\<b\\>$/m $$")
}

func FuzzPCRE(f *testing.F) {
	fuzzTable(f, "pcre", "/^(?!a)(?<n>b|c)++\\k<n>$/x $1\nif !/x/\n/y/smiAEU z\nendif\n", "/\\Qa.b\\E[\\d\\s[:^alpha:]-]{2}{3}\\x{41}\\cA\\012/ q", "/(?(1)a|b)(?i-s:c)(?#d)\\p{L}\\R\\h/ $2", "/(a+)+$/ x")
}

func FuzzCIDR(f *testing.F) {
	fuzzTable(f, "cidr", "if 10.0.0.0/8\n!10.1.0.0/16 a\nendif\n[::1] b\n", "1.2.3.4/33 x\n::/0 y\n! ! 0.0.0.0/0 z")
}

func FuzzList(f *testing.F) {
	fuzzTable(f, "list", "a.example\n*.b.example # c\n0.0.0.0 d.example\n10.0.0.0/8 ; e\nu@f.example\n", "<html>\nprose with words\n[::1]/3")
}

func FuzzBraces(f *testing.F) {
	for _, s := range []string{
		"inline:{a=b, {c = d}}", "regexp:{{/a/ b}, {if /c/}}", "unionmap:{static:{a b},inline:{x=y}}", "pipemap:{randmap:{a,b},cidr:{{::1 x}}}",
		"inline:{}}{", "static:{{}", "proxy:fail:x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		if strings.Contains(spec, "/") && !strings.Contains(spec, "{") || strings.Contains(spec, "list:") {
			return // a file or a feed
		}
		s := New(fuzzOptions(), nil, Outside{})
		defer s.Close()
		tab, err := s.Open(spec)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("error without words")
			}
			return
		}
		for _, key := range []string{"a", "1.2.3.4", spec} {
			_, _, _ = tab.Lookup(t.Context(), key) // a table of the type fail gives an error
		}
	})
}

func FuzzMatchList(f *testing.F) {
	f.Add("127.0.0.0/8, [::1]/128 !a.example .b inline:{a=b}", "a.b", true)
	f.Add("! !! 1.2.3.4/5 [", "x", false)
	f.Fuzz(func(t *testing.T, text, name string, parents bool) {
		if strings.Contains(text, "list:") || strings.Contains(text, "/dev") || strings.Contains(text, "/proc") {
			return
		}
		s := New(fuzzOptions(), nil, Outside{})
		defer s.Close()
		m, err := s.OpenMatchList(text, MatchOptions{Parents: parents})
		if err != nil {
			return
		}
		_, _ = m.MatchHost(t.Context(), name, netip.MustParseAddr("10.1.2.3"))
		_, _ = m.MatchDomain(t.Context(), name)
	})
}

func FuzzWhitelist(f *testing.F) {
	f.Add("a.example # x\n/^b+\\.c$/\n192.0.2\n10.0/16\n::/0\n", "user+x@a.example")
	f.Add("postmaster@\nu@d\n/(/\n/(?=a)b\n@\n", "x")
	f.Fuzz(func(t *testing.T, text, key string) {
		for _, entry := range []whiteEntry{(*whitelist).client, (*whitelist).recipient} {
			w := newWhitelist()
			if err := w.text(text, entry, fuzzOptions(), &notes{file: "fuzz"}); err != nil {
				continue
			}
			l := &live[*whitelist]{}
			l.current.Store(&version[*whitelist]{value: w})
			(&ClientWhitelist{l}).Match(key, netip.MustParseAddr("10.1.2.3"))
			a, _ := addr.ParsePath(key) // the best guess is asked for
			(&RecipientWhitelist{l}).Match(a)
		}
	})
}

// FuzzLinear compares the two engines where both can do an expression.
func FuzzLinear(f *testing.F) {
	f.Add(`^a(b|c)*\.d$`, "abcbc.d")
	f.Add(`[\s\d]+x{2}`, " 1xx")
	f.Fuzz(func(t *testing.T, expr, key string) {
		if strings.Contains(expr, "$") && strings.Contains(key, "\n") {
			return
		}
		for _, r := range key {
			if r >= 0x80 {
				return // they differ in what is a letter
			}
		}
		p, err := compilePerl(expr, "", fuzzOptions())
		if err != nil || p.linear == nil {
			return
		}
		b, err := compileBack(expr, "", fuzzOptions())
		if err != nil {
			return
		}
		s := newSubject(key, 100)
		one, _ := p.match(s)
		two, err := b.match(s)
		if err == nil && one != two {
			t.Errorf("%s on %s: linear %v, backtracking %v", fmt.Sprintf("%q", expr), fmt.Sprintf("%q", key), one, two)
		}
	})
}
