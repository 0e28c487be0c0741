package message

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
		f.Add(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\r")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		limits := DefaultLimits()
		limits.Parts, limits.Depth, limits.Links = 50, 10, 100
		walk(t, raw, limits)
	})
}

func FuzzTransfer(f *testing.F) {
	f.Add(byte(1), []byte("QUJDRA==\r\nQUJD\r\n"), 100)
	f.Add(byte(2), []byte("a=3Db =\r\nc=zz \r\n"), 100)
	f.Add(byte(3), []byte("begin 644 x\n#86)C\n`\nend\n"), 100)
	f.Add(byte(4), []byte("=ybegin line=128 size=3 name=x\n=}ab\n=yend size=3\n"), 100)
	f.Fuzz(func(t *testing.T, enc byte, src []byte, limit int) {
		if limit < 0 || limit > 1<<20 {
			return
		}
		out, fault, cut := decodeTransfer(transfer(enc%6), src, limit)
		if e := transfer(enc % 6); e != identity && e != unknownEncoding && len(out) > limit {
			t.Fatalf("%d bytes of at most %d", len(out), limit)
		}
		// Lines of uuencode may have lost the blanks at their end.
		if len(out) > 8*len(src)+8 {
			t.Fatalf("%d bytes of %d", len(out), len(src))
		}
		if fault.at > len(src) || cut && len(out) != limit {
			t.Fatalf("fault %v, cut %v", fault, cut)
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add("<p style='display:none'>a<b>b</p><a href=//x.example.com>c</a>d")
	f.Add("<style>.a{font-size:0}</style><td class=a>x<table><tr><td></b>y</table>")
	f.Add("<a href=x><div></a>z<form><input type=password></form><title>t")
	f.Fuzz(func(t *testing.T, src string) {
		if !utf8.ValidString(src) {
			return
		}
		limits := DefaultLimits()
		limits.Links = 50
		h := examineHTML(src, limits)
		if len(h.Links) > limits.Links || len(h.Visible) > 2*len(src)+16 {
			t.Fatalf("%d links, %d bytes visible", len(h.Links), len(h.Visible))
		}
		if !utf8.ValidString(h.Visible) || !utf8.ValidString(h.Hidden) {
			t.Fatalf("not UTF-8: %q %q", h.Visible, h.Hidden)
		}
	})
}

func FuzzLinks(f *testing.F) {
	f.Add("see http://a.example.com/x, www.b.org. or c@d.net (e.com/)!")
	f.Add("http://0x7f.1/ http:\\\\user:pw@[::1]:80\\a?b#c mailto:a@b.com?subject=x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range textLinks(text, 50) {
			if l.Target == "" || l.URL == "" {
				t.Fatalf("empty link %+v", l)
			}
			again := normalizeURL(l.Target)
			if again.Host != l.Host && l.Scheme == "http" && isASCII(l.Host) && wellFormed(l.Host) {
				t.Fatalf("%q is to %q, read again to %q", text, l.Host, again.Host)
			}
		}
		normalizeURL(text)
		resolveURL(text, text)
	})
}

func FuzzUUFiles(f *testing.F) {
	f.Add([]byte("text\nbegin 644 a b\n#86)C\n`\nend\nmore\nbegin-base64 644 x\nQUJD\n====\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for at := 0; ; {
			file, ok := nextUUFile(src, at)
			if !ok {
				return
			}
			if file.start < at || file.end <= file.start || file.end > len(src) {
				t.Fatalf("file at %d to %d after %d of %d", file.start, file.end, at, len(src))
			}
			at = file.end
		}
	})
}
