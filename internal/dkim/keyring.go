package dkim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/unit"
)

// KeyOptions is one key to sign with, as the configuration has it.
type KeyOptions struct {
	// Domain is whose mail is signed (d=).
	Domain string `toml:"domain"`
	// Selector is the key's name in the DNS (s=).
	Selector string `toml:"selector"`
	// File has the private key.
	File string `toml:"file"`
	// Subdomains says that mail of domains below is signed with this key too,
	// in the name of Domain, where they have no key of their own.
	Subdomains bool `toml:"subdomains"`
	// From is the day from which on the key is used, as 2026-12-31; of several
	// keys of a domain and kind the one that began last signs. With it a new
	// key can be published some days before it is used. "" is always.
	From string `toml:"from"`
}

// Validate reports what is wrong with a key's settings.
func (o KeyOptions) Validate() error {
	var errs []error
	if !addr.ValidDomain(addr.NormalDomain(o.Domain)) {
		errs = append(errs, unit.BadKey("domain", "%q is not a domain", o.Domain))
	}
	if !addr.ValidDomain(addr.NormalDomain(o.Selector)) {
		errs = append(errs, unit.BadKey("selector", "%q is not a selector", o.Selector))
	}
	if o.File == "" {
		errs = append(errs, unit.BadKey("file", "must name the file with the private key"))
	}
	if _, err := parseDay(o.From); err != nil {
		errs = append(errs, unit.BadKey("from", "%q is not a day such as 2026-12-31", o.From))
	}
	return errors.Join(errs...)
}

// parseDay reads a day; "" is the beginning of time.
func parseDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, s)
}

// Keyring finds the keys with which a domain's mail is signed. It is safe for
// concurrent use.
type Keyring struct {
	keys map[string][]ringKey
}

// ringKey is one key of a domain.
type ringKey struct {
	domain, selector string
	subdomains       bool
	from             time.Time
	key              *PrivateKey
}

// LoadKeyring reads all keys. Every fault is reported, not only the first.
func LoadKeyring(list []KeyOptions) (*Keyring, error) {
	r := &Keyring{keys: map[string][]ringKey{}}
	var errs []error
	for i, o := range list {
		err := o.Validate()
		var key *PrivateKey
		if err == nil {
			key, err = LoadKeyFile(o.File)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("key %d, of %s: %w", i+1, o.Domain, err))
			continue
		}
		r.add(o, key)
	}
	return r, errors.Join(errs...)
}

// add takes a key into the ring.
func (r *Keyring) add(o KeyOptions, key *PrivateKey) {
	domain := addr.NormalDomain(o.Domain)
	from, _ := parseDay(o.From)
	r.keys[domain] = append(r.keys[domain], ringKey{
		domain: domain, selector: addr.NormalDomain(o.Selector), subdomains: o.Subdomains, from: from, key: key,
	})
}

// For gives a signer for each kind of key that the domain has at that time:
// its own keys, or else those of the nearest domain above that signs for its
// subdomains. None when there is no such key.
func (r *Keyring) For(domain string, at time.Time) []Signer {
	domain = addr.NormalDomain(domain)
	for d, own := domain, true; d != ""; own = false {
		if signers := r.signers(d, own, at); len(signers) > 0 {
			return signers
		}
		_, d, _ = strings.Cut(d, ".")
	}
	return nil
}

// signers gives the signers of exactly that domain. RSA stands first, which
// everybody can verify.
func (r *Keyring) signers(domain string, own bool, at time.Time) []Signer {
	var signers []Signer
	for _, kind := range []string{"rsa", "ed25519"} {
		var best *ringKey
		for i := range r.keys[domain] {
			k := &r.keys[domain][i]
			if k.key.Type() != kind || !own && !k.subdomains || k.from.After(at) {
				continue
			}
			if best == nil || k.from.After(best.from) {
				best = k
			}
		}
		if best != nil {
			signers = append(signers, DefaultSigner(best.domain, best.selector, best.key))
		}
	}
	return signers
}
