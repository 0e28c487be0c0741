package spf

import (
	"errors"
	"fmt"
	"time"

	"postern/internal/addr"
	"postern/internal/unit"
)

// Options says how records are evaluated.
type Options struct {
	// Hostname is our own name, for the macro %{r} and the header
	// Received-SPF. When empty, "unknown" stands there.
	Hostname string `toml:"-"`
	// MaxVoidLookups is how many terms of a record may ask for something that
	// is not there before the record counts as broken. RFC 7208 section 4.6.4
	// recommends 2.
	MaxVoidLookups int `toml:"max_void_lookups"`
	// Timeout bounds the time for one evaluation; RFC 7208 section 4.6.4 asks
	// for at least 20s. Beyond it the result is temperror.
	Timeout unit.Duration `toml:"timeout"`
	// BestGuess evaluates BestGuessRecord for domains that have no record. The
	// outcome is a hint only: it never counts as an SPF pass.
	BestGuess bool `toml:"best_guess"`
	// BestGuessRecord is the record to guess with.
	BestGuessRecord string `toml:"best_guess_record"`
	// TrustedForwarders are networks and addresses of hosts that forward
	// others' mail with its sender unchanged, such as an old account's
	// provider. Their SPF failures do not count.
	TrustedForwarders []string `toml:"trusted_forwarders"`
}

// The limits of RFC 7208 section 4.6.4 that are not for configuration.
const (
	// MaxLookups is the number of terms of all records of one evaluation that
	// may ask the DNS.
	MaxLookups = 10
	// MaxMX is the number of mail exchangers that one "mx" may have.
	MaxMX = 10
	// MaxPTR is the number of names of the client that are looked at.
	MaxPTR = 10
)

// The bounds of what is worked on. Only hostile input comes near them.
const (
	// maxRecord bounds the octets of a record, as DNS messages do.
	maxRecord = 65535
	// maxPieces bounds the macros and texts of one domain-spec that are
	// expanded, counted from its end; what is before them would be cut away.
	maxPieces = 512
	// maxValue bounds the octets of HELO and sender in macros.
	maxValue = 1024
	// maxExplanation bounds the octets of an explanation.
	maxExplanation = 1000
	// maxVoidLookups bounds what can be configured.
	maxVoidLookups = 100
)

// DefaultOptions keeps to the letter of RFC 7208 and guesses nothing.
func DefaultOptions() Options {
	return Options{
		MaxVoidLookups:  2,
		Timeout:         unit.Duration(20 * time.Second),
		BestGuessRecord: "v=spf1 a/24 mx/24 ptr",
	}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	if o.MaxVoidLookups < 0 || o.MaxVoidLookups > maxVoidLookups {
		errs = append(errs, unit.BadKey("max_void_lookups", "must be between 0 and %d", maxVoidLookups))
	}
	if o.Timeout <= 0 {
		errs = append(errs, unit.BadKey("timeout", "must be more than 0, such as 20s"))
	}
	if _, err := ParseRecord(o.BestGuessRecord); o.BestGuess && err != nil {
		errs = append(errs, unit.BadKey("best_guess_record", "%v", err))
	}
	for i, n := range o.TrustedForwarders {
		if _, err := addr.ParseNetworks([]string{n}); err != nil {
			errs = append(errs, unit.BadKey(fmt.Sprintf("trusted_forwarders[%d]", i), "%v", err))
		}
	}
	return errors.Join(errs...)
}
