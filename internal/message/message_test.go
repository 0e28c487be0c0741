package message

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// dump prints the tree of a message and what was found in it.
func dump(m *Message) string {
	var b strings.Builder
	for _, p := range m.Parts() {
		fmt.Fprintf(&b, "%s%q %s", strings.Repeat("  ", p.Depth()), p.Path(), p.MediaType())
		if p.Encoding() != "" {
			fmt.Fprintf(&b, " %s", p.Encoding())
		}
		if p.Disposition() != "" {
			fmt.Fprintf(&b, " %s", p.Disposition())
		}
		if p.Filename() != "" {
			fmt.Fprintf(&b, " name=%q", p.Filename())
		}
		if len(p.Children()) == 0 {
			fmt.Fprintf(&b, " %d bytes, %s", len(p.Decoded()), p.DetectedType())
		}
		b.WriteByte('\n')
	}
	for _, p := range m.Texts() {
		fmt.Fprintf(&b, "text %q: %q\n", p.Path(), p.Visible())
		if h := p.HTML(); h != nil && h.Hidden != "" {
			fmt.Fprintf(&b, "hidden %q: %q\n", p.Path(), h.Hidden)
		}
	}
	for _, p := range m.Attachments() {
		fmt.Fprintf(&b, "attachment %q: %q %d bytes\n", p.Path(), p.Filename(), len(p.Decoded()))
	}
	for _, l := range m.Links() {
		fmt.Fprintf(&b, "link: %s %q\n", l.Target, l.Text)
	}
	for _, d := range m.Defects() {
		fmt.Fprintf(&b, "defect: %s\n", d)
	}
	return b.String()
}

// TestGolden parses testdata/*.eml and compares the dump with the file of
// the same stem ending in .golden.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := dump(Parse(raw, DefaultLimits()))
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// walk touches everything a message gives and checks what must always hold.
func walk(t testing.TB, raw []byte, limits Limits) *Message {
	m := Parse(raw, limits)
	if len(m.Parts()) > limits.Parts {
		t.Fatalf("%d parts", len(m.Parts()))
	}
	for _, p := range m.Parts() {
		if p.Header() == nil {
			t.Fatalf("part %q has no header", p.Path())
		}
		if p.m == m && !p.inFile && (p.start > p.body || p.body > p.end || p.end > len(raw)) {
			t.Fatalf("part %q is at %d %d %d of %d", p.Path(), p.start, p.body, p.end, len(raw))
		}
		p.Raw()
		p.Decoded()
		p.Text()
		p.Visible()
		p.HTML()
		p.DetectedType()
		p.Filename()
		p.ContentID()
	}
	for _, p := range m.Attachments() {
		p.Decoded()
		p.DetectedType()
	}
	if n := len(m.Links()); n > limits.Links {
		t.Fatalf("%d links", n)
	}
	for _, d := range m.Defects() {
		if d.Offset < 0 || d.Offset > len(raw) {
			t.Fatalf("defect out of range: %s", d)
		}
	}
	return m
}
