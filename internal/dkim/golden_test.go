package dkim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyGolden verifies the mails in testdata/verify and compares all that
// is told of them. The mails have LF in place of CRLF.
func TestVerifyGolden(t *testing.T) {
	mails, err := filepath.Glob("testdata/verify/*.eml")
	if err != nil || len(mails) == 0 {
		t.Fatal("no mails", err)
	}
	z := testZone(t)
	z[KeyName("revoked", "example.com")] = "v=DKIM1; p="
	z[KeyName("trial", "example.com")] = record(t, loadKey(t, "rsa1024")) + "; t=y:s"
	v := verifier(t, z, nil)
	for _, path := range mails {
		t.Run(filepath.Base(path), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := tell(v.Verify(context.Background(), parse([]byte(crlf(string(raw)))), now))
			if lf := tell(v.Verify(context.Background(), parse(raw), now)); lf != got {
				t.Errorf("with LF\n%s\nwith CRLF\n%s", lf, got)
			}
			golden := strings.TrimSuffix(path, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// tell writes a report down.
func tell(rep *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d skipped\n", rep.Status(), rep.Skipped)
	for _, r := range rep.Results {
		fmt.Fprintf(&b, "\n%s: %s\nd=%s s=%s i=%s a=%s c=%s b=%s\n", r.Status, r.Reason, r.Domain, r.Selector, r.Identity, r.Algorithm, r.Canons, r.SignaturePrefix)
		fmt.Fprintf(&b, "bits %d, testing %v, t=%d x=%d l=%d, body not signed %d\n", r.KeyBits, r.Testing, r.Signed, r.Expires, r.BodyLimit, r.UnsignedBody)
		fmt.Fprintf(&b, "signed %s\nnot signed %s\ncopies not signed %s\n", strings.Join(r.Fields, ":"), strings.Join(r.Unsigned, ":"), strings.Join(r.UnsignedCopies, ":"))
	}
	for _, d := range rep.DomainKeys {
		fmt.Fprintf(&b, "\ndomainkeys d=%s s=%s\n", d.Domain, d.Selector)
	}
	return b.String()
}
