package dmarc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postern/internal/addr"
	"postern/internal/dns"
)

// evaluation is the work on one author domain.
type evaluation struct {
	checker *Checker
	// seen keeps what was asked for: walks for domains of one organisation
	// meet on their way.
	seen map[string]answer
	// notes says what was found wrong on the way.
	notes []string
}

// answer is what a domain has for a record.
type answer struct {
	rec *Record
	// broken says why the record cannot be used.
	broken error
	// err says why it could not be asked for.
	err error
}

// found is a record and the domain that has it.
type found struct {
	domain string
	answer
}

// walk is what was met on the way up from a domain.
type walk struct {
	start string
	// records from the domain upwards.
	records []found
	// err says that the way could not be walked to its end.
	err error
}

// lookup asks for a domain's record.
func (e *evaluation) lookup(ctx context.Context, domain string) answer {
	if a, ok := e.seen[domain]; ok {
		return a
	}
	a := e.ask(ctx, domain)
	e.seen[domain] = a
	return a
}

func (e *evaluation) ask(ctx context.Context, domain string) (a answer) {
	name := "_dmarc." + domain
	if len(name) > maxName {
		return a
	}
	texts, err := e.checker.resolver.TXT(ctx, name)
	if err != nil {
		if !dns.Missing(err) {
			a.err = fmt.Errorf("asking for the record of %s: %w", domain, err)
		}
		return a
	}
	var records []string
	for _, t := range texts {
		if IsRecord(t) {
			records = append(records, t)
		}
	}
	if len(records) > 1 {
		e.notes = append(e.notes, fmt.Sprintf("%s has %d records, none of which counts", domain, len(records)))
	}
	if len(records) == 1 {
		a.rec, a.broken = ParseRecord(records[0])
	}
	return a
}

// walk goes up from a domain (RFC 9989 section 4.10) until a record says
// where the organisation begins.
func (e *evaluation) walk(ctx context.Context, domain string) walk {
	w := walk{start: domain}
	for _, name := range e.way(domain) {
		a := e.lookup(ctx, name)
		if a.err != nil {
			// Of a top-level domain that does not answer there is nothing to
			// learn once there is a record below: that is where the
			// organisation begins.
			if len(w.records) == 0 || strings.IndexByte(name, '.') >= 0 {
				w.err = a.err
			}
			return w
		}
		if a.rec == nil {
			continue
		}
		w.records = append(w.records, found{name, a})
		if a.rec.PSD != PSDUnknown && !e.checker.options.PublicSuffixList {
			return w
		}
	}
	return w
}

// way gives the names to ask for, from the domain upwards.
func (e *evaluation) way(domain string) []string {
	if e.checker.options.PublicSuffixList {
		if org := addr.Registrable(domain); org != domain {
			return []string{domain, org}
		}
		return []string{domain}
	}
	names := []string{domain}
	labels := strings.Count(domain, ".") + 1
	for labels > 1 {
		next := min(labels-1, MaxQueries-1)
		domain = lastLabels(domain, next)
		labels = next
		names = append(names, domain)
	}
	return names
}

// lastLabels gives the last n labels of a domain.
func lastLabels(domain string, n int) string {
	for i := len(domain) - 1; i >= 0; i-- {
		if domain[i] == '.' {
			if n--; n == 0 {
				return domain[i+1:]
			}
		}
	}
	return domain
}

// organisation gives the organisational domain (RFC 9989 section 4.10.2).
func (e *evaluation) organisation(w *walk) string {
	if e.checker.options.PublicSuffixList {
		return addr.Registrable(w.start)
	}
	for _, f := range w.records {
		if f.rec.PSD == PSDNo {
			return f.domain
		}
		if f.rec.PSD == PSDYes && f.domain != w.start {
			return lastLabels(w.start, strings.Count(f.domain, ".")+2)
		}
	}
	if n := len(w.records); n > 0 {
		return w.records[n-1].domain
	}
	return w.start
}

// policyOf gives the record that counts: the author domain's own, or that of
// its organisation, or that of the public suffix above (RFC 9989 section
// 4.10.1).
func policyOf(w *walk, organisation string) *found {
	for _, want := range []string{w.start, organisation} {
		for i := range w.records {
			if w.records[i].domain == want {
				return &w.records[i]
			}
		}
	}
	for i := range w.records {
		if w.records[i].rec.PSD == PSDYes {
			return &w.records[i]
		}
	}
	return nil
}

// missing tells whether a domain does not exist: whether the DNS says so when
// asked for anything (RFC 8020). What cannot be found
// out counts as existing.
func (e *evaluation) missing(ctx context.Context, domain string) bool {
	_, err := e.checker.resolver.TXT(ctx, domain)
	return errors.Is(err, dns.ErrNotFound)
}
