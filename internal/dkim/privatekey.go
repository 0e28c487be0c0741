package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

// PrivateKey signs. It is safe for concurrent use.
type PrivateKey struct {
	rsa *rsa.PrivateKey
	ed  ed25519.PrivateKey
}

// ParsePrivateKey reads a key as files have it: PEM with PKCS #1 or PKCS #8,
// RSA or Ed25519. A file with nothing but 32 octets in base64 is an Ed25519
// key as dkimpy writes it.
func ParsePrivateKey(text []byte) (*PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return parseSeed(text)
	}
	if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") || block.Type == "ENCRYPTED PRIVATE KEY" {
		return nil, fmt.Errorf("the key is protected by a passphrase; store it without one")
	}
	var parsed any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("the file has a %s in place of a private key", strings.ToLower(block.Type))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	return NewPrivateKey(parsed)
}

// parseSeed reads a bare Ed25519 key.
func parseSeed(text []byte) (*PrivateKey, error) {
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("there is no private key in PEM form")
	}
	return NewPrivateKey(ed25519.NewKeyFromSeed(seed))
}

// NewPrivateKey takes a *rsa.PrivateKey of at least 1024 bits or an
// ed25519.PrivateKey.
func NewPrivateKey(key crypto.PrivateKey) (*PrivateKey, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if bits := k.N.BitLen(); bits < hardMinRSABits {
			return nil, fmt.Errorf("an RSA key of %d bits is too short; RFC 8301 demands %d", bits, hardMinRSABits)
		}
		if err := k.Validate(); err != nil {
			return nil, fmt.Errorf("the RSA key is not sound: %w", err)
		}
		k.Precompute()
		return &PrivateKey{rsa: k}, nil
	case ed25519.PrivateKey:
		return &PrivateKey{ed: k}, nil
	}
	return nil, fmt.Errorf("keys of this kind cannot sign mail; RSA and Ed25519 can")
}

// GenerateRSA makes a new RSA key of 1024 to 4096 bits; 2048 is usual.
func GenerateRSA(bits int) (*PrivateKey, error) {
	if bits < hardMinRSABits || bits > 4096 {
		return nil, fmt.Errorf("making a key of %d bits: it must be between %d and 4096", bits, hardMinRSABits)
	}
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("making an RSA key: %w", err)
	}
	return NewPrivateKey(k)
}

// GenerateEd25519 makes a new Ed25519 key.
func GenerateEd25519() (*PrivateKey, error) {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making an Ed25519 key: %w", err)
	}
	return NewPrivateKey(k)
}

// PEM gives the key as PKCS #8 for a file, which nobody else may read.
func (k *PrivateKey) PEM() ([]byte, error) {
	var key any = k.rsa
	if k.rsa == nil {
		key = k.ed
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing the private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Type is "rsa" or "ed25519".
func (k *PrivateKey) Type() string { return k.algorithm().keyType() }

// Bits is the key's length, 256 for Ed25519.
func (k *PrivateKey) Bits() int {
	if k.rsa != nil {
		return k.rsa.N.BitLen()
	}
	return 8 * ed25519.PublicKeySize
}

// Public gives the public key, as it would be read from the DNS.
func (k *PrivateKey) Public() *Key {
	if k.rsa != nil {
		return &Key{Type: "rsa", Public: &k.rsa.PublicKey, Bits: k.Bits()}
	}
	return &Key{Type: "ed25519", Public: k.ed.Public(), Bits: k.Bits()}
}

// algorithm is what the key signs with unless told otherwise.
func (k *PrivateKey) algorithm() Algorithm {
	if k.rsa != nil {
		return RSASHA256
	}
	return Ed25519SHA256
}

// Sign signs the hash of what is to be signed, made by SHA-1 for RSASHA1 and
// by SHA-256 for the others.
func (k *PrivateKey) Sign(a Algorithm, digest []byte) ([]byte, error) {
	if k.rsa == nil {
		return ed25519.Sign(k.ed, digest), nil
	}
	hash := crypto.SHA256
	if a == RSASHA1 {
		hash = crypto.SHA1
	}
	return rsa.SignPKCS1v15(nil, k.rsa, hash, digest)
}

// sigLen is the length of signatures in base64.
func (k *PrivateKey) sigLen() int {
	if k.rsa != nil {
		return base64.StdEncoding.EncodedLen(k.rsa.Size())
	}
	return base64.StdEncoding.EncodedLen(ed25519.SignatureSize)
}
