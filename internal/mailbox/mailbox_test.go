package mailbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

const simple = "Subject: one\n\nHello\n"

// tree writes files into a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read gives the mails under paths of dir, names relative to it, as
// "name: content" or "name! error".
func read(t *testing.T, dir string, o Options, paths ...string) []string {
	t.Helper()
	if len(paths) == 0 {
		paths = []string{""}
	}
	for i, p := range paths {
		if p != "-" {
			paths[i] = filepath.Join(dir, p)
		}
	}
	var got []string
	for m, err := range All(context.Background(), paths, o) {
		name := strings.TrimPrefix(m.Name, dir+"/")
		if err != nil {
			got = append(got, name+"! "+strings.ReplaceAll(err.Error(), dir+"/", ""))
			continue
		}
		got = append(got, name+": "+string(m.Raw))
	}
	return got
}

func TestAll(t *testing.T) {
	const two = "From a@x.example Mon Jan  5 10:00:00 2026\nSubject: one\n\nHello\n>From me\n>>From you\n\n" +
		"From b@x.example Mon Jan  5 11:00:00 2026\nSubject: two\n\nFrom here on\n\nFrom then at 10:00\nnothing\n\n"
	tests := []struct {
		name  string
		files map[string]string
		paths []string
		want  []string
	}{
		{"file", map[string]string{"a.eml": simple}, []string{"a.eml"}, []string{"a.eml: " + simple}},
		{"empty file", map[string]string{"a.eml": ""}, []string{"a.eml"}, []string{"a.eml: "}},
		{"missing", map[string]string{"a.eml": simple}, []string{"b.eml", "a.eml"},
			[]string{"b.eml! reading b.eml: no such file or directory", "a.eml: " + simple}},
		{"directory in order", map[string]string{"d/b": "B", "d/a": "A", "d/c/x": "X", "d/.hidden": "H", "d/.git/config": "C"}, nil,
			[]string{"d/a: A", "d/b: B", "d/c/x: X"}},
		{"maildir", map[string]string{
			"m/new/1": "N", "m/cur/2:2,S": "C", "m/tmp/3": "T", "m/dovecot.index": "I",
			"m/.Junk/new/4": "J", "m/.Junk/cur/5": "K", "m/.Junk/tmp/6": "T",
		}, nil, []string{"m/.Junk/cur/5: K", "m/.Junk/new/4: J", "m/cur/2:2,S: C", "m/new/1: N"}},
		{"tmp outside a maildir", map[string]string{"tmp/a": "A"}, nil, []string{"tmp/a: A"}},
		{"mbox", map[string]string{"box": two}, []string{"box"}, []string{
			"box#1: Subject: one\n\nHello\nFrom me\n>From you\n",
			"box#2: Subject: two\n\nFrom here on\n\nFrom then at 10:00\nnothing\n"}},
		{"mbox of one", map[string]string{"box": "From a@x.example Mon Jan  5 10:00:00 2026\n" + simple}, []string{"box"}, []string{"box: " + simple}},
		{"mbox with CRLF", map[string]string{"box": strings.ReplaceAll(two, "\n", "\r\n")}, []string{"box"}, []string{
			"box#1: Subject: one\r\n\r\nHello\r\nFrom me\r\n>From you\r\n",
			"box#2: Subject: two\r\n\r\nFrom here on\r\n\r\nFrom then at 10:00\r\nnothing\r\n"}},
		{"mbox of a separator", map[string]string{"box": "From a"}, []string{"box"}, []string{"box: "}},
		{"gzip", map[string]string{"a.gz": gzipped(t, simple)}, []string{"a.gz"}, []string{"a.gz: " + simple}},
		{"zstd mbox", map[string]string{"a.zst": zstandard(t, "From a@x.example Mon Jan  5 10:00:00 2026\n"+simple)}, []string{"a.zst"}, []string{"a.zst: " + simple}},
		{"broken gzip", map[string]string{"a.gz": gzipped(t, simple)[:15], "b": "B"}, nil,
			[]string{"a.gz! reading a.gz: unexpected EOF", "b: B"}},
		{"no gzip", map[string]string{"a.gz": simple}, nil, []string{"a.gz: " + simple}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, tree(t, tt.files), Options{}, tt.paths...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func gzipped(t *testing.T, s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t *testing.T, s string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}

func TestStdin(t *testing.T) {
	got := read(t, "", Options{Stdin: strings.NewReader(simple)}, "-")
	if diff := cmp.Diff([]string{"-: " + simple}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTooLarge(t *testing.T) {
	sep := "From a@x.example Mon Jan  5 10:00:00 2026\n"
	dir := tree(t, map[string]string{
		"bomb.gz": gzipped(t, strings.Repeat("a", 5000)), "large": strings.Repeat("a", 101),
		"mbox": sep + strings.Repeat("a", 5000) + "\n\n" + sep + "A: b\n" + strings.Repeat("a\n", 60) + "\n" + sep + simple,
	})
	got := read(t, dir, Options{MaxMail: 100})
	want := []string{
		"bomb.gz! reading bomb.gz: mail is too large: more than 100 bytes",
		"large! reading large: mail is too large: more than 100 bytes",
		"mbox#1! reading mbox#1: mail is too large: more than 100 bytes",
		"mbox#2! reading mbox#2: mail is too large: more than 100 bytes",
		"mbox#3: " + simple,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStops(t *testing.T) {
	dir := tree(t, map[string]string{"a": "A", "b": "B", "c/d": "D"})
	n := 0
	for range All(context.Background(), []string{dir, dir}, Options{}) {
		n++
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range All(ctx, []string{dir, dir}, Options{}) {
		n++
		cancel()
	}
	if n != 2 {
		t.Errorf("got %d mails after two stops, want 2", n)
	}
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte("From a@x.example Mon Jan  5 10:00:00 2026\nA: b\n\nx\n\nFrom b 1:23\nC: d\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := 0
		for m, err := range All(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(data), MaxMail: 1 << 16}) {
			if err == nil {
				size += len(m.Raw)
			}
		}
		if !bytes.HasPrefix(data, gzipMagic) && !bytes.HasPrefix(data, zstdMagic) && size > len(data) {
			t.Errorf("%d bytes out of %d", size, len(data))
		}
	})
}
