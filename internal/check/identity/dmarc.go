package identity

import (
	"context"
	"fmt"

	"postern/internal/check"
	"postern/internal/dkim"
	"postern/internal/dmarc"
	"postern/internal/spf"
	"postern/internal/verdict"
)

// DMARC tells whether the message comes from the domain that its From shows
// (RFC 9989), by what SPF and DKIM prove. It shares their work with the checks
// of these names, and does it where those do not run. What the domain asks for
// only scores.
func DMARC(checker *dmarc.Checker, s *spf.Checker, v *dkim.Verifier) check.Check {
	d := &dmarcCheck{checker, s, v}
	return check.New(check.Info{
		Name:  "dmarc",
		Stage: check.Message,
		Waits: true,
		Symbols: []verdict.Symbol{
			symbol("DMARC_POLICY_ALLOW", -0.5, "The message comes from the domain in From (DMARC pass)"),
			symbol("DMARC_POLICY_REJECT", 2, "The domain in From asks to reject what is not from it, and this is not (DMARC fail)"),
			symbol("DMARC_POLICY_QUARANTINE", 1.5, "The domain in From asks to quarantine what is not from it, and this is not (DMARC fail)"),
			symbol("DMARC_POLICY_SOFTFAIL", 0.1, "The message is not from the domain in From, which asks for nothing (DMARC fail)"),
			symbol("DMARC_NA", 0, "The domain in From has no DMARC policy, or nothing can be said"),
			symbol("DMARC_BAD_POLICY", 0, "The domain in From has a DMARC policy that cannot be understood"),
			symbol("DMARC_DNSFAIL", 0, "DMARC could not be evaluated for now"),
		},
	}, d.run)
}

type dmarcCheck struct {
	checker *dmarc.Checker
	spf     *spf.Checker
	dkim    *dkim.Verifier
}

func (d *dmarcCheck) run(ctx context.Context, tx *check.Transaction, out *check.Report) error {
	req := dmarc.Request{Author: dmarc.AuthorOf(tx.Message)}
	var forwarder bool
	if hasSPF(tx) {
		r, err := spfOf(ctx, d.spf, tx)
		if err != nil {
			return fmt.Errorf("evaluating SPF for DMARC: %w", err)
		}
		req.SPF = append(req.SPF, r)
		forwarder = r.Forwarder
	}
	rep, err := dkimOf(ctx, d.dkim, tx)
	if err != nil {
		return fmt.Errorf("verifying DKIM for DMARC: %w", err)
	}
	req.DKIM = rep.Results
	r := d.checker.Check(ctx, req)
	provesDMARC(out, &r)
	switch {
	case r.Status == dmarc.Fail && !hasSPF(tx):
		out.Add("DMARC_NA", "the client's address is not public, so that SPF proves nothing", r.Author)
	case r.Status == dmarc.Fail && forwarder:
		out.Add("DMARC_POLICY_SOFTFAIL", append(dmarcEvidence(&r), "by a trusted forwarder")...)
	default:
		out.Add(symbolOfDMARC(&r), dmarcEvidence(&r)...)
	}
	return nil
}

// symbolOfDMARC gives the symbol for an outcome.
func symbolOfDMARC(r *dmarc.Result) string {
	switch r.Status {
	case dmarc.Pass:
		return "DMARC_POLICY_ALLOW"
	case dmarc.Fail:
		switch r.Disposition {
		case dmarc.Reject:
			return "DMARC_POLICY_REJECT"
		case dmarc.Quarantine:
			return "DMARC_POLICY_QUARANTINE"
		}
		return "DMARC_POLICY_SOFTFAIL"
	case dmarc.PermError:
		return "DMARC_BAD_POLICY"
	case dmarc.TempError:
		return "DMARC_DNSFAIL"
	}
	return "DMARC_NA"
}

// dmarcEvidence says why.
func dmarcEvidence(r *dmarc.Result) []string {
	var evidence []string
	if r.Author != "" {
		evidence = append(evidence, r.Author)
	}
	if r.Reason != "" {
		evidence = append(evidence, r.Reason)
	}
	if r.Tag != "" {
		policy := r.RecordDomain + " asks for " + r.Tag + "=" + r.Published.String()
		if r.Testing {
			policy += ", and is only testing (t=y)"
		}
		evidence = append(evidence, policy)
	}
	for _, a := range []struct {
		name string
		dmarc.Alignment
	}{{"SPF", r.SPF}, {"DKIM", r.DKIM}} {
		if a.Aligned {
			evidence = append(evidence, a.name+" of "+a.Domain+" is aligned ("+a.Mode.String()+")")
		}
	}
	return evidence
}
