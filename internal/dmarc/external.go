package dmarc

import (
	"context"
	"errors"
	"fmt"

	"postern/internal/addr"
	"postern/internal/dns"
)

// Recipients gives those of a record's mailto addresses to which reports about
// a policy domain may be sent: those of the same organisation, and those whose
// domain says that it wants them (RFC 9990 section 4), so that nobody is
// flooded by another's record. A domain that wants them may name another
// mailbox of its own instead. An error tells which domains could not be asked;
// the others are given even so.
func (c *Checker) Recipients(ctx context.Context, policyDomain string, uris []URI) ([]URI, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout.Std())
	defer cancel()
	e := evaluation{checker: c, seen: map[string]answer{}}
	policyDomain = addr.NormalDomain(policyDomain)
	home := e.walk(ctx, policyDomain)
	var allowed []URI
	errs := []error{home.err}
	for _, u := range uris[:min(len(uris), maxURIs)] {
		domain := u.Address.Domain
		if domain == "" {
			continue
		}
		away := e.walk(ctx, domain)
		if domain == policyDomain || home.err == nil && away.err == nil && e.organisation(&away) == e.organisation(&home) {
			allowed = append(allowed, u)
			continue
		}
		consent, err := e.consent(ctx, policyDomain, u)
		if errs = append(errs, err); err == nil && consent != nil {
			allowed = append(allowed, *consent)
		}
	}
	return allowed, errors.Join(errs...)
}

// consent asks whether a domain wants reports about another, and gives where
// to; nil when it does not.
func (e *evaluation) consent(ctx context.Context, policyDomain string, u URI) (*URI, error) {
	name := policyDomain + "._report._dmarc." + u.Address.Domain
	if len(name) > maxName {
		return nil, nil
	}
	texts, err := e.checker.resolver.TXT(ctx, name)
	if dns.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("asking whether %s wants reports: %w", u.Address.Domain, err)
	}
	for _, text := range texts {
		rec, err := ParseRecord(text)
		if err != nil {
			continue
		}
		if len(rec.Aggregate) > 0 && rec.Aggregate[0].Address.Domain == u.Address.Domain {
			return &rec.Aggregate[0], nil
		}
		return &u, nil
	}
	return nil, nil
}
