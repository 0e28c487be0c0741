package identity

import (
	"postern/internal/arc"
	"postern/internal/authres"
	"postern/internal/check"
	"postern/internal/dkim"
	"postern/internal/dmarc"
	"postern/internal/spf"
)

// The results for the field Authentication-Results (RFC 8601 section 2.7).

// property is one thing that was examined.
func property(kind, name, value string) authres.Property {
	return authres.Property{Type: kind, Name: name, Value: value}
}

// proves reports a result.
func proves(out *check.Report, method, value string, properties ...authres.Property) {
	r := authres.Result{Method: method, Version: 1, Value: value}
	for _, p := range properties {
		if p.Value != "" {
			r.Properties = append(r.Properties, p)
		}
	}
	out.Authenticated(r.String())
}

// provesSPF reports what SPF says of the envelope sender or of HELO.
func provesSPF(out *check.Report, r *spf.Result) {
	name := "mailfrom"
	if r.Identity == spf.HELO {
		name = "helo"
	}
	proves(out, "spf", r.Code.String(), property("smtp", name, r.Domain))
}

// provesDKIM reports each signature.
func provesDKIM(out *check.Report, rep *dkim.Report) {
	if len(rep.Results) == 0 {
		proves(out, "dkim", "none")
	}
	for i := range rep.Results {
		r := &rep.Results[i]
		proves(out, "dkim", r.Status.String(), property("header", "d", r.Domain), property("header", "s", r.Selector),
			property("header", "a", r.Algorithm.String()), property("header", "b", r.SignaturePrefix))
	}
}

// provesDMARC reports the policy of the domain in From.
func provesDMARC(out *check.Report, r *dmarc.Result) {
	proves(out, "dmarc", r.Status.String(), property("header", "from", r.Author))
}

// provesARC reports the chain.
func provesARC(out *check.Report, r *arc.Report) {
	if r.Status != arc.TempError {
		proves(out, "arc", r.Status.String())
	}
}
