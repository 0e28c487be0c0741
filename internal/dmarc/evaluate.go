package dmarc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/internal/addr"
	"postern/internal/dkim"
	"postern/internal/spf"
)

// evaluate finds the policy of an author domain and what is aligned with it.
func (e *evaluation) evaluate(ctx context.Context, author string, req *Request) Result {
	r := Result{Author: author}
	w := e.walk(ctx, author)
	if w.err != nil && (len(w.records) == 0 || w.records[0].domain != author) {
		r.Status, r.Reason = TempError, w.err.Error()
		return r
	}
	r.Organisation = e.organisation(&w)
	f := policyOf(&w, r.Organisation)
	if f == nil {
		r.Reason = strings.Join(append(e.notes, "no policy is published for "+author), "; ")
		return r
	}
	r.Record, r.RecordDomain = f.rec, f.domain
	if f.broken != nil {
		r.Status = PermError
		r.Reason = fmt.Sprintf("the record of %s cannot be used: %v", f.domain, f.broken)
		return r
	}
	e.policy(ctx, &r)
	r.SPF.Mode, r.DKIM.Mode = f.rec.SPF, f.rec.DKIM
	t := tree{&r, w.err}
	unknown := e.align(ctx, &r.SPF, t, spfDomains(req.SPF, spf.Pass))
	unknown = errors.Join(unknown, e.align(ctx, &r.DKIM, t, dkimDomains(req.DKIM, dkim.Pass)))
	if unknown == nil {
		unknown = e.unsure(ctx, t, req)
	}
	r.conclude(unknown)
	return r
}

// policy picks the tag that speaks about the author domain.
func (e *evaluation) policy(ctx context.Context, r *Result) {
	rec := r.Record
	r.Tag, r.Published = "p", rec.Policy
	if r.RecordDomain != r.Author {
		if rec.HasSP {
			r.Tag = "sp"
		}
		r.Published = rec.Sub
		if rec.HasNP && e.missing(ctx, r.Author) {
			r.Tag, r.Published = "np", rec.Missing
		}
	}
	r.Applied, r.Testing = r.Published, rec.Testing
	if r.Testing && r.Applied > PolicyNone {
		r.Applied--
	}
}

// conclude draws the conclusion. unknown says what of the alignment could not
// be found out.
func (r *Result) conclude(unknown error) {
	switch {
	case r.SPF.Aligned || r.DKIM.Aligned:
		r.Status = Pass
	case unknown != nil:
		r.Status, r.Reason = TempError, unknown.Error()
	default:
		r.Status, r.Disposition = Fail, r.Applied
		r.Reason = "nothing that SPF or DKIM proves is aligned with " + r.Author
	}
}

// unsure gives an error where SPF or a signature of an aligned domain could not
// be verified for now, and so may pass another time. Those of other domains
// change nothing: else a signature of nobody's would shield a forged From.
func (e *evaluation) unsure(ctx context.Context, t tree, req *Request) error {
	was := Alignment{Mode: t.result.SPF.Mode}
	if err := e.align(ctx, &was, t, spfDomains(req.SPF, spf.TempError)); err != nil {
		return err
	} else if was.Aligned {
		return fmt.Errorf("SPF of %s could not be evaluated for now", was.Domain)
	}
	was = Alignment{Mode: t.result.DKIM.Mode}
	if err := e.align(ctx, &was, t, dkimDomains(req.DKIM, dkim.TempError)); err != nil {
		return err
	} else if was.Aligned {
		return fmt.Errorf("a signature of %s could not be verified for now", was.Domain)
	}
	return nil
}

// spfDomains gives the domains for which SPF came out so.
func spfDomains(results []spf.Result, code spf.Code) (domains []string) {
	sender := false
	for i := range results {
		sender = sender || results[i].Identity == spf.MailFrom
	}
	for i := range results {
		if r := &results[i]; r.Code == code && !(sender && r.Identity == spf.HELO) {
			domains = append(domains, addr.NormalDomain(r.Domain))
		}
	}
	return domains
}

// dkimDomains gives the domains of the signatures that came out so.
func dkimDomains(results []dkim.Result, status dkim.Status) (domains []string) {
	for i := range results {
		if results[i].Status == status {
			domains = append(domains, addr.NormalDomain(results[i].Domain))
		}
	}
	return domains
}

// tree is what is known of the author domain's place.
type tree struct {
	// result has the author domain and its organisation.
	result *Result
	// cut says why the way up from the author domain could not be walked to
	// its end: then the organisation is not certain.
	cut error
}

// near tells whether a domain may be of the author's organisation.
func (t tree) near(domain string) bool {
	if t.cut != nil {
		return lastLabels(domain, 2) == lastLabels(t.result.Author, 2)
	}
	return addr.SameOrSub(domain, t.result.Organisation)
}

// align looks for a domain that is aligned. An error says that one may be
// aligned or not.
func (e *evaluation) align(ctx context.Context, a *Alignment, t tree, domains []string) error {
	if slices.Contains(domains, t.result.Author) {
		a.Aligned, a.Same, a.Domain = true, true, t.result.Author
		return nil
	}
	if a.Mode == Strict {
		return nil
	}
	var unknown error
	walks := 0
	for _, d := range domains {
		if !t.near(d) || walks == maxWalks {
			continue
		}
		walks++
		w := e.walk(ctx, d)
		if err := cmp.Or(t.cut, w.err); err != nil {
			unknown = err
			continue
		}
		if e.organisation(&w) == t.result.Organisation {
			a.Aligned, a.Domain = true, d
			return nil
		}
	}
	return unknown
}
