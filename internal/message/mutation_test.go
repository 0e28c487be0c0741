package message

import (
	"bytes"
	"strings"
	"testing"
)

// mutated is a mail with an archive, whose MIME fields and delimiters are
// changed one octet at a time.
const mutated = "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nDate: Mon, 2 Jan 2023 10:00:00 +0000\r\n" +
	"Message-ID: <1@b.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"bound_28cb1dc2\"\r\n\r\n" +
	"--bound_28cb1dc2\r\nContent-Type: text/plain\r\n\r\nhello\r\n--bound_28cb1dc2\r\n" +
	"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"a.zip\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nUEsDBBQAAgAIABFKjkk8z1FoRgAAAEQAAAAJAAAA\r\n" +
	"ZWljYXIuY29tizD1VwxQdXAMiDaJCYiKMDXRCIjTNHd21jSv\r\n--bound_28cb1dc2--\r\n"

// TestEvasionMutations changes one place of a mail in every way that a filter
// and a mail reader may see differently: the archive is found or the mail is
// called broken. What is missed is a delimiter so changed that no reader takes
// it for one.
func TestEvasionMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of mails")
	}
	insert := []string{
		" ", "\t", "\x00", "\r", "\n", "\r\n", "\r\n ", ",", ";", "\"", "'", "(", ")", "()", "(x)", ":", "=", "--", "-", "\\", "/",
		"\v", "\f", "\xa0", "\u00a0", "*", "*0*", "%62", "x", "\r\n\r\n", "\n\n", "=?utf-8?q?b?=", "<", ">", "[", "@", "\x7f", "\x80", "\r\r\n",
	}
	total, missed := 0, 0
	try := func(mail string) {
		total++
		m := Parse([]byte(mail), DefaultLimits())
		for _, p := range m.Parts() {
			if bytes.Contains(p.Decoded(), zipMark) && p.leaf() {
				return
			}
		}
		if len(m.Defects()) == 0 {
			missed++
		}
	}
	end := strings.Index(mutated, "UEsDB")
	for at := strings.Index(mutated, "Content-Type"); at < end; at++ {
		for _, s := range insert {
			try(mutated[:at] + s + mutated[at:])
			try(mutated[:at] + s + mutated[at+1:])
		}
		for n := 1; n < 4; n++ {
			try(mutated[:at] + mutated[at+n:])
		}
	}
	t.Logf("%d of %d mails missed", missed, total)
	if missed*100 > total {
		t.Error("more than one in a hundred")
	}
}
