package message

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		"A: 1\r\n b\r\n\r\nx", "From x\nA:b\n\n", "A: 1\rB: 2\r\r", "junk\nA : =?utf-8?q?=C3?=\n =?utf-8?q?=A9?=\n\n", "\xef\xbb\xbfA:\x00\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		limits := DefaultLimits()
		limits.HeaderFields, limits.FieldBytes, limits.HeaderBytes = 20, 200, 2000
		m := &Message{raw: raw, limits: limits}
		h, body := parseHeader(m, 0, len(raw), "")
		m.header = h
		if body < 0 || body > len(raw) || len(h.Fields()) > limits.HeaderFields {
			t.Fatalf("body at %d of %d, %d fields", body, len(raw), len(h.Fields()))
		}
		end := 0
		for _, field := range h.Fields() {
			if field.Offset() < end || field.Offset()+len(field.Raw()) > body {
				t.Fatalf("field at %d of %d bytes, body at %d", field.Offset(), len(field.Raw()), body)
			}
			end = field.Offset() + len(field.Raw())
			if h.First(field.Name()) == nil || !utf8.ValidString(field.Text()) || field.Line() < 1 {
				t.Fatalf("field %q", field.Name())
			}
			field.Mailboxes()
			parseReceived(field.Value())
		}
		m.Defects()
	})
}

func FuzzDecodeWords(f *testing.F) {
	for _, s := range []string{"=?utf-8?q?a_=C3?= =?utf-8?q?=A9?=", "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "=?utf-7?q?+AOk-?=", "x=?big5?B??=y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, _ := decodeWords(s)
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			t.Fatalf("%q becomes %q", s, text)
		}
		if len(text) > 6*len(s)+64 {
			t.Fatalf("%d bytes become %d", len(s), len(text))
		}
	})
}

func FuzzMailboxes(f *testing.F) {
	for _, s := range []string{`"a" <b@c.example>, g: x@y;`, "<@r:a@b>(c)", `a."b"@[::1]`, "=?utf-8?q?a?= <b@c", "a, b <<c@d>>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, _ := parseMailboxes(s, 10)
		if len(list) > 10 {
			t.Fatalf("%d mailboxes", len(list))
		}
		for _, b := range list {
			if !utf8.ValidString(b.Name + b.Address.Local + b.Address.Domain + b.Group) {
				t.Fatalf("%q becomes %+v", s, b)
			}
			if b.Valid && (b.Address.Local == "" && !strings.Contains(b.Raw, `""`) || b.Address.Domain == "") {
				t.Fatalf("%q is valid: %+v", s, b)
			}
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Tue, 1 Jul 2003 10:52:37 +0200", "Sunday, 06-Nov-94 08:49:37 GMT", "2006-01-02T15:04:05Z", "4/2/2020 12:05 PM"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := ParseDate(s); ok && (d.Year() < 1899 || d.Year() > 10000) {
			t.Fatalf("%q is %v", s, d)
		}
	})
}

func FuzzParseParams(f *testing.F) {
	for _, s := range []string{`a/b; c="d\"e"; f*0*=utf-8''%C3; f*1*=%A9`, "a / b (c) d=e, f=g h", `x; y="z; w=v`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		word, ps, _ := parseParams(s, 10)
		if !utf8.ValidString(word) || len(ps) > 20 {
			t.Fatalf("%q: %q, %d parameters", s, word, len(ps))
		}
		for _, p := range ps {
			if !utf8.ValidString(p.name + p.value) {
				t.Fatalf("%q: %q=%q", s, p.name, p.value)
			}
		}
	})
}

func FuzzReceived(f *testing.F) {
	f.Add("from a (b [192.0.2.1]) by c (d) with ESMTPS id e for <f@g>; Tue, 1 Jul 2003 10:52:37 +0200")
	f.Add("from unknown (HELO x) (u@192.0.2.1:25) by y; 1 Jul 2003 10:52:37 -0000")
	f.Fuzz(func(t *testing.T, s string) {
		if r := parseReceived(s); len(r.From)+len(r.By) > len(s)+100 {
			t.Fatalf("%q: %+v", s, r)
		}
	})
}

func FuzzDecodeCharset(f *testing.F) {
	for _, label := range []string{"utf-7", "iso-2022-kr", "hz-gb-2312", "utf-16", "gb2312", "x-unknown", "iso-2022-cn", "utf-32", "koi8-r"} {
		f.Add(label, []byte("a+AOk- \x0e!!\x0f~{VPND~}\x1b$)C\xd0\xd0"))
	}
	f.Fuzz(func(t *testing.T, label string, data []byte) {
		text, _ := decodeCharset(label, data)
		if !utf8.ValidString(text) {
			t.Fatalf("%q in %s is not UTF-8", data, label)
		}
		if len(data) > 8 && len(text) == 0 && strings.Trim(string(data), "\x00\x0e\x0f\x1b~{}+-\ufeff\n") != "" && label != "utf-16" {
			t.Logf("%q in %s leaves nothing", data, label)
		}
	})
}
