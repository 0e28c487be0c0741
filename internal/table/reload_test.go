package table

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/unit"
)

// write replaces a file by one of another inode, as editors do.
func write(t testing.TB, path, text string) {
	t.Helper()
	temp := path + ".new"
	if err := os.WriteFile(temp, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temp, path); err != nil {
		t.Fatal(err)
	}
}

// wantValue asks a table for a key; want "" means that it is not there.
func wantValue(t testing.TB, tab Table, key, want string) {
	t.Helper()
	v, ok, err := tab.Lookup(t.Context(), key)
	if err != nil || v != want || ok != (want != "") {
		t.Errorf("%s: %q gives %q, %v, %v; want %q", tab.Name(), key, v, ok, err, want)
	}
}

func TestReload(t *testing.T) {
	for _, c := range []struct {
		kind, good, better, bad, problem string
		key, first, second               string
	}{
		{"hash", "a.example OK\n", "a.example REJECT\n", "a.example\tX\nbroken\n", ":2:7: expected format", "a.example", "OK", "REJECT"},
		{"regexp", "/a/ OK\n", "/x/ no\n/a/ REJECT\n", "/a/ X\n/(/ REJECT\n", ":2:2: Unmatched (", "a", "OK", "REJECT"},
		{"pcre", "/a/ OK\n", "/x/ no\n/a/ REJECT\n", "/a/ X\n\n/a REJECT\n", ":3:1: no closing regexp delimiter", "a", "OK", "REJECT"},
		{"cidr", "10.0.0.0/8 OK\n", "10.0.0.0/8 REJECT\n", "10.0.0.0/8 X\n10.0.0.1/8 X\n", ":2:1: non-null host address bits", "10.1.1.1", "OK", "REJECT"},
		{"list", "a.example\n", "*.a.example\na.example\n", "a.example\n<html>\n", ":2:1: \"<html>\" is no domain", "a.example", "a.example", "a.example"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "table")
			write(t, path, c.good)
			s := newSet(t)
			tab, err := s.Open(c.kind + ":" + path)
			if err != nil {
				t.Fatal(err)
			}
			wantValue(t, tab, c.key, c.first)
			write(t, path, c.better)
			s.Reload()
			wantValue(t, tab, c.key, c.second)
			write(t, path, c.bad)
			s.Reload()
			wantValue(t, tab, c.key, c.second)
			if st := s.Status()[0]; !strings.Contains(st.Problem, path+c.problem) || st.Since.IsZero() {
				t.Errorf("problem is %q, want it to tell of %q", st.Problem, c.problem)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			s.Reload()
			wantValue(t, tab, c.key, c.second)
			if st := s.Status()[0]; !strings.Contains(st.Problem, "no such file") {
				t.Errorf("problem is %q, want it to tell of the missing file", st.Problem)
			}
			write(t, path, c.good)
			s.Reload()
			wantValue(t, tab, c.key, c.first)
			if st := s.Status()[0]; st.Problem != "" {
				t.Errorf("problem is still %q", st.Problem)
			}
		})
	}
}

// TestReloadOldFaults keeps a table with known faults changeable.
func TestReloadOldFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	write(t, path, "/(/ bad\n/a/ one\n")
	s := newSet(t)
	tab, err := s.Open("regexp:" + path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "# more\n\n/(/ bad\n/a/ two\n")
	s.Reload()
	wantValue(t, tab, "a", "two")
	write(t, path, "/(/ bad\n/(/ bad\n/a/ three\n")
	s.Reload()
	wantValue(t, tab, "a", "two")
}

// TestWatch sees that a change is taken up without being asked for, and that
// a file that changes all the time is taken up too.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	write(t, path, "a one\n")
	o := DefaultOptions()
	o.ReloadInterval = unit.Duration(time.Millisecond)
	s := New(o, nil, Outside{})
	defer s.Close()
	tab, err := s.Open("hash:" + path)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for i := 0; ; i++ {
		write(t, path, fmt.Sprintf("a two\nb %d\n", i))
		if v, _, _ := tab.Lookup(t.Context(), "a"); v == "two" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("change was not seen")
		}
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open("hash:" + path + "x"); err == nil {
		t.Error("a closed set opens tables")
	}
}

