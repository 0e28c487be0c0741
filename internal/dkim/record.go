package dkim

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
)

// Record gives the text to publish for the key, as ParseKey reads it.
func (k *Key) Record() (string, error) {
	var der []byte
	switch pub := k.Public.(type) {
	case *rsa.PublicKey:
		var err error
		if der, err = x509.MarshalPKIXPublicKey(pub); err != nil {
			return "", fmt.Errorf("writing the public key: %w", err)
		}
	case ed25519.PublicKey:
		der = pub
	}
	var b strings.Builder
	b.WriteString("v=DKIM1; k=" + k.Type)
	if len(k.Hashes) > 0 {
		b.WriteString("; h=" + strings.Join(k.Hashes, ":"))
	}
	var flags []string
	if k.Testing {
		flags = append(flags, "y")
	}
	if k.Strict {
		flags = append(flags, "s")
	}
	if len(flags) > 0 {
		b.WriteString("; t=" + strings.Join(flags, ":"))
	}
	b.WriteString("; p=" + base64.StdEncoding.EncodeToString(der))
	return b.String(), nil
}

// txtPiece is how long a piece of a text record may be (RFC 1035 section 3.3).
const txtPiece = 255

// SplitTXT cuts a text into the pieces of which a text record is made.
func SplitTXT(text string) []string {
	var pieces []string
	for len(text) > txtPiece {
		pieces, text = append(pieces, text[:txtPiece]), text[txtPiece:]
	}
	return append(pieces, text)
}

// ZoneRecord gives a key's record as zone files have it, its pieces in quotes,
// on lines short enough to be copied.
func ZoneRecord(selector, domain, text string) string {
	var b strings.Builder
	b.WriteString(KeyName(selector, domain) + ".\tIN\tTXT\t(")
	for _, piece := range SplitTXT(text) {
		piece = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(piece)
		b.WriteString("\n\t\"" + piece + "\"")
	}
	b.WriteString(" )\n")
	return b.String()
}

// SameKey tells whether two keys are the same key, whatever else their
// records say.
func SameKey(a, b *Key) bool {
	switch pub := a.Public.(type) {
	case *rsa.PublicKey:
		return pub.Equal(b.Public)
	case ed25519.PublicKey:
		return pub.Equal(b.Public)
	}
	return false
}
