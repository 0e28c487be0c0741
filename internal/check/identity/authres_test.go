package identity

import (
	"slices"
	"testing"

	"postern/internal/check"
	"postern/internal/dkim"
	"postern/internal/dmarc"
	"postern/internal/spf"
)

// TestProves writes results as they stand in Authentication-Results.
func TestProves(t *testing.T) {
	var out check.Report
	provesSPF(&out, &spf.Result{Code: spf.Pass, Domain: "example.com"})
	provesSPF(&out, &spf.Result{Code: spf.Fail, Identity: spf.HELO, Domain: "mx.example.com"})
	provesSPF(&out, &spf.Result{Code: spf.None})
	provesDKIM(&out, &dkim.Report{})
	provesDKIM(&out, &dkim.Report{Results: []dkim.Result{{Status: dkim.Pass, Domain: "example.com", Selector: "s 1", SignaturePrefix: "abc/+123"}}})
	provesDMARC(&out, &dmarc.Result{Status: dmarc.Pass, Author: "example.com"})
	want := []string{
		"spf=pass smtp.mailfrom=example.com",
		"spf=fail smtp.helo=mx.example.com",
		"spf=none",
		"dkim=none",
		`dkim=pass header.d=example.com header.s="s 1" header.b="abc/+123"`,
		"dmarc=pass header.from=example.com",
	}
	if got := out.Proved(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
