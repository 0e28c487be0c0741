package identity

import (
	"context"
	"fmt"
	"strings"

	"postern/internal/check"
	"postern/internal/dkim"
	"postern/internal/verdict"
)

// DKIM verifies the message's signatures (RFC 6376). A signature that fails
// counts only when no other passes: mail changes on its way, and a mailing
// list that broke the author's signature may have put its own.
func DKIM(v *dkim.Verifier) check.Check {
	return check.New(check.Info{
		Name:  "dkim",
		Stage: check.Message,
		Waits: true,
		Symbols: []verdict.Symbol{
			symbol("R_DKIM_ALLOW", -0.2, "A domain's signature is right (DKIM pass)"),
			symbol("R_DKIM_REJECT", 1, "The message is not what was signed (DKIM fail)"),
			symbol("R_DKIM_TEMPFAIL", 0, "The key of a signature could not be asked for now"),
			symbol("R_DKIM_PERMFAIL", 0, "A signature cannot be verified, or is not accepted"),
			symbol("R_DKIM_NA", 0, "The message has no DKIM signature that counts"),
			symbol("DKIM_TRACE", 0, "The domains that signed: + right, - wrong, ~ void, ? not known"),
			symbol("DKIM_UNSIGNED_COPY", 2, "Somebody put a second From, Subject or the like beside the signed one"),
			symbol("DKIM_PARTIAL_BODY", 0, "Text follows that the signature does not cover (l=)"),
			symbol("DOMAINKEYS_SIGNATURE", 0, "There is a signature of the time before DKIM, which proves nothing"),
		},
	}, func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		rep, err := dkimOf(ctx, v, tx)
		if err != nil {
			return fmt.Errorf("verifying DKIM: %w", err)
		}
		reportDKIM(rep, out)
		provesDKIM(out, rep)
		return nil
	})
}

// dkimOf verifies the signatures once for all checks of the transaction.
func dkimOf(ctx context.Context, v *dkim.Verifier, tx *check.Transaction) (*dkim.Report, error) {
	return share(ctx, tx, "identity.dkim", func() *dkim.Report {
		return v.Verify(ctx, tx.Message, tx.Now)
	})
}

// reportDKIM reports the symbols of all signatures.
func reportDKIM(rep *dkim.Report, out *check.Report) {
	passed := rep.Status() == dkim.Pass
	counts := false
	for i := range rep.Results {
		r := &rep.Results[i]
		if r.Domain != "" {
			out.Add("DKIM_TRACE", r.Domain+":"+traceMark(r.Status))
		}
		if len(r.UnsignedCopies) > 0 && r.Status == dkim.Policy {
			out.Add("DKIM_UNSIGNED_COPY", strings.Join(r.UnsignedCopies, ", "))
		}
		if r.Status == dkim.Pass && r.UnsignedBody > 0 {
			out.Add("DKIM_PARTIAL_BODY", fmt.Sprintf("%s: %d octets", r.Domain, r.UnsignedBody))
		}
		// A key that is only being tried out must not do any harm (RFC 6376
		// section 3.6.1, t=y).
		harmless := r.Testing && r.Status != dkim.Pass
		if name := symbolOfDKIM(r.Status); !harmless && (!passed || r.Status == dkim.Pass) {
			out.Add(name, evidenceOf(r)...)
			counts = true
		}
	}
	if !counts {
		out.Add("R_DKIM_NA", notCounted(rep))
	}
	for _, old := range rep.DomainKeys {
		out.Add("DOMAINKEYS_SIGNATURE", old.Domain)
	}
}

// notCounted says why no signature counts, "" when there is none.
func notCounted(rep *dkim.Report) string {
	if len(rep.Results) > 0 {
		return rep.Results[0].Domain + ": the key is only being tried out (t=y)"
	}
	return ""
}

// symbolOfDKIM gives the symbol for an outcome.
func symbolOfDKIM(s dkim.Status) string {
	switch s {
	case dkim.Pass:
		return "R_DKIM_ALLOW"
	case dkim.Fail:
		return "R_DKIM_REJECT"
	case dkim.TempError:
		return "R_DKIM_TEMPFAIL"
	}
	return "R_DKIM_PERMFAIL"
}

// traceMark is how DKIM_TRACE writes an outcome.
func traceMark(s dkim.Status) string {
	switch s {
	case dkim.Pass:
		return "+"
	case dkim.Fail:
		return "-"
	case dkim.TempError:
		return "?"
	}
	return "~"
}

// evidenceOf names the signature and says why it is not right.
func evidenceOf(r *dkim.Result) []string {
	name := r.Domain + ":s=" + r.Selector
	switch {
	case r.Domain == "":
		name = "a signature"
	case r.KeyBits > 0:
		name += fmt.Sprintf(" (%s, %d bits)", r.Algorithm, r.KeyBits)
	}
	return []string{name, r.Reason}
}
