package dkim

import (
	"context"
	"strings"
	"testing"

	"postern/internal/message"
)

// TestARC makes and verifies a message signature of ARC.
func TestARC(t *testing.T) {
	s := DefaultSigner("example.com", "rsa2048", loadKey(t, "rsa2048"))
	s.Instance = 1
	values, err := Sign(parse([]byte(letter)), now, []Signer{s})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(values[0], "i=1; a=rsa-sha256; ") {
		t.Error(values[0])
	}
	m := parse([]byte("ARC-Message-Signature: " + values[0] + "\r\n" + letter))
	v := verifier(t, testZone(t), nil)
	field := m.Header().First(arcField)
	results := v.VerifyFields(context.Background(), m, FormARC, []*message.Field{field}, now)
	if len(results) != 1 {
		t.Fatal(results)
	}
	expect(t, results[0], Pass, "")
	results = v.VerifyFields(context.Background(), m, FormDKIM, []*message.Field{field}, now)
	expect(t, results[0], PermError, "version")
}

// TestSeal makes and verifies a signature that is not about a message.
func TestSeal(t *testing.T) {
	key := loadKey(t, "ed25519")
	fields := AppendField(nil, Relaxed, []byte("ARC-Authentication-Results: i=1; x\r\n"))
	tags := []Tag{{Name: "i", Value: "1"}, {Name: "a", Value: key.Algorithm().String()}, {Name: "cv", Value: "none"},
		{Name: "d", Value: "example.com"}, {Name: "s", Value: "ed25519"}}
	value, err := SignTags("ARC-Seal", tags, Relaxed, fields, key, key.Algorithm())
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte("ARC-Seal: " + value + "\r\n")
	text, err := AppendUnsigned(AppendField(nil, Relaxed, []byte("ARC-Authentication-Results:  i=1; x\r\n")), Relaxed, raw)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseTagList(value)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := list.Get("b")
	sig, err := DecodeBase64(b)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, testZone(t), nil)
	ask := func(selector, domain string, text []byte) (Status, string) {
		status, reason, _ := v.VerifyDigest(context.Background(), selector, domain, Ed25519SHA256, Digest(Ed25519SHA256, text), sig)
		return status, reason
	}
	if s, why := ask("ed25519", "example.com", text); s != Pass {
		t.Error(s, why)
	}
	if s, why := ask("ed25519", "example.com", text[1:]); s != Fail {
		t.Error(s, why)
	}
	if s, why := ask("rsa2048", "example.com", text); s != PermError {
		t.Error(s, why)
	}
	if s, why := ask("", "example.com", text); s != PermError {
		t.Error(s, why)
	}
	if _, err := AppendUnsigned(nil, Relaxed, []byte("ARC-Seal: i=1")); err == nil {
		t.Error("a seal without b=")
	}
}
