package identity

import (
	"context"
	"strings"

	"postern/internal/arc"
	"postern/internal/check"
	"postern/internal/verdict"
)

// ARC verifies the chain of those who forwarded the message (RFC 8617). A
// chain that holds only tells who handled the mail, not that it is good:
// anybody can seal.
func ARC(v *arc.Verifier) check.Check {
	return check.New(check.Info{
		Name:  "arc",
		Stage: check.Message,
		Waits: true,
		Symbols: []verdict.Symbol{
			symbol("ARC_ALLOW", -1, "The chain of those who forwarded the message holds (ARC pass)"),
			symbol("ARC_REJECT", 1, "The chain of those who forwarded the message is broken (ARC fail)"),
			symbol("ARC_DNSFAIL", 0, "The key of a sealer could not be asked for now"),
			symbol("ARC_NA", 0, "Nobody who forwarded the message sealed it"),
			symbol("ARC_ALLOW_TRUSTED", 0, "The chain was sealed by a sealer that is trusted"),
		},
	}, func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		if tx.Message == nil {
			return nil
		}
		rep := v.Verify(ctx, tx.Message, tx.Now)
		reportARC(rep, out)
		provesARC(out, rep)
		return nil
	})
}

// reportARC reports the symbols of a chain.
func reportARC(r *arc.Report, out *check.Report) {
	sealers := strings.Join(r.Sealers(), " ")
	switch r.Status {
	case arc.None:
		out.Add("ARC_NA")
	case arc.Pass:
		if r.Open != "" {
			out.AddWeighted("ARC_ALLOW", 0, sealers, r.Open)
			break
		}
		out.Add("ARC_ALLOW", sealers)
		if r.Trusted != nil {
			out.Add("ARC_ALLOW_TRUSTED", r.Trusted.Server)
		}
	case arc.TempError:
		out.Add("ARC_DNSFAIL", sealers, r.Reason)
	default:
		out.Add("ARC_REJECT", sealers, r.Reason)
	}
}
