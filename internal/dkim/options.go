package dkim

import (
	"errors"
	"fmt"
	"time"

	"postern/internal/unit"
)

// Options says which signatures are accepted and how much work they may make.
type Options struct {
	// MaxSignatures is how many signatures of one message are verified, from
	// the top. Each may cost one question to the DNS.
	MaxSignatures int `toml:"max_signatures"`
	// MinRSABits is the length of the shortest RSA key whose signatures count;
	// RFC 8301 demands at least 1024.
	MinRSABits int `toml:"min_rsa_bits"`
	// MaxRSABits is the length of the longest RSA key that is worked with; RFC
	// 8301 demands at least 4096.
	MaxRSABits int `toml:"max_rsa_bits"`
	// AcceptSHA1 lets signatures with rsa-sha1 pass, which RFC 8301 forbids.
	AcceptSHA1 bool `toml:"accept_sha1"`
	// AcceptPartialBody lets signatures pass that cover only the beginning of
	// the body (tag l=) although text follows. Even so they must sign the
	// Content-Type, which else could be made to hide the signed text (RFC 6376
	// section 8.2).
	AcceptPartialBody bool `toml:"accept_partial_body"`
	// MustBeSigned are names of fields that a signature has to cover wherever
	// the message has them, beside From.
	MustBeSigned []string `toml:"must_be_signed"`
	// ClockSkew is how far another's clock may differ from ours when the times
	// of a signature are looked at.
	ClockSkew unit.Duration `toml:"clock_skew"`
	// Timeout bounds the time in which the keys of one message are asked for.
	Timeout unit.Duration `toml:"timeout"`
}

// The bounds of what is worked on. Only hostile input comes near them.
const (
	// maxSignatures bounds what can be configured.
	maxSignatures = 100
	// maxSignatureField bounds the octets of one signature field.
	maxSignatureField = 64 << 10
	// maxTags bounds the tags of one list.
	maxTags = 100
	// maxNames bounds the names in h=.
	maxNames = 1000
	// maxKeyRecord bounds the octets of one key record.
	maxKeyRecord = 16 << 10
	// maxKeyRecords bounds the records of one name that are tried.
	maxKeyRecords = 4
	// maxDomainKeys bounds the old signatures that are reported.
	maxDomainKeys = 4
	// maxName bounds the octets of a name in the DNS.
	maxName = 253
	// hardMinRSABits and hardMaxRSABits bound what can be configured.
	hardMinRSABits, hardMaxRSABits = 1024, 16384
)

// DefaultOptions keeps to RFC 6376 and RFC 8301.
func DefaultOptions() Options {
	return Options{
		MaxSignatures: 10, MinRSABits: 1024, MaxRSABits: 4096,
		AcceptPartialBody: true,
		ClockSkew:         unit.Duration(time.Hour),
		Timeout:           unit.Duration(10 * time.Second),
	}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	if o.MaxSignatures < 1 || o.MaxSignatures > maxSignatures {
		errs = append(errs, unit.BadKey("max_signatures", "must be between 1 and %d", maxSignatures))
	}
	if o.MinRSABits < hardMinRSABits || o.MinRSABits > hardMaxRSABits {
		errs = append(errs, unit.BadKey("min_rsa_bits", "must be between %d and %d", hardMinRSABits, hardMaxRSABits))
	}
	if o.MaxRSABits < o.MinRSABits || o.MaxRSABits > hardMaxRSABits {
		errs = append(errs, unit.BadKey("max_rsa_bits", "must be between min_rsa_bits and %d", hardMaxRSABits))
	}
	for i, name := range o.MustBeSigned {
		if !validFieldName(name) {
			errs = append(errs, unit.BadKey(fmt.Sprintf("must_be_signed[%d]", i), "%q is not the name of a field", name))
		}
	}
	if o.ClockSkew < 0 {
		errs = append(errs, unit.BadKey("clock_skew", "must not be negative"))
	}
	if o.Timeout <= 0 {
		errs = append(errs, unit.BadKey("timeout", "must be more than 0, such as 10s"))
	}
	return errors.Join(errs...)
}
