package arc

import (
	"context"
	"errors"
	"strings"
	"testing"

	"postern/internal/dkim"
)

// results are those of a server that found nothing wrong.
const results = "mx.example.net; spf=pass smtp.mailfrom=example.com"

// TestSealLong seals until the chain is full.
func TestSealLong(t *testing.T) {
	z := testZone(t)
	v := verifier(t, z, func(o *Options) { o.TrustedSealers = []string{"forward.example"} })
	s := sealer(t, "forward.example")
	raw := letter
	for i := 1; i <= MaxSets; i++ {
		set, err := s.Seal(parse([]byte(raw)), v.Verify(context.Background(), parse([]byte(raw)), now), results, now)
		if err != nil {
			t.Fatalf("instance %d: %v", i, err)
		}
		if set.Instance != i {
			t.Fatalf("instance %d, want %d", set.Instance, i)
		}
		raw = set.write(raw)
	}
	rep := v.Verify(context.Background(), parse([]byte(raw)), now)
	if rep.Status != Pass || rep.OldestPass != 0 || rep.Trusted == nil || rep.Trusted.Instance != 1 || len(rep.Sets) != MaxSets {
		t.Fatal(tell(rep))
	}
	if _, err := s.Seal(parse([]byte(raw)), rep, results, now); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want that the chain is full", err)
	}
}

// TestSealBroken seals a broken chain once and never again.
func TestSealBroken(t *testing.T) {
	z := testZone(t)
	v := verifier(t, z, nil)
	s := sealer(t, "forward.example")
	raw := footer(pass(t, z, letter, same, "list.example"))
	set, err := s.Seal(parse([]byte(raw)), v.Verify(context.Background(), parse([]byte(raw)), now), results, now)
	if err != nil {
		t.Fatal(err)
	}
	if set.Claim != Fail || set.Instance != 2 || !strings.Contains(set.Fields[0].Value, "cv=fail") {
		t.Fatalf("%+v", set)
	}
	raw = set.write(raw)
	rep := v.Verify(context.Background(), parse([]byte(raw)), now)
	if rep.Status != Fail {
		t.Fatal(tell(rep))
	}
	if _, err := s.Seal(parse([]byte(raw)), rep, results, now); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v, want that the chain has ended", err)
	}
	// The seal of a broken chain is over its own set alone.
	sets := parseSets(t, raw)
	own := sets[1]
	if digest := sealDigests([]Set{own})[0]; verifySeal(v, &own, digest) != dkim.Pass {
		t.Error("the seal is not over its own set alone")
	}
}

// parseSets reads the sets of a message.
func parseSets(t *testing.T, raw string) []Set {
	t.Helper()
	c := collect(parse([]byte(raw)).Header())
	if c == nil {
		t.Fatal("no sets")
	}
	return c.sets
}

func verifySeal(v *Verifier, s *Set, digest []byte) dkim.Status {
	status, _, _ := v.signatures.VerifyDigest(context.Background(), s.Seal.Selector, s.Seal.Domain, s.Seal.Algorithm, digest, s.Seal.signature)
	return status
}

// TestSealRefuses refuses what would make a void set.
func TestSealRefuses(t *testing.T) {
	m, none := parse([]byte(letter)), &Report{}
	cases := []struct {
		name, reason string
		change       func(*Sealer)
		results      string
	}{
		{"header injection", "no fold", nil, "mx.example; spf=pass\r\nFrom: m@evil.example"},
		{"empty line", "no fold", nil, "mx.example; spf=pass\r\n\r\nbody"},
		{"line of blanks", "no fold", nil, "mx.example; spf=pass\r\n \r\n\tx"},
		{"CR alone", "control", nil, "mx.example; spf=pass\rFrom: m@evil.example"},
		{"NUL", "control", nil, "mx.example; \x00"},
		{"no server", "server's name", nil, " ; spf=pass"},
		{"nothing", "server's name", nil, ""},
		{"no key", "no key", func(s *Sealer) { s.Key = nil }, results},
		{"no domain", "not a domain", func(s *Sealer) { s.Domain = "" }, results},
		{"seals signed", "must not be signed", func(s *Sealer) { s.Headers = []string{"arc-seal"} }, results},
		{"results signed", "must not be signed", func(s *Sealer) { s.Oversign = []string{"Authentication-Results"} }, results},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := sealer(t, "list.example")
			if c.change != nil {
				c.change(&s)
			}
			if set, err := s.Seal(m, none, c.results, now); err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %+v, %v; want %q", set, err, c.reason)
			}
		})
	}
	s := sealer(t, "list.example")
	if _, err := s.Seal(parse([]byte("Subject: x\r\n\r\n")), none, results, now); !errors.Is(err, dkim.ErrFrom) {
		t.Errorf("got %v, want that there is no From", err)
	}
	if _, err := s.Seal(m, &Report{Status: TempError}, results, now); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want that it is not known", err)
	}
}

// TestResults reads the beginnings of results.
func TestResults(t *testing.T) {
	cases := []struct {
		value    string
		instance int
		server   string
	}{
		{" i=1; mx.example.net; spf=pass", 1, "mx.example.net"},
		{"i = 12 ;\r\n\tmx.example.net 1; none", 12, "mx.example.net"},
		{" (a (b) \\) c) i (x) = (y) 3 (z) ; (w) \"mx \\\"one\\\"\"; none", 3, `mx "one"`},
		{"i=50; mx", 50, "mx"},
		{"i=01; mx", 1, "mx"},
		{"i=1;", 1, ""},
		{"i=51; mx", 0, ""}, {"i=0; mx", 0, ""}, {"i=; mx", 0, ""}, {"i=001; mx", 0, ""}, {"i=-1; mx", 0, ""},
		{"I=1; mx", 0, ""}, {"i=1 mx", 0, ""}, {"i=1", 0, ""}, {"mx; i=1;", 0, ""}, {"", 0, ""},
		{"(((", 0, ""}, {strings.Repeat("(", 100000) + "i=1; x", 0, ""},
	}
	for _, c := range cases {
		instance, server, _, ok := parseResults(c.value)
		if instance != c.instance || server != c.server || ok != (c.instance > 0) {
			t.Errorf("%.40q: got %d %q %v, want %d %q", c.value, instance, server, ok, c.instance, c.server)
		}
	}
}
