package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/test/suites"
)

// newSet makes a set that never looks at files by itself.
func newSet(t testing.TB) *Set {
	t.Helper()
	o := DefaultOptions()
	o.ReloadInterval = 0
	s := New(o, nil, Outside{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dictOpen does what Postfix's test program does: it opens a table and answers
// "get key" lines, with warnings first.
func dictOpen(s *Set, spec, name, commands string) string {
	var out strings.Builder
	tab, err := s.Open(spec)
	kind, _, _ := strings.Cut(spec, ":")
	var e *Error
	if errors.As(err, &e) {
		fmt.Fprintf(&out, "./dict_open: error: %s\n", e.Reason)
		return out.String()
	}
	if err != nil {
		return err.Error()
	}
	for _, st := range s.Status() {
		if st.Name != spec {
			continue
		}
		for _, w := range st.Warnings {
			fmt.Fprintf(&out, "./dict_open: warning: %s map %s, line %d: %s\n", kind, name, w.Line, w.Reason)
		}
	}
	for line := range strings.Lines(commands) {
		key := strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "get ")
		fmt.Fprintf(&out, "> get %s\n", key)
		switch v, ok, err := tab.Lookup(context.Background(), key); {
		case err != nil:
			fmt.Fprintf(&out, "%s: error\n", key)
		case !ok:
			fmt.Fprintf(&out, "%s: not found\n", key)
		default:
			fmt.Fprintf(&out, "%s=%s\n", key, v)
		}
	}
	return out.String()
}

// withoutOwner drops the lines about who owns a table, which is no matter here.
func withoutOwner(ref []byte) string {
	var out strings.Builder
	for line := range bytes.Lines(ref) {
		if !bytes.HasPrefix(line, []byte("owner=")) && !bytes.HasPrefix(line, []byte("+ ")) {
			out.Write(line)
		}
	}
	return out.String()
}

func readSuite(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSuiteFiles compares the tables in files with Postfix's answers and
// warnings, byte for byte.
func TestSuiteFiles(t *testing.T) {
	dir := suites.Path(t, "suites", "postfix", "util")
	for _, c := range []struct{ kind, in, table, ref string }{
		{"regexp", "dict_regexp.in", "dict_regexp.map", "dict_regexp.ref"},
		{"pcre", "dict_pcre.in", "dict_pcre.map", "dict_pcre.ref"},
		{"cidr", "dict_cidr.in", "dict_cidr.map", "dict_cidr.ref"},
		{"cidr", "", "miss_endif_cidr.map", "miss_endif_cidr.ref"},
		{"pcre", "", "miss_endif_re.map", "miss_endif_pcre.ref"},
		{"regexp", "", "miss_endif_re.map", "miss_endif_regexp.ref"},
	} {
		t.Run(c.ref, func(t *testing.T) {
			in := "get 1.2.3.5\n"
			if c.in != "" {
				in = string(readSuite(t, dir, c.in))
			}
			got := dictOpen(newSet(t), c.kind+":"+filepath.Join(dir, c.table), c.table, in)
			if want := withoutOwner(readSuite(t, dir, c.ref)); got != want {
				t.Errorf("differs from Postfix:\n%s", lineDiff(want, got))
			}
		})
	}
}

// lineDiff lists the lines that differ.
func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out strings.Builder
	for i := range max(len(w), len(g)) {
		a, b := "", ""
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			fmt.Fprintf(&out, "line %d\n want %s\n  got %s\n", i+1, a, b)
		}
	}
	return out.String()
}

// TestSuiteInline compares the tables written within braces.
func TestSuiteInline(t *testing.T) {
	dir := suites.Path(t, "suites", "postfix", "util")
	get := "get foo\nget bar\nget baz\n"
	for _, c := range []struct {
		ref   string
		calls [][2]string // spec, commands
	}{
		{"dict_inline.ref", [][2]string{
			{"inline:{ }", ""}, {"inline:{ foo = xx }", ""}, {"inline:{ foo=xx }x", ""}, {"inline:{ foo=xx x", ""},
			{"inline:{ foo=xx {x=y}x}", ""}, {"inline:{ foo=XX, { bar = lotsa stuff }}", get}, {"inline:{ FOO=XX, { BAR = lotsa stuff }}", get},
		}},
		{"dict_inline_regexp.ref", [][2]string{{"regexp:{{/foo/ got foo}}", "get foo\nget bar\n"}}},
		{"dict_inline_pcre.ref", [][2]string{{"pcre:{{/foo/ got foo}}", "get foo\nget bar\n"}}},
		{"dict_inline_cidr.ref", [][2]string{{"cidr:{{1.2.3.4 got 1.2.3.4}}", "get 1.2.3.4\nget 4.3.2.1\n"}}},
		{"dict_union_test.ref", [][2]string{
			{"unionmap:{static:one,static:two,inline:{foo=three}}", "get foo\nget bar\n"}, {"unionmap:{static:one,fail:fail}", "get foo\n"},
		}},
		{"dict_pipe_test.ref", [][2]string{
			{"pipemap:{inline:{k1=v1,k2=v2},inline:{v2=v3}}", "get k0\nget k1\nget k2\n"}, {"pipemap:{inline:{k1=v1},fail:fail}", "get k0\nget k1\n"},
		}},
		{"dict_static.ref", [][2]string{
			{"static:fooxx", "get foo\nget bar\n"}, {"static:{ foo xx ", ""}, {"static:{ foo xx }x", ""}, {"static:{ foo xx }", "get foo\nget bar\n"},
		}},
	} {
		t.Run(c.ref, func(t *testing.T) {
			var got strings.Builder
			for _, call := range c.calls {
				got.WriteString(dictOpen(newSet(t), call[0], "", call[1]))
			}
			if want := withoutOwner(readSuite(t, dir, c.ref)); got.String() != want {
				t.Errorf("differs from Postfix:\n%s", lineDiff(want, got.String()))
			}
		})
	}
}
