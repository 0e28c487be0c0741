package arc

import (
	"context"
	"strings"
	"testing"
)

// twenty is a mail of 20 kB.
var twenty = letter + strings.Repeat("A line of the letter that is as long as lines of letters are.\r\n", 320)

// BenchmarkVerify verifies chains whose keys are at hand.
func BenchmarkVerify(b *testing.B) {
	z := testZone(b)
	for _, c := range []struct {
		name    string
		through []string
	}{
		{"one set", []string{"list.example"}},
		{"three sets", []string{"list.example", "list.example", "list.example"}},
	} {
		raw := []byte(pass(b, z, twenty, same, c.through...))
		v := verifier(b, z, nil)
		m := parse(raw)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rep := v.Verify(context.Background(), m, now); rep.Status != Pass {
					b.Fatal(tell(rep))
				}
			}
		})
	}
}

// BenchmarkNone looks for a chain where there is none.
func BenchmarkNone(b *testing.B) {
	v, m := verifier(b, zone{}, nil), parse([]byte(twenty))
	b.ReportAllocs()
	for b.Loop() {
		v.Verify(context.Background(), m, now)
	}
}

// BenchmarkHostile verifies the most that a chain can be: fifty sets with long
// results.
func BenchmarkHostile(b *testing.B) {
	z := testZone(b)
	v, s := verifier(b, z, nil), sealer(b, "forward.example")
	raw := twenty
	for range MaxSets {
		m := parse([]byte(raw))
		set, err := s.Seal(m, v.Verify(context.Background(), m, now), results+"; "+strings.Repeat("x", 10000), now)
		if err != nil {
			b.Fatal(err)
		}
		raw = set.write(raw)
	}
	m := parse([]byte(raw))
	b.ReportAllocs()
	for b.Loop() {
		if rep := v.Verify(context.Background(), m, now); rep.Status != Pass {
			b.Fatal(rep.Reason)
		}
	}
}

// BenchmarkSeal makes a set.
func BenchmarkSeal(b *testing.B) {
	s, m, rep := sealer(b, "list.example"), parse([]byte(twenty)), &Report{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Seal(m, rep, results, now); err != nil {
			b.Fatal(err)
		}
	}
}
