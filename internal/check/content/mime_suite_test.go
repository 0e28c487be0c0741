package content

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
	"postern/test/suites"
)

// unseen are the mails of the suite whose break of the standard is borne
// without a finding: mail programs agree on how to read them.
var unseen = map[string]string{
	"multipart-ulti_type-singlepart-b64h-basic-base64-mixedlen": "an unknown type, shown as it stands",
	"multi.yenc": "yEnc, which mail programs do not read",
	"multipart-rfc2231-plain*MR*-singlepart-b64h-basic-base64-mixedlen":                    "pieces of a parameter in another order",
	"multipart-basic-singlepart-b64h-enc-comma-mixedlen":                                   "base64 with a comma behind is base64",
	"multipart-basic-singlepart-b64h-enc-semicolon-mixedlen":                               "base64 with a semicolon behind is base64",
	"multipart-basic-singlepart-b64h-ws2000_base64-mixedlen":                               "two thousand blanks before base64",
	"multipart-basic-singlepart-qph-basic-qp-lcenc":                                        "lower case digits in quoted-printable",
	"multipart-basic-singlepart-x-uue.begin.end":                                           "a known name of uuencode",
	"multipart-basic-singlepart-x-uuencode.begin.end":                                      "a known name of uuencode",
	"multipart-bound.fold.ary-singlepart-b64h-basic-base64-mixedlen":                       "a parameter's name folded",
	"multipart-double_boundary-ctb:bad,rfc2231_good-singlepart-b64h-basic-base64-mixedlen": "two spellings of a parameter",
	"multipart-end_inside_decl_header-singlepart-b64h-basic-base64-mixedlen":               "the end of a multipart within a header",
	"multipart-eq.space-singlepart-b64h-basic-base64-mixedlen":                             "a blank behind the equals sign",
	"multipart-space.eq-singlepart-b64h-basic-base64-mixedlen":                             "a blank before the equals sign",
	"multipart-tab.eq-singlepart-b64h-basic-base64-mixedlen":                               "a tab before the equals sign",
	"multipart-nl.eq-singlepart-b64h-basic-base64-mixedlen":                                "a fold before the equals sign",
	"multipart-hidekey-ct.comma-singlepart-b64h-basic-base64-mixedlen":                     "a comma in Content-Type",
	"multipart-substr:tab-singlepart-b64h-basic-base64-mixedlen":                           "a boundary that goes on after a tab",
	"multipart-substr:vt-singlepart-b64h-basic-base64-mixedlen":                            "a boundary that goes on after a vertical tab",
}

// TestEvasionIsSeen demands a finding for each mail of the suite that breaks
// the standard in order to hide an attachment.
func TestEvasionIsSeen(t *testing.T) {
	dir := suites.Path(t, "suites", "mime-evasion", "noxxi", "hide-content.d", "new")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails in %s: %v", dir, err)
	}
	checks := []check.Check{MIMEStructure(), MIMEBoundary(), MIMEDefects(), AttachmentTypes(), BrokenHeader()}
	broken, seen := 0, 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m := message.Parse(raw, message.DefaultLimits())
		payload := m.Header().Value("X-Payload-Id")
		name, _, _ := strings.Cut(payload, " ")
		if !strings.Contains(payload, "valid(0)") {
			continue
		}
		broken++
		if found := scored(t, checks, m); found != "" {
			seen++
		} else if unseen[name] == "" {
			t.Errorf("%s: nothing found", name)
		}
	}
	t.Logf("%d of %d seen", seen, broken)
}

// scored gives a symbol with a score of its own that the checks find, apart
// from the suite's own slip of an address without a domain.
func scored(t *testing.T, checks []check.Check, m *message.Message) string {
	t.Helper()
	for _, c := range checks {
		for _, found := range checktest.Find(t, c, &check.Transaction{Session: checktest.Session(), Message: m, Now: checktest.Now}) {
			for _, s := range c.Info().Symbols {
				if s.Name == found.Symbol && s.Score > 0 && s.Name != "HEADER_BAD_ADDRESS" {
					return s.Name
				}
			}
		}
	}
	return ""
}