// TestSettle leaves a file alone that looked different at each of two looks.
func TestSettle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	write(t, path, "a one\n")
	s := newSet(t)
	tab, err := s.Open("hash:" + path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "a half")
	s.poll(false, false)
	wantValue(t, tab, "a", "one")
	write(t, path, "a whole\n")
	s.poll(false, false)
	wantValue(t, tab, "a", "one")
	s.poll(false, false)
	wantValue(t, tab, "a", "whole")
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "only.db"), "x")
	write(t, filepath.Join(dir, "long"), "a "+strings.Repeat("x", 300<<10)+"\n")
	write(t, filepath.Join(dir, "deep"), strings.Repeat("if /x/\n", 60))
	for spec, want := range map[string]string{
		"":                               "not a table",
		"hash":                           "not a table",
		"hash:" + dir + "/only":          "the text it was made of is needed",
		"hash:" + dir:                    "not a file",
		"hash:" + dir + "/long":          "long:1: line is longer than",
		"regexp:" + dir + "/deep":        "deep:51: IF within more than",
		"ldap:/etc/postfix/ldap.cf":      "are not supported",
		"nosuch:x":                       "unsupported dictionary type: nosuch",
		"unionmap:{static:a,b}":          "need \"unionmap:{type:name...}\"",
		"unionmap:{}":                    "bad syntax",
		"pipemap:static:a":               "bad syntax",
		"randmap:x":                      "bad syntax",
		"inline:{a=}x":                   "bad syntax",
		"regexp:{/a/ b}":                 "no '{' at start of text",
		"regexp:{{/a/ b}":                "missing '}'",
		"list:http://lists.example/x":    "without TLS",
		"list:https://":                  "not an address",
		strings.Repeat("unionmap:{", 60): "bad syntax",
		strings.Repeat("unionmap:{", 60) + "static:a" + strings.Repeat("}", 60): "max_nesting",
	} {
		_, err := newSet(t).Open(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error is %v, want one with %q", spec, err, want)
		}
	}
}

func TestOpen(t *testing.T) {
	s := newSet(t)
	path := filepath.Join(t.TempDir(), "access")
	write(t, path, "Key value\n")
	for _, c := range []struct{ spec, key, want string }{
		{"proxy:hash:" + path, "KEY", "value"},
		{path, "key", "value"},
		{"btree:" + path, "key", "value"}, {"lmdb:" + path, "key", "value"}, {"cdb:" + path, "key", "value"},
		{"inline:{a=b, {c = d e}}", "c", "d e"},
		{"inline:{a=b, a=c}", "a", "b"},
		{"static:{a b}", "anything", "a b"},
		{"randmap:{one}", "x", "one"},
		{"unionmap:{inline:{a=b},static:c}", "z", "c"},
		{"pipemap:{cidr:{{10.0.0.0/8 ten}},inline:{ten=REJECT}}", "10.9.9.9", "REJECT"},
		{"pipemap:{cidr:{{10.0.0.0/8 ten}},inline:{ten=REJECT}}", "11.9.9.9", ""},
		{"pcre:{{/^(?!good)(.)/ <$1>}, {/good/ yes}}", "bad", "<b>"},
		{"pcre:{{/^(?!good)(.)/ <$1>}, {/good/ yes}}", "good", "yes"},
		{"static:x", "not \xff UTF-8", ""},
	} {
		tab, err := s.Open(c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		wantValue(t, tab, c.key, c.want)
	}
	all, err := s.OpenAll("static:a, inline:{a=b, c=d} static:a")
	if err != nil || len(all) != 3 || all[0] != all[2] {
		t.Errorf("a list of tables gives %v, %v", all, err)
	}
	if tab, err := s.Open("fail:x"); err != nil {
		t.Error(err)
	} else if _, _, err := tab.Lookup(t.Context(), "x"); err == nil {
		t.Error("a table of the type fail does not fail")
	}
}
