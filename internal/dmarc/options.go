package dmarc

import (
	"errors"
	"time"

	"postern/internal/unit"
)

// Options says how policies are found.
type Options struct {
	// PublicSuffixList finds organisational domains by the public suffix list,
	// as RFC 7489 did, instead of by the DNS tree walk of RFC 9989. Records are
	// then looked for at the author domain and its registrable domain only.
	PublicSuffixList bool `toml:"public_suffix_list"`
	// Timeout bounds the time in which the records for one message are asked
	// for. Beyond it the outcome is temperror.
	Timeout unit.Duration `toml:"timeout"`
}

// The bounds of what is worked on. Only hostile input comes near them.
const (
	// MaxQueries is how many names one tree walk asks for (RFC 9989 section
	// 4.10).
	MaxQueries = 8
	// maxAuthors bounds the author domains of one message that are looked at.
	maxAuthors = 4
	// maxWalks bounds the proven domains for which the tree is walked, for each
	// of SPF and DKIM.
	maxWalks = 10
	// maxRecord bounds the octets of a record, maxTags its tags and maxURIs
	// the addresses of one tag.
	maxRecord, maxTags, maxURIs = 16 << 10, 100, 20
	// maxName bounds the octets of a name in the DNS.
	maxName = 253
)

// DefaultOptions keeps to RFC 9989.
func DefaultOptions() Options {
	return Options{Timeout: unit.Duration(10 * time.Second)}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	if o.Timeout <= 0 {
		errs = append(errs, unit.BadKey("timeout", "must be more than 0, such as 10s"))
	}
	return errors.Join(errs...)
}
