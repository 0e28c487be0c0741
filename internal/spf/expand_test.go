package spf

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
)

// testEvaluation prepares an evaluation for the macros alone.
func testEvaluation(t testing.TB, local string) *evaluation {
	c, err := New(DefaultOptions(), zone{})
	if err != nil {
		t.Fatal(err)
	}
	return newEvaluation(t.Context(), c, Request{
		IP: netip.MustParseAddr("192.0.2.3"), HELO: "mail.example.org", Time: time.Unix(1e9, 0),
	}, addr.Address{Local: local, Domain: "email.example.com"})
}

// expandAll expands a macro-string from front to back without any bound: what
// expandName must agree with.
func expandAll(e *evaluation, spec, domain string) string {
	var b strings.Builder
	for spec != "" {
		p, n, reason := nextPiece(spec)
		if reason != "" {
			return b.String()
		}
		b.WriteString(e.expandPiece(p, domain))
		spec = spec[n:]
	}
	return fitName(b.String())
}

func TestExpandName(t *testing.T) {
	long := strings.Repeat("%{d}.", 20) + "example.com"
	tests := []struct{ spec, want string }{
		{"plain.example.com.", "plain.example.com"},
		{"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
		{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
		{"%{o}%{d1r}", "email.example.comemail"},
		{"%%.%_.%-.%{h1}", "%. .%20.org"},
		{"%{L1R-}.a", "strong.a"},
		{long, "com." + strings.Repeat("email.example.com.", 13) + "example.com"},
	}
	for _, tt := range tests {
		e := testEvaluation(t, "strong-bad")
		if got := e.expandName(tt.spec, "email.example.com"); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.spec, got, tt.want)
		}
	}
}

// TestExpandBounded expands macro bombs: they come to a short name whatever
// they hold, and the values of a dialogue are cut.
func TestExpandBounded(t *testing.T) {
	e := testEvaluation(t, strings.Repeat("a-", 5000))
	if len(e.local) > maxValue {
		t.Errorf("a local part of %d octets is kept", len(e.local))
	}
	for _, bomb := range []string{
		strings.Repeat("%{L}", 10000) + ".example.com",
		strings.Repeat("%{l1r-}", 9000) + ".example.com",
		strings.Repeat("%{l1-}", 10000) + "%{d}", // each is empty
		strings.Repeat("%{i}.", 12000) + "example.com",
		strings.Repeat("a.", 30000) + "%{d}",
		strings.Repeat("%%", 30000) + ".example.com",
	} {
		if reason := checkDomainSpec(bomb); reason != "" {
			t.Fatalf("%.20q: %s", bomb, reason)
		}
		if got := e.expandName(bomb, "example.com"); len(got) > maxRecord {
			t.Errorf("%.20q: gives %d octets", bomb, len(got))
		}
	}
	text := strings.Repeat("%{S} ", 13000)
	if got := e.expandText(text, "example.com"); len(got) != maxExplanation {
		t.Errorf("an explanation has %d octets", len(got))
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"%{d}", "%{ir}.%{v}.a.b", "%{l2r+-}.%{D1}", "%%%_%-.a", "%{p}.a", "a.b.", strings.Repeat("%{d}.", 40) + "a.b"} {
		f.Add(s, "strong-bad+x.y")
	}
	f.Fuzz(func(t *testing.T, spec, local string) {
		if checkDomainSpec(spec) != "" {
			if _, reason := checkMacros(spec, true); reason == "" {
				testEvaluation(t, local).expandText(spec, "a.example.com")
			}
			return
		}
		if len(spec) > 2*maxPieces {
			return // may have more pieces than are looked at
		}
		e := testEvaluation(t, local)
		got, want := e.expandName(spec, "a.example.com"), expandAll(e, spec, "a.example.com")
		if canQuery(want) && got != want || canQuery(got) != canQuery(want) {
			t.Errorf("%q: got %q, want %q", spec, got, want)
		}
	})
}
