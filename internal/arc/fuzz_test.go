package arc

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// FuzzVerify wants nothing to break, and what passes to be what was sealed:
// the body, the fields that readers are shown, and the results.
func FuzzVerify(f *testing.F) {
	z := testZone(f)
	sealed := pass(f, z, letter, same, "forward.example", "forward.example")
	f.Add([]byte(sealed))
	f.Add([]byte(footer(sealed)))
	f.Add([]byte(strings.ReplaceAll(sealed, "i=1", "i=2")))
	f.Add([]byte("ARC-Seal: i=1; cv=none\nARC-Message-Signature: i=1\nARC-Authentication-Results: i=1; x\n\n"))
	v := verifier(f, z, func(o *Options) { o.TrustedSealers = []string{"forward.example"} })
	original := parse([]byte(sealed))
	want := v.Verify(context.Background(), original, now)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := parse(raw)
		rep := v.Verify(context.Background(), m, now)
		if len(rep.Sets) > MaxSets || (rep.Status == None) != (len(m.Header().All(sealField))+len(m.Header().All(messageField))+len(m.Header().All(resultsField)) == 0) {
			t.Fatal(tell(rep))
		}
		if rep.Trusted == nil {
			return
		}
		if m.Header().Count("From") != 1 || m.Header().First("Subject").Text() != original.Header().First("Subject").Text() {
			t.Fatalf("another message: %q", raw)
		}
		plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
		for i := range rep.Sets {
			if plain(rep.Sets[i].Results) != plain(want.Sets[i].Results) {
				t.Fatalf("%q in place of %q", rep.Sets[i].Results, want.Sets[i].Results)
			}
		}
	})
}

// FuzzResults wants results to be read or refused.
func FuzzResults(f *testing.F) {
	for _, s := range []string{" i=1; mx.example.net; spf=pass", "(a(b)) i = 50 ; \"x\\\"\" 1; none", "i=0;", "((((", "i=1;\"\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		instance, server, results, ok := parseResults(s)
		if ok != (instance >= 1 && instance <= MaxSets) || !strings.Contains(s, results) || len(server) > len(results) {
			t.Fatalf("%d %q %q %v", instance, server, results, ok)
		}
	})
}

// FuzzSeal wants whatever is sealed to pass, and nothing to come into the
// header but three fields.
func FuzzSeal(f *testing.F) {
	f.Add([]byte("From: a\r\nSubject: b\r\n c\r\n\r\nbody \r\n"), "mx.example; spf=pass")
	f.Add([]byte("From: a\nX: \r\n\nbody"), "mx.example (c);\r\n\tspf=pass\r\n\tx")
	f.Add([]byte("From: a\r\n\r\n"), "mx\r\nFrom: b")
	v := verifier(f, testZone(f), nil)
	s := sealer(f, "forward.example")
	f.Fuzz(func(t *testing.T, raw []byte, results string) {
		if !bytes.Contains(raw, []byte{'\n'}) {
			t.Skip("CR alone ends lines until a field with CRLF stands above")
		}
		m := parse(raw)
		rep := v.Verify(context.Background(), m, now)
		if rep.Status != None {
			t.Skip("it has fields of a chain")
		}
		set, err := s.Seal(m, rep, results, now)
		if err != nil {
			return
		}
		for _, field := range set.Fields {
			if alone := parse([]byte(field.Name + ": " + field.Value + "\r\n\r\n")); len(alone.Header().Fields()) != 1 {
				t.Fatalf("%q", field)
			}
		}
		rep = v.Verify(context.Background(), parse([]byte(set.write(string(raw)))), now)
		if rep.Status != Pass && len(m.Header().Fields()) > 0 && m.Header().Fields()[0].Offset() == 0 {
			t.Fatalf("%s\n%q", tell(rep), set.write(string(raw)))
		}
	})
}
