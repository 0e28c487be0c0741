package dkim

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"testing"
)

// benchLetter is a mail of 20 kB with an ordinary header.
func benchLetter() string {
	line := "The quick brown fox jumps over the lazy dog, and then it does so once more.\r\n"
	return letter + strings.Repeat(line, 20000/len(line))
}

func benchVerify(b *testing.B, name string, canons Canons, change func(string) string) {
	s := DefaultSigner("example.com", name, loadKey(b, name))
	s.Canons = canons
	msg := change(benchLetter())
	values, err := Sign(parse([]byte(msg)), now, []Signer{s})
	if err != nil {
		b.Fatal(err)
	}
	m := parse([]byte("DKIM-Signature: " + values[0] + "\r\n" + msg))
	v := verifier(b, testZone(b), nil)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		if v.Verify(context.Background(), m, now).Status() != Pass {
			b.Fatal("does not pass")
		}
	}
}

func same(s string) string { return s }

func BenchmarkVerifyRSA2048(b *testing.B) {
	b.Run("relaxed", func(b *testing.B) { benchVerify(b, "rsa2048", Canons{Relaxed, Relaxed}, same) })
	b.Run("simple", func(b *testing.B) { benchVerify(b, "rsa2048", Canons{Simple, Simple}, same) })
	b.Run("LF", func(b *testing.B) {
		benchVerify(b, "rsa2048", Canons{Relaxed, Relaxed}, func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") })
	})
	b.Run("blanks", func(b *testing.B) {
		benchVerify(b, "rsa2048", Canons{Relaxed, Relaxed}, func(s string) string { return strings.ReplaceAll(s, " the ", "  the\t") })
	})
}

func BenchmarkVerifyEd25519(b *testing.B) { benchVerify(b, "ed25519", Canons{Relaxed, Relaxed}, same) }

// BenchmarkVerifyFloor is what cannot be done without: the key's operation and
// the hash of 20 kB.
func BenchmarkVerifyFloor(b *testing.B) {
	key := loadKey(b, "rsa2048")
	msg := []byte(benchLetter())
	digest := sha256.Sum256(msg)
	sig, err := key.Sign(RSASHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		digest := sha256.Sum256(msg)
		if rsa.VerifyPKCS1v15(&key.rsa.PublicKey, crypto.SHA256, digest[:], sig) != nil {
			b.Fatal("does not pass")
		}
	}
}

func benchSign(b *testing.B, names ...string) {
	var signers []Signer
	for _, name := range names {
		signers = append(signers, DefaultSigner("example.com", name, loadKey(b, name)))
	}
	m := parse([]byte(benchLetter()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Sign(m, now, signers); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignRSA2048(b *testing.B) { benchSign(b, "rsa2048") }
func BenchmarkSignEd25519(b *testing.B) { benchSign(b, "ed25519") }
func BenchmarkSignBoth(b *testing.B)    { benchSign(b, "rsa2048", "ed25519") }

// BenchmarkSignFloor is the standard library's signature alone.
func BenchmarkSignFloor(b *testing.B) {
	key := loadKey(b, "rsa2048")
	digest := sha256.Sum256(nil)
	for b.Loop() {
		if _, err := key.Sign(RSASHA256, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBodyRelaxed(b *testing.B) {
	body := []byte(benchLetter())
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		newBodyHash(newHash("sha256"), nil).relaxed(body)
	}
}

func BenchmarkParseKey(b *testing.B) {
	text := record(b, loadKey(b, "rsa2048"))
	for b.Loop() {
		if _, err := ParseKey(text); err != nil {
			b.Fatal(err)
		}
	}
}
