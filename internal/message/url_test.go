package message

import (
	"strings"
	"testing"
)

// TestNormalizeURL reads URLs as browsers do.
func TestNormalizeURL(t *testing.T) {
	for _, c := range []struct{ url, target, host string }{
		{"http://A.Example.COM/Path?Q#F", "http://a.example.com/Path?Q#F", "a.example.com"},
		{" HTTP://a.example.com ", "http://a.example.com", "a.example.com"},
		{"ht\ntp://a.exa\tmple.com/x\r\ny", "http://a.example.com/xy", "a.example.com"},
		{"http:a.example.com/x", "http://a.example.com/x", "a.example.com"},
		{"http:/\\a.example.com\\x\\y?z\\", "http://a.example.com/x/y?z\\", "a.example.com"},
		{"http:////a.example.com", "http://a.example.com", "a.example.com"},
		{"//a.example.com/x", "http://a.example.com/x", "a.example.com"},
		{"www.example.com/x", "http://www.example.com/x", "www.example.com"},
		{"http://bank.example.com@evil.example.org/", "http://bank.example.com@evil.example.org/", "evil.example.org"},
		{"http://a@b@c.example.org", "http://a@b@c.example.org", "c.example.org"},
		{"http://%61.ex%61mple.com/%7Ea%2Fb%3f", "http://a.example.com/~a%2Fb%3f", "a.example.com"},
		{"http://bücher.example.com/", "http://xn--bcher-kva.example.com/", "xn--bcher-kva.example.com"},
		{"http://ｅｘａｍｐｌｅ。com/", "http://example.com/", "example.com"},
		{"http://a.example.com.:80/", "http://a.example.com/", "a.example.com"},
		{"https://a.example.com:0443/", "https://a.example.com/", "a.example.com"},
		{"http://a.example.com:8080/", "http://a.example.com:8080/", "a.example.com"},
		{"http://2130706433/", "http://127.0.0.1/", "127.0.0.1"},
		{"http://0x7f.0.0.1/", "http://127.0.0.1/", "127.0.0.1"},
		{"http://0177.1/", "http://127.0.0.1/", "127.0.0.1"},
		{"http://0x7F000001/", "http://127.0.0.1/", "127.0.0.1"},
		{"http://1.2.3.4.5/", "http://1.2.3.4.5/", "1.2.3.4.5"},
		{"http://256.1.1.1/", "http://256.1.1.1/", "256.1.1.1"},
		{"http://[::FFFF:1.2.3.4]:81/", "http://[::ffff:1.2.3.4]:81/", "::ffff:1.2.3.4"},
		{"mailto:A%40b@example.com?subject=x", "mailto:A@b@example.com?subject=x", "example.com"},
		{"a@example.com", "mailto:a@example.com", "example.com"},
		{"tel:+1 234", "tel:+1 234", ""},
		{"javascript:alert(1)", "javascript:alert(1)", ""},
		{"data:text/html;base64,PGI+", "data:text/html;base64,PGI+", ""},
		{"ftp://ftp.example.com/x", "ftp://ftp.example.com/x", "ftp.example.com"},
		{"page.html", "", ""},
		{"/path", "", ""},
		{"", "", ""},
		{"http://", "http://", ""},
	} {
		if l := normalizeURL(c.url); l.Target != c.target || l.Host != c.host {
			t.Errorf("%q: target %q to %q, want %q to %q", c.url, l.Target, l.Host, c.target, c.host)
		}
	}
}

// TestTextLinks finds links in running text.
func TestTextLinks(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"see http://a.example.com/x.", "http://a.example.com/x"},
		{"(http://a.example.com/x_(y)) and", "http://a.example.com/x_(y)"},
		{"<http://a.example.com/x>,", "http://a.example.com/x"},
		{`"http://a.example.com/x"`, "http://a.example.com/x"},
		{"go to www.example.com, or example.org/x?y=1!", "www.example.com example.org/x?y=1"},
		{"example.com:8080/x", "example.com:8080/x"},
		{"write to a.b@example.com.", "a.b@example.com"},
		{"mailto:a@example.com?subject=x", "mailto:a@example.com?subject=x"},
		{"prefixhttp://example.com/", "http://example.com/"},
		{"hxxp://example.com/", "hxxp://example.com/"},
		{"http://пример.рф/путь", "http://пример.рф/путь"},
		{"こちらhttp://example.co.jp/です", "http://example.co.jp/"},
		{"file.txt setup.py 3.14 e.g. a.b.c U.S.A. end.Next", ""},
		{"10.1.2.3 and version 1.2.3.4", ""},
		{"x@localhost", ""},
		{"/usr/lib/foo.com/x", ""},
	} {
		var got []string
		for _, l := range textLinks(c.text, 10) {
			got = append(got, l.URL)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q: %q, want %q", c.text, s, c.want)
		}
	}
}
