// Package dkim verifies and makes DKIM signatures: a domain's promise, kept by
// a key in the DNS, that it sent a message and that the signed parts of it
// are as they were (RFC 6376, with the algorithms of RFC 8301 and RFC 8463 and
// the names of RFC 8616).
//
// A signature speaks for the domain in its d= and for nobody else: whether
// that is the domain in From is the question of DMARC. And it speaks for the
// fields it lists and no others. So a message to which somebody added a second
// From or Subject above the signed one does not pass here, although the
// mathematics still hold (RFC 6376 section 8.15): mail readers might show the
// wrong one.
package dkim

import "strings"

// Status is what became of one signature, in the words of RFC 8601 section
// 2.7.1.
type Status uint8

// The outcomes.
const (
	// None says that there was no signature.
	None Status = iota
	// Pass says that the signature is right and acceptable.
	Pass
	// Fail says that the message is not what was signed.
	Fail
	// Policy says that the signature is right but not acceptable here, or
	// would not be if it were: key too short, copies of signed fields that are
	// not signed, time in the future, expired.
	Policy
	// Neutral says that the signature was not looked at.
	Neutral
	// TempError says that the key could not be asked for now.
	TempError
	// PermError says that the signature can never be verified: wrong syntax,
	// no key, a revoked key.
	PermError
)

var statusNames = [...]string{"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"}

// String gives the word that stands in Authentication-Results.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "neutral"
}

// Algorithm is how a signature is made (tag a=).
type Algorithm uint8

// The algorithms.
const (
	// AnyAlgorithm stands for none given.
	AnyAlgorithm Algorithm = iota
	// RSASHA256 is rsa-sha256 (RFC 6376 section 3.3.2).
	RSASHA256
	// Ed25519SHA256 is ed25519-sha256 (RFC 8463).
	Ed25519SHA256
	// RSASHA1 is rsa-sha1, which RFC 8301 forbids.
	RSASHA1
)

var algorithmNames = [...]string{"", "rsa-sha256", "ed25519-sha256", "rsa-sha1"}

// String gives the tag's value, such as "rsa-sha256".
func (a Algorithm) String() string { return algorithmNames[a] }

// parseAlgorithm reads the tag's value.
func parseAlgorithm(s string) (Algorithm, bool) {
	for i, name := range algorithmNames[1:] {
		if strings.EqualFold(s, name) {
			return Algorithm(i + 1), true
		}
	}
	return AnyAlgorithm, false
}

// keyType is the k= of keys that make such signatures.
func (a Algorithm) keyType() string {
	if a == Ed25519SHA256 {
		return "ed25519"
	}
	return "rsa"
}

// hashName is the h= of keys that make such signatures.
func (a Algorithm) hashName() string {
	if a == RSASHA1 {
		return "sha1"
	}
	return "sha256"
}

// Canon is a canonicalisation: what may happen to the text on its way
// without breaking the signature (RFC 6376 section 3.4).
type Canon uint8

// The canonicalisations.
const (
	// Simple forgives almost nothing.
	Simple Canon = iota
	// Relaxed forgives changes of blanks, folds and the case of names.
	Relaxed
)

// String gives "simple" or "relaxed".
func (c Canon) String() string {
	if c == Relaxed {
		return "relaxed"
	}
	return "simple"
}

// Canons is the pair of canonicalisations of a signature (tag c=).
type Canons struct {
	Header, Body Canon
}

// String gives the tag's value, such as "relaxed/simple".
func (c Canons) String() string { return c.Header.String() + "/" + c.Body.String() }

// parseCanons reads the tag's value: without a slash it is about the header
// and the body is simple.
func parseCanons(s string) (c Canons, ok bool) {
	header, body, two := strings.Cut(s, "/")
	if c.Header, ok = parseCanon(header); !ok || !two {
		return c, ok
	}
	c.Body, ok = parseCanon(body)
	return c, ok
}

func parseCanon(s string) (Canon, bool) {
	switch {
	case strings.EqualFold(s, "relaxed"):
		return Relaxed, true
	case strings.EqualFold(s, "simple"):
		return Simple, true
	}
	return Simple, false
}
