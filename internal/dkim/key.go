package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// Key is a public key as it is published in the DNS (RFC 6376 section 3.6.1).
type Key struct {
	// Type is "rsa" or "ed25519" (k=).
	Type string
	// Public is *rsa.PublicKey or ed25519.PublicKey; nil when the key has been
	// revoked.
	Public crypto.PublicKey
	// Bits is the key's length, 256 for Ed25519.
	Bits int
	// Hashes are the hash algorithms that may be used with it (h=); empty for
	// all.
	Hashes []string
	// Testing (t=y) tells that the domain is only trying DKIM out, Strict
	// (t=s) that i= must name exactly the domain d=.
	Testing, Strict bool
	// Notes are for people (n=).
	Notes string
}

// ErrRevoked says that the key has been taken back: its p= is empty.
var ErrRevoked = errors.New("the key has been revoked")

// ParseKey reads the text of a key record, its pieces joined. A revoked key
// gives ErrRevoked together with the key.
func ParseKey(record string) (*Key, error) {
	if len(record) > maxKeyRecord {
		return nil, fmt.Errorf("the key record is longer than %d octets", maxKeyRecord)
	}
	tags, err := ParseTagList(record)
	if err != nil {
		return nil, fmt.Errorf("the key record is broken: %w", err)
	}
	if t := tags.find("v"); t != nil && (t.Value != "DKIM1" || t != &tags[0]) {
		return nil, fmt.Errorf("the record is not a DKIM key: v=DKIM1 must come first")
	}
	k := &Key{Type: "rsa"}
	if err := k.readTags(tags); err != nil {
		return nil, err
	}
	p, ok := tags.Get("p")
	if !ok {
		return nil, fmt.Errorf("the key record has no key (p=)")
	}
	if p == "" {
		return k, ErrRevoked
	}
	return k, k.readPublic(p)
}

// readTags reads what the record says about the key.
func (k *Key) readTags(tags TagList) error {
	if s, ok := tags.Get("s"); ok && !listHas(s, "*") && !listHas(s, "email") {
		return fmt.Errorf("the key is not for mail (s=%s)", quoted(s))
	}
	if t, ok := tags.Get("k"); ok {
		k.Type = strings.ToLower(t)
	}
	if k.Type != "rsa" && k.Type != "ed25519" {
		return fmt.Errorf("keys of type %s (k=) are not known", quoted(k.Type))
	}
	if h, ok := tags.Get("h"); ok {
		for name := range strings.SplitSeq(h, ":") {
			k.Hashes = append(k.Hashes, strings.ToLower(trimFWS(name)))
		}
	}
	flags, _ := tags.Get("t")
	k.Testing, k.Strict = listHas(flags, "y"), listHas(flags, "s")
	k.Notes, _ = tags.Get("n")
	return nil
}

// listHas tells whether a list with colons has that word.
func listHas(list, word string) bool {
	for item := range strings.SplitSeq(list, ":") {
		if strings.EqualFold(trimFWS(item), word) {
			return true
		}
	}
	return false
}

// readPublic reads p=.
func (k *Key) readPublic(p string) error {
	der, err := decodeBase64(p)
	if err != nil {
		return fmt.Errorf("the key (p=) is not base64")
	}
	if k.Type == "ed25519" {
		if len(der) != ed25519.PublicKeySize {
			return fmt.Errorf("the Ed25519 key (p=) has %d octets in place of %d", len(der), ed25519.PublicKeySize)
		}
		k.Public, k.Bits = ed25519.PublicKey(der), 8*ed25519.PublicKeySize
		return nil
	}
	pub, err := parseRSA(der)
	if err != nil {
		return fmt.Errorf("the key (p=) is not an RSA key")
	}
	k.Public, k.Bits = pub, pub.N.BitLen()
	return nil
}

// parseRSA reads an RSA key. QUIRK: RFC 6376 section 3.6.1 says RSAPublicKey
// but shows SubjectPublicKeyInfo (its erratum 3017); both are published.
func parseRSA(der []byte) (*rsa.PublicKey, error) {
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return x509.ParsePKCS1PublicKey(der)
	}
	pub, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("another kind of key")
	}
	return pub, nil
}

// allows tells whether signatures of that algorithm may be made with the key.
func (k *Key) allows(a Algorithm) error {
	if k.Type != a.keyType() {
		return fmt.Errorf("the key is of type %s, the signature is %s", k.Type, a)
	}
	if len(k.Hashes) == 0 {
		return nil
	}
	for _, h := range k.Hashes {
		if h == a.hashName() {
			return nil
		}
	}
	return fmt.Errorf("the key must not be used with %s (h=)", a.hashName())
}

// Verify checks a signature over the hash of what was signed, made by SHA-1
// for RSASHA1 and by SHA-256 for the others.
func (k *Key) Verify(a Algorithm, digest, sig []byte) bool {
	switch pub := k.Public.(type) {
	case *rsa.PublicKey:
		hash := crypto.SHA256
		if a == RSASHA1 {
			hash = crypto.SHA1
		}
		return rsa.VerifyPKCS1v15(pub, hash, digest, sig) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(pub, digest, sig)
	}
	return false
}
