package engine

import (
	"context"

	"postern/internal/addr"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Greylister decides about mail in the grey zone: whose score asks for
// greylisting and for nothing harder.
type Greylister interface {
	// Score tells whether a recipient's mail of that score may pass now. A
	// reply asks the client to come back; the zero reply lets the mail pass.
	// evidence says why in words.
	Score(ctx context.Context, s *session.Session, recipient addr.Address, score float64) (r verdict.Reply, evidence string)
}

// The symbols of greylisting by score.
const (
	greyWait = "GREYLIST_SCORE"
	greyPass = "GREYLIST_SCORE_PASSED"
)

// greySymbols are reported only where there is a greylister.
func greySymbols() []verdict.Symbol {
	return []verdict.Symbol{
		{Name: greyWait, Group: "greylist", Description: "the score is in the grey zone, and the client is asked to come back later"},
		{Name: greyPass, Group: "greylist", Description: "the score is in the grey zone, and the client may pass"},
	}
}

// greylist asks about a verdict that the score alone has made greylisting.
// The mail waits if one of its recipients has to: it is one mail.
func (t *Transaction) greylist(ctx context.Context, v *verdict.Verdict) {
	if v.Action != verdict.Greylist || v.Forced != "" || v.Skipped || t.engine.greylister == nil {
		return
	}
	for i := range t.session.Recipients {
		r, evidence := t.engine.greylister.Score(ctx, t.session, t.session.Recipients[i].Address, v.Score)
		name := greyPass
		if !r.IsZero() {
			name = greyWait
		}
		s := t.engine.registry.symbols[t.engine.registry.ids[name]]
		v.Findings = append(v.Findings, verdict.Finding{
			Symbol: s.Name, Group: s.Group, Description: s.Description, Evidence: []string{evidence}, Weight: 1,
		})
		if !r.IsZero() {
			r.Text += " (case " + t.caseID + ")"
			v.Reply, v.Reason = r, "greylisted by score"
			return
		}
	}
	v.Action, v.Reason = verdict.NoAction, "passed greylisting"
}
