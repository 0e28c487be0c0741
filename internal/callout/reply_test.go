package callout

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/addr"
)

func TestReadReply(t *testing.T) {
	for _, test := range []struct {
		name, in, want, enhanced string
	}{
		{"one line", "250 2.1.5 Ok\r\n", "250 2.1.5 Ok", "2.1.5"},
		{"bare LF", "250 Ok\n", "250 Ok", "2.0.0"},
		{"code alone", "250\r\n", "250", "2.0.0"},
		{"several lines", "550-5.1.1 a\r\n550-5.1.1 b\r\n550 5.1.1 c\r\n", "550-5.1.1 a 550-5.1.1 b 550 5.1.1 c", "5.1.1"},
		{"no text", "550-5.1.1\r\n550 5.1.1\r\n", "550-5.1.1 550 5.1.1", "5.1.1"},
		{"the last code counts", "250-a\r\n550 b\r\n", "250-a 550 b", "5.0.0"},
		{"enhanced code of another class", "550 4.1.1 a\r\n", "550 4.1.1 a", "5.0.0"},
		{"odd enhanced code", "250 2.1.5555 a\r\n", "250 2.1.5555 a", "2.0.0"},
		{"intermediate", "354 go\r\n", "354 go", "4.0.0"},
		{"many lines", strings.Repeat("250-a\r\n", maxReplyLines-1) + "250 a\r\n", strings.Repeat("250-a ", maxReplyLines-1) + "250 a", "2.0.0"},
		{"too many lines", strings.Repeat("250-a\r\n", maxReplyLines) + "250 a\r\n", "!its reply is longer", ""},
		{"too long", strings.Repeat("250-"+strings.Repeat("a", 2000)+"\r\n", 20) + "250 a\r\n", "!its reply is longer", ""},
		{"long line", "250 " + strings.Repeat("a", maxReplyLine) + "\r\n", "!a line of its reply is longer", ""},
		{"no code", "hello\r\n", `!"hello" is no reply`, ""},
		{"code out of range", "650 hello\r\n", `!"650 hello" is no reply`, ""},
		{"code of four digits", "2500 hello\r\n", `!"2500 hello" is no reply`, ""},
		{"empty line", "\r\n", `!"" is no reply`, ""},
		{"end in the middle", "250-a\r\n", "!EOF", ""},
		{"end in the line", "250 a", "!EOF", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := readReply(newReplyReader(strings.NewReader(test.in)))
			if want, fails := strings.CutPrefix(test.want, "!"); fails {
				if err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("got %q, %v; want %q", r, err, want)
				}
				return
			}
			if err != nil || r.String() != test.want || r.enhanced() != test.enhanced {
				t.Errorf("got %q %s, %v; want %q %s", r, r.enhanced(), err, test.want, test.enhanced)
			}
		})
	}
}

func TestOffers(t *testing.T) {
	r, err := readReply(newReplyReader(strings.NewReader("250-STARTTLS\r\n250-SIZE 100\r\n250 starttls\r\n")))
	if err != nil || !r.offers("STARTTLS") || !r.offers("SIZE") || r.offers("SMTPUTF8") {
		t.Errorf("%q: %v", r, err)
	}
	r.lines = r.lines[:1]
	if r.offers("STARTTLS") {
		t.Error("the server's name is taken for an extension")
	}
}

func FuzzReadReply(f *testing.F) {
	for _, s := range []string{"250 ok\r\n", "250-a\r\n250 b\r\n", "550 5.1.1 no\n", "421", "220-\r\n220-\r\n", "\x00\xff\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := readReply(newReplyReader(strings.NewReader(in)))
		total := 0
		for _, l := range r.lines {
			total += len(l)
		}
		if len(r.lines) > maxReplyLines || total > maxReplyBytes {
			t.Fatalf("%d lines of %d octets", len(r.lines), total)
		}
		var wrong *protocolError
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.As(err, &wrong) {
				t.Fatalf("odd error %v", err)
			}
			return
		}
		a := judge(place{peer: "peer"}, r)
		if !a.Status.settled() || len(a.Why()) > MaxWhy || a.Reply.Code < 200 || a.Reply.Code > 599 {
			t.Fatalf("%q gives %+v", in, a)
		}
		if first := a.Reply.Enhanced[0]; first != byte('0'+a.Reply.Code/100) {
			t.Fatalf("%q: %d and %s", in, a.Reply.Code, a.Reply.Enhanced)
		}
		for _, c := range []byte(a.Why()) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q gives %q", in, a.Why())
			}
		}
	})
}

func TestWireAddress(t *testing.T) {
	for _, test := range []struct {
		local, domain, want string
	}{
		{"user", "example.org", "user@example.org"},
		{"a.b+c", "Example.ORG", "a.b+c@example.org"},
		{"a b", "example.org", `"a b"@example.org`},
		{`a"\`, "example.org", `"a\"\\"@example.org`},
		{".a", "example.org", `".a"@example.org`},
		{"a@b", "example.org", `"a@b"@example.org`},
		{"j\u00f6rg", "b\u00fccher.example", "j\u00f6rg@xn--bcher-kva.example"},
		{"postmaster", "", "postmaster"},
		{"", "example.org", ""},
		{"a\r\nRCPT TO:<b", "example.org", ""},
		{"a\u0085", "example.org", ""},
		{"a\xff", "example.org", ""},
		{"a", "ex ample.org", ""},
		{"a", "example.org>\r\nDATA", ""},
		{strings.Repeat("a", maxWire), "example.org", ""},
	} {
		if got := wireAddress(addr.Address{Local: test.local, Domain: test.domain}); got != test.want {
			t.Errorf("%q@%q: %q, want %q", test.local, test.domain, got, test.want)
		}
	}
}

// FuzzWireAddress: what is said is one address and never a second command,
// and reads back as what was meant.
func FuzzWireAddress(f *testing.F) {
	f.Add("user", "example.org")
	f.Add(`a"b\`, "example.org")
	f.Add("a\r\nDATA", "x")
	f.Add("\u00f6", "\u00f6.example")
	f.Fuzz(func(t *testing.T, local, domain string) {
		a := addr.Address{Local: local, Domain: domain}
		w := wireAddress(a)
		if w == "" {
			return
		}
		if len(w) > maxWire || !utf8.ValidString(w) || strings.ContainsAny(w, "\r\n\x00") {
			t.Fatalf("%q", w)
		}
		back, err := addr.ParsePath("<" + w + ">")
		if err != nil || back.Local != local || back.ASCIIDomain() != a.ASCIIDomain() {
			t.Fatalf("%+v is said as %q, read back as %+v, %v", a, w, back, err)
		}
	})
}

func TestClean(t *testing.T) {
	if s := strings.Repeat("ab cd ", 10) + "x"; clean(s) != s {
		t.Error("a clean text is changed")
	}
	for in, want := range map[string]string{
		"": "", "  a \t b\r\n ": "a b", "\u00e9\x00\x7f\xff": "????",
		strings.Repeat("a", 300): strings.Repeat("a", MaxWhy), strings.Repeat("a ", 300): strings.Repeat("a ", MaxWhy/2),
	} {
		if got := clean(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
