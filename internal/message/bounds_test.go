package message

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// slow is far more than any of these mails may take, so that only a fault of
// order shows: they take 10 to 500 ms.
const slow = 20 * time.Second

func repeat(s string, n int) []byte { return bytes.Repeat([]byte(s), n) }

// manyParts has n parts.
func manyParts(n int) []byte {
	raw := []byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
	raw = append(raw, repeat("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", n)...)
	return append(raw, "--b--\r\n"...)
}

// nestedParts has multiparts n deep.
func nestedParts(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\nx\r\n")
	for i := n - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return b.Bytes()
}

// prefixed nests multiparts whose boundaries begin alike, over lines that
// look like all of them.
func prefixed(n int) []byte {
	var b bytes.Buffer
	prefix := strings.Repeat("a", 60)
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=%s%d\r\n\r\n--%s%d\r\n", prefix, i, prefix, i)
	}
	b.WriteString("\r\n")
	b.Write(repeat("--"+prefix+"1x\r\n", 100_000))
	return b.Bytes()
}

// TestBounds parses mails built to exhaust a parser: each ends in time, and
// the defect says what was left out.
func TestBounds(t *testing.T) {
	size := 8 << 20
	limits := DefaultLimits()
	if testing.Short() {
		size, limits.TextBytes = 1<<20, 256<<10
	}
	head := "Subject: x\r\nMIME-Version: 1.0\r\n"
	html := head + "Content-Type: text/html\r\n\r\n"
	for _, c := range []struct {
		name string
		raw  []byte
		want DefectKind
	}{
		{"10000 parts", manyParts(10_000), TooManyParts},
		{"depth 1000", nestedParts(1000), TooDeep},
		{"messages 1000 deep", append(repeat("Content-Type: message/rfc822\r\n\r\n", 1000), "x"...), TooDeep},
		{"boundaries with one prefix", prefixed(45), SuspectBoundary},
		{"unclosed multiparts", repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 1000), TooDeep},
		{"multiparts without boundary", append([]byte(head+"Content-Type: multipart/mixed\r\n\r\n"), repeat("--x\r\n\r\n", size/8)...), MissingBoundary},
		{"only delimiters", append([]byte(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeat("--b\r\n", size/8)...), TooManyParts},
		{"only closing delimiters", append([]byte(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeat("--b--\r\n", size/8)...), EmptyMultipart},
		{"guesses in guesses", repeat("Content-Type: multipart/mixed\r\n\r\n--x\r\n", 2000), MissingBoundary},
		{"long text", append([]byte(head+"\r\n"), repeat("words and words\r\n", size/17)...), TextTooLong},
		{"one line", append([]byte(head+"\r\n"), repeat("x", size)...), LongLine},
		{"bare CR", append([]byte(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n"), repeat("\r", size)...), BareCR},
		{"dashes", append([]byte(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n\r"), repeat("-", size)...), BoundaryNotFound},
		{"base64", append([]byte(head+"Content-Transfer-Encoding: base64\r\n\r\n"), repeat("QUJD\r\n", size/6)...), TextTooLong},
		{"dirty base64", append([]byte(head+"Content-Transfer-Encoding: base64\r\n\r\n"), repeat("Q!==", size/4)...), BadBase64},
		{"padded base64", append([]byte(head+"Content-Transfer-Encoding: base64\r\n\r\n"), repeat("QQ==\r\n", size/6)...), BadBase64},
		{"quoted-printable", append([]byte(head+"Content-Transfer-Encoding: quoted-printable\r\n\r\n"), repeat("=", size)...), BadQuotedPrintable},
		{"begin lines", append([]byte(head+"\r\n"), repeat("begin 644 x\r\n", size/13)...), TextTooLong},
		{"uuencoded files", append([]byte(head+"\r\n"), repeat("begin 644 x\r\n#86)C\r\nend\r\n", size/40)...), UUEncoded},
		{"HTML tags", append([]byte(html), repeat("<b>", size/3)...), TextTooLong},
		{"HTML end tags", append([]byte(html), repeat("<p><b></i>", size/10)...), TextTooLong},
		{"HTML raw text", append([]byte(html), repeat("<style>", size/7)...), TextTooLong},
		{"HTML titles", append([]byte(html), repeat("<title></title", size/14)...), TextTooLong},
		{"HTML comments", append([]byte(html), repeat("<!--", size/4)...), TextTooLong},
		{"HTML less than", append([]byte(html), repeat("<", size)...), TextTooLong},
		{"HTML attributes", append([]byte(html+"<a "), repeat("a ", size/2)...), TextTooLong},
		{"HTML classes", append([]byte(html+"<style>.a{color:red}</style>"), repeat("<p class='a b c d e f g h i'>x", size/30)...), TextTooLong},
		{"HTML styles", append([]byte(html), repeat("<p style='a:b;c:d;/*;*/e:f'>x", size/30)...), TextTooLong},
		{"HTML comments in a style", append([]byte(html+"<p style='"), repeat("/**/", size/4)...), TextTooLong},
		{"HTML style of braces", append([]byte(html+"<style>"), append(repeat("a{", size/2), "}</style>"...)...), TextTooLong},
		{"HTML links from a long base", append([]byte(html+"<base href='http://a.example.com/"), append(repeat("a", 200<<10), append([]byte("'>"), repeat("<a href=x>x</a>", size/16)...)...)...), TooManyLinks},
		{"HTML forms", append([]byte(html), repeat("<form action=http://a.example.com/><input>", size/42)...), TooManyLinks},
		{"HTML links", append([]byte(html), repeat("<a href=http://a.example.com/>x</a>", size/36)...), TextTooLong},
		{"links", append([]byte(head+"\r\n"), repeat("http://a.com ", size/13)...), TooManyLinks},
		{"dots", append([]byte(head+"\r\n"), repeat("a.", size/2)...), TextTooLong},
		{"at signs", append([]byte(head+"\r\n"), repeat("a@", size/2)...), TextTooLong},
		{"colons", append([]byte(head+"\r\n"), repeat("a://", size/4)...), TextTooLong},
		{"brackets", append([]byte(head+"\r\n"), append(repeat("http://a.com/)))))))) ", 100), repeat(")", size)...)...), TextTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			m := walk(t, c.raw, limits)
			if took := time.Since(start); took > slow {
				t.Errorf("took %v", took)
			} else {
				t.Logf("%d bytes took %v", len(c.raw), took)
			}
			if !m.Has(c.want) {
				t.Errorf("%v is not among %v", c.want, m.Defects()[:min(10, len(m.Defects()))])
			}
		})
	}
}

// TestDecodedBytes bounds what all parts decode to together.
func TestDecodedBytes(t *testing.T) {
	limits := DefaultLimits()
	limits.DecodedBytes = 1000
	raw := []byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
	part := "--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("QUJD\r\n", 100)
	raw = append(raw, repeat(part, 10)...)
	m := walk(t, raw, limits)
	total := 0
	for _, p := range m.Attachments() {
		total += len(p.Decoded())
	}
	if total > 1000 || total < 900 {
		t.Errorf("%d bytes decoded", total)
	}
	if !m.Has(TooMuchDecoded) {
		t.Error("no defect says so")
	}
}

// TestConcurrent reads one message from many goroutines at once.
func TestConcurrent(t *testing.T) {
	raw := readFile(t, "testdata/alternative.eml")
	m := Parse(raw, DefaultLimits())
	want := dump(Parse(raw, DefaultLimits()))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			m.Links()
			if got := dump(m); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	wg.Wait()
}
