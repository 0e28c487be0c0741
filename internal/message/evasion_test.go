package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/test/suites"
)

// zipMark begins every ZIP archive.
var zipMark = []byte("PK\x03\x04")

// TestEvasionNoxxi parses mails built to hide a ZIP archive from filters: it
// must be found in what some part decodes to, or the mail be called broken.
func TestEvasionNoxxi(t *testing.T) {
	dir := suites.Path(t, "suites", "mime-evasion", "noxxi", "hide-content.d", "new")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	found, flagged := 0, 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := walk(t, raw, DefaultLimits())
		has := false
		for _, p := range m.Attachments() {
			has = has || bytes.HasPrefix(p.Decoded(), zipMark)
		}
		for _, p := range m.Parts() {
			has = has || bytes.Contains(p.Decoded(), zipMark) && len(p.Children()) == 0
		}
		malformed := m.malformed()
		switch {
		case has:
			found++
		case malformed != "":
			flagged++
			if testing.Verbose() {
				t.Logf("flagged as %s: %s", malformed, m.Header().Value("X-Payload-Id"))
			}
		default:
			t.Errorf("missed: %s %s", filepath.Base(file), m.Header().Value("X-Payload-Id"))
		}
	}
	t.Logf("of %d mails the payload is found in %d, %d more are called broken", len(files), found, flagged)
}

// malformed names the first defect that real mail hardly has, "" for none.
func (m *Message) malformed() string {
	var kinds []string
	for _, d := range m.Defects() {
		switch d.Kind {
		case LongLine, MissingMIMEVersion, BareLF, EightBitIn7Bit, EightBitHeader, UUEncoded, TypeMismatch:
			continue
		}
		kinds = append(kinds, d.Kind.String())
	}
	return strings.Join(kinds, ", ")
}

// TestEvasionClamAV finds a program in mails of a scanner's test files.
func TestEvasionClamAV(t *testing.T) {
	dir := suites.Path(t, "suites", "archives", "clamav-unit")
	const want = "71e7b604d18aefd839e51a39c88df8383bb4c071dc31f87f00a2b5df580d4495"
	for _, name := range []string{"clam.exe.mbox.base64", "clam.exe.mbox.uu", "clam.mail"} {
		m := walk(t, readFile(t, filepath.Join(dir, name)), DefaultLimits())
		found := false
		for _, p := range m.Attachments() {
			sum := sha256.Sum256(p.Decoded())
			found = found || hex.EncodeToString(sum[:]) == want
		}
		if !found {
			t.Errorf("%s: not found in\n%s", name, dump(m))
		}
	}
}

// TestEvasionTricks parses mails that hide a part from filters by one trick
// each: it must be found.
func TestEvasionTricks(t *testing.T) {
	const body = "--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\nUEsDBBQAAgAIABFKjkk8z1Fo\n--b--\n"
	for _, c := range []struct{ name, mail string }{
		{"comment after the name", "Content-Type (x): multipart/mixed; boundary=b\n\n" + body},
		{"comment at the name", "Content-Type(x): multipart/mixed; boundary=b\n\n" + body},
		{"comment within the name", "Content-(x)Type: multipart/mixed; boundary=b\n\n" + body},
		{"nested comment within the name", "Content(a(b)c)-Type: multipart/mixed; boundary=b\n\n" + body},
		{"two types", "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n" + body},
		{"two types in the other order", "Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain\n\n" + body},
		{"two boundaries", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n" + body},
		{"two boundaries in the other order", "Content-Type: multipart/mixed; boundary=b; boundary=a\n\n" + body},
		{"two types with different boundaries", "Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b\n\n" + body},
		{"boundary in the disposition", "Content-Type: multipart/mixed\nContent-Disposition: inline; boundary=b\n\n" + body},
		{"boundary by RFC 2231 in the disposition", "Content-Type: multipart/mixed\nContent-Disposition: inline; boundary*0=b\n\n" + body},
		{"no boundary", "Content-Type: multipart/mixed\n\n" + body},
		{"semicolon in the boundary", "Content-Type: multipart/mixed; boundary=\"b;c\"\n\n" + strings.ReplaceAll(body, "--b", "--b;c")},
		{"semicolon in the boundary, no quotes", "Content-Type: multipart/mixed; boundary=b;c\n\n" + strings.ReplaceAll(body, "--b", "--b;c")},
		{"misspelt type", "Content-Type: multi part/mixed; boundary=b\n\n" + body},
		{"unknown kind of type", "Content-Type: ultipart/mixed; boundary=b\n\n" + body},
		{"no empty line", "Content-Type: multipart/mixed; boundary=b\n" + body},
		{"parts after the end", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n" + body},
		{"encoded multipart", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll(body, "b", "=62")},
		{"two line ends", strings.ReplaceAll("Content-Type: multipart/mixed; boundary=b\n\n"+body, "\n", "\r\r\n")},
		{"only CR", strings.ReplaceAll("Content-Type: multipart/mixed; boundary=b\n\n"+body, "\n", "\r")},
		{"misspelt encoding", "Content-Type: multipart/mixed; boundary=b\n\n" + strings.ReplaceAll(body, "base64", "bas()e64 x")},
		{"two encodings", "Content-Type: multipart/mixed; boundary=b\n\n" + strings.ReplaceAll(body, ": base64", ": 7bit\nContent-Transfer-Encoding: base64")},
		{"missing first delimiter", "Content-Type: multipart/mixed; boundary=b\n\n" + strings.TrimPrefix(body, "--b\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := walk(t, []byte(c.mail), DefaultLimits())
			for _, p := range m.Parts() {
				if bytes.HasPrefix(p.Decoded(), zipMark) && p.MediaType() == "application/zip" {
					return
				}
			}
			t.Errorf("not found in\n%s", dump(m))
		})
	}
}
