package table

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// postmap asks Postfix itself for keys of a table; what it says on its
// standard error comes too. The test is skipped where Postfix is not.
type postmap struct{ bin, conf string }

func findPostmap(t *testing.T) postmap {
	t.Helper()
	bin, err := exec.LookPath("postmap")
	if err != nil {
		if bin = "/usr/sbin/postmap"; !exists(bin) {
			t.Skip("postmap is not installed")
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.cf"), []byte("compatibility_level = 3.6\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return postmap{bin, dir}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ask gives "key TAB value" lines for the keys that are found.
func (p postmap) ask(t *testing.T, spec string, keys []string) (found, said string) {
	t.Helper()
	cmd := exec.Command(p.bin, "-q", "-", spec)
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+p.conf, "LC_ALL=C")
	cmd.Stdin = strings.NewReader(strings.Join(keys, "\n") + "\n")
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run() // its status says only whether a key was found
	return out.String(), err.String()
}

// ours gives the same of our own, warnings in postmap's form.
func ours(t *testing.T, spec, mapName string, keys []string) (found, said string) {
	t.Helper()
	s := newSet(t)
	tab, err := s.Open(spec)
	if err != nil {
		return "", err.Error()
	}
	var out, warn strings.Builder
	kind, _, _ := strings.Cut(spec, ":")
	for _, st := range s.Status() {
		for _, w := range st.Warnings {
			if strings.Contains(w.Reason, "macro ") || strings.HasPrefix(w.Reason, "logical line") {
				// Here Postfix does not say where.
				fmt.Fprintf(&warn, "postmap: warning: %s\n", w.Reason)
				continue
			}
			fmt.Fprintf(&warn, "postmap: warning: %s map %s, line %d: %s\n", kind, mapName, w.Line, w.Reason)
		}
	}
	for _, k := range keys {
		if v, ok, err := tab.Lookup(t.Context(), k); err == nil && ok {
			fmt.Fprintf(&out, "%s\t%s\n", k, v)
		}
	}
	return out.String(), warn.String()
}

// TestPostmapTables asks Postfix and us the same of tables with odd lines.
func TestPostmapTables(t *testing.T) {
	p := findPostmap(t)
	for _, kind := range []string{"regexp", "cidr", "texthash"} {
		files, err := filepath.Glob(filepath.Join("testdata", "postmap", kind+"-*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no tables of type %s: %v", kind, err)
		}
		for _, f := range files {
			t.Run(filepath.Base(f), func(t *testing.T) {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				keys := testKeys(string(b))
				want, wantSaid := p.ask(t, kind+":"+f, keys)
				got, gotSaid := ours(t, kind+":"+f, f, keys)
				if got != want {
					t.Errorf("answers differ:\n%s", lineDiff(want, got))
				}
				if kind != "texthash" && gotSaid != wantSaid {
					t.Errorf("warnings differ:\n%s", lineDiff(wantSaid, gotSaid))
				}
			})
		}
	}
}

// testKeys gives the keys that a table is asked for: they stand in its
// comments, as "#? key".
func testKeys(text string) (keys []string) {
	for l := range strings.Lines(text) {
		if k, ok := strings.CutPrefix(l, "#? "); ok {
			keys = append(keys, strings.TrimSuffix(k, "\n"))
		}
	}
	return keys
}

// TestPostmapExpressions compares random regular expressions.
func TestPostmapExpressions(t *testing.T) {
	p := findPostmap(t)
	n := 60
	if testing.Short() {
		n = 20
	}
	if v := os.Getenv("POSTMAP_EXPRESSIONS"); v != "" {
		fmt.Sscan(v, &n)
	}
	r := rand.New(rand.NewPCG(1, 2))
	file := filepath.Join(t.TempDir(), "m")
	keys := []string{"a", "ab", "abc", "b", "c", "aab", "aAbB", "abab", "a.b", "a b", "x", "(", ")", "{", "a{2}", "1", "d1", "_", "a_b", "+a", "*", "^a", "a$", "]", "-", "zzz", "cab ba", "bcbcbc", "aaaaaaa", `\`}
	for range n {
		expr := randomExpr(r, 3)
		rule := "/" + expr + "/" + []string{"", "", "i", "m", "x"}[r.IntN(5)] + "\t" + []string{"yes", "yes", "<$1>", "<$1><$2>"}[r.IntN(4)]
		if err := os.WriteFile(file, []byte(rule+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		want, wantSaid := p.ask(t, "regexp:"+file, keys)
		got, gotSaid := ours(t, "regexp:"+file, file, keys)
		if got != want || gotSaid != wantSaid {
			t.Errorf("%s\n%s%s", rule, lineDiff(wantSaid, gotSaid), lineDiff(want, got))
		}
	}
}

// randomExpr makes an expression of what glibc knows, mostly sound. Word edges
// and back-references are left to the tables: glibc finds some of them where
// they are not.
func randomExpr(r *rand.Rand, depth int) string {
	atoms := []string{"a", "b", "c", "ab", ".", "[ab]", "[^a]", "[[:alpha:]]", "[]a]", "[a-c-]", `\w`, `\W`, `\s`, `\.`, "^", "$", "x", "1", "_", "{", `\{`, "a{2}", "b{1,2}", "c{,2}", "()", `\d`, " ", "-"}
	var b strings.Builder
	for range 1 + r.IntN(3) {
		switch {
		case depth > 0 && r.IntN(3) == 0:
			fmt.Fprintf(&b, "(%s)", randomExpr(r, depth-1))
		case depth > 0 && r.IntN(6) == 0:
			fmt.Fprintf(&b, "%s|%s", randomExpr(r, depth-1), randomExpr(r, depth-1))
		default:
			b.WriteString(atoms[r.IntN(len(atoms))])
		}
		if r.IntN(4) == 0 {
			b.WriteString([]string{"*", "+", "?", "{0,2}", "**"}[r.IntN(5)])
		}
	}
	return b.String()
}

// TestFold folds keys as Postfix does (casefold of ICU).
func TestFold(t *testing.T) {
	for key, want := range map[string]string{
		"HeLlO.ExAmPlE": "hello.example", "Δημοσθένους.Example": "δημοσθένουσ.example", "x。example": "x。example",
		"STRASSE": "strasse", "Straße": "strasse", "plain": "plain", "": "",
	} {
		if got := foldKey(key); got != want {
			t.Errorf("%q is folded to %q, want %q", key, got, want)
		}
		if got := string(foldBytes([]byte(key))); got != want {
			t.Errorf("bytes of %q are folded to %q, want %q", key, got, want)
		}
	}
}
