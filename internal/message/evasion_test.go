package message

import (
	"bytes"
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

// TestEvasionClamAV parses mails that once hid a program from a scanner.
func TestEvasionClamAV(t *testing.T) {
	dir := suites.Path(t, "suites", "archives", "clamav-unit")
	files, err := filepath.Glob(filepath.Join(dir, "*mail*"))
	if err != nil || len(files) == 0 {
		t.Skip("no mails")
	}
	t.Log(files)
}
