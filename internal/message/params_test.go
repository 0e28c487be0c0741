package message

import (
	"strings"
	"testing"
)

func TestParseParams(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"word", "Text/HTML", "text/html"},
		{"blanks", " text / plain ; charset = us-ascii (Plain text)", "text/plain|charset=us-ascii"},
		{"quoted", `text/plain; name="a;b \"c\".txt"; x=y`, `text/plain|name=a;b "c".txt|x=y`},
		{"windows path", `attachment; filename="C:\temp\a.txt"`, `attachment|filename=C:\temp\a.txt`},
		{"comma", `text/html, charset=utf-8`, `text/html|charset=utf-8`},
		{"no semicolon", `text/html charset=utf-8 format=flowed`, `text/html|charset=utf-8|format=flowed`},
		{"blanks in value", `attachment; filename=My file.doc; size=3`, `attachment|filename=My file.doc|size=3`},
		{"no end quote", `attachment; filename="evil.exe; size=3`, `attachment|filename=evil.exe|size=3`},
		{"no word", `charset=utf-8`, `|charset=utf-8`},
		{"no value", `text/plain; foo; charset=x`, `text/plain|charset=x`},
		{"double semicolon", `text/plain;; charset=x;`, `text/plain|charset=x`},
		{"boundary", `multipart/mixed; boundary=----=_Part_1`, `multipart/mixed|boundary=----=_Part_1`},
		{"2231", `a/b; filename*=UTF-8''caf%C3%A9.txt`, "a/b|filename=café.txt"},
		{"2231 language", `a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A`, "a/b|title=This is ***fun***"},
		{"2231 pieces", `a/b; t*1*=%2A; t*0*=us-ascii'en'This%20is; t*2="fun"`, "a/b|t=This is*fun"},
		{"2231 and plain", `a/b; name="x.txt"; name*=utf-8''y.txt`, "a/b|name=y.txt|name=x.txt"},
		{"2231 no charset", `a/b; name*=caf%C3%A9`, "a/b|name=café"},
		{"encoded word", `a/b; name="=?utf-8?q?caf=C3=A9?="`, "a/b|name=café"},
		{"8 bit", "a/b; name=caf\xe9", "a/b|name=café"},
		{"empty", "", ""},
		{"twice", "a/b; x=1; x=2", "a/b|x=1|x=2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			word, ps, _ := parseParams(tt.in, 10)
			got := []string{word}
			for _, p := range ps {
				got = append(got, p.name+"="+p.value)
			}
			if s := strings.Join(got, "|"); s != tt.want {
				t.Errorf("parseParams(%q) = %q, want %q", tt.in, s, tt.want)
			}
		})
	}
}
