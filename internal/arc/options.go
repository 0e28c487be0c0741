package arc

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/unit"
)

// Options says whom to believe and how much work a chain may make.
type Options struct {
	// TrustedSealers are the domains (d= of a seal) whose results are
	// believed; ".example.com" means all below example.com as well as itself.
	// Nobody is by default.
	TrustedSealers []string `toml:"trusted_sealers"`
	// OldestPass looks for the oldest message signature that still holds, which
	// costs a key for each set of a chain that passes.
	OldestPass bool `toml:"oldest_pass"`
	// Timeout bounds the time in which all keys of a chain are asked for.
	Timeout unit.Duration `toml:"timeout"`
}

// DefaultOptions trusts nobody.
func DefaultOptions() Options {
	return Options{OldestPass: true, Timeout: unit.Duration(10 * time.Second)}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	for i, name := range o.TrustedSealers {
		if !addr.ValidDomain(addr.NormalDomain(strings.TrimPrefix(name, "."))) {
			errs = append(errs, unit.BadKey(fmt.Sprintf("trusted_sealers[%d]", i), "%q is not a domain", name))
		}
	}
	if o.Timeout <= 0 {
		errs = append(errs, unit.BadKey("timeout", "must be more than 0, such as 10s"))
	}
	return errors.Join(errs...)
}

// trust is a set of domains.
type trust struct {
	exact map[string]bool
	below []string
}

// newTrust reads the list of the options.
func newTrust(list []string) trust {
	t := trust{exact: map[string]bool{}}
	for _, name := range list {
		domain, sub := strings.CutPrefix(name, ".")
		domain = addr.NormalDomain(domain)
		if sub {
			t.below = append(t.below, domain)
		} else {
			t.exact[domain] = true
		}
	}
	return t
}

// has tells whether a domain, in normal form, is in the set.
func (t *trust) has(domain string) bool {
	if domain == "" || t.exact[domain] {
		return domain != ""
	}
	for _, top := range t.below {
		if addr.SameOrSub(domain, top) {
			return true
		}
	}
	return false
}
