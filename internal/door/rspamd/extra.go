package rspamd

import "postern/internal/verdict"

// extra is what Postern says beyond rspamd's reply, as "postern".
type extra struct {
	// caseID names the decision in the log and the history.
	caseID string
	// profile is the name of the settings applied.
	profile string
	// reason says what led to the action, forced which symbol forced it.
	reason, forced string
	// stage at which the decision fell.
	stage string
	// reply is the whole SMTP reply, with its codes.
	reply string
	// wouldBe is the action if nothing was in observe mode, where it differs.
	wouldBe string
	// observed are symbols found that have no weight for now.
	observed []string
	// incomplete says that a check failed or was late; failed gives the
	// reasons by symbol.
	incomplete bool
	failed     object[string]
	// recipients are the verdicts where recipients differ.
	recipients []recipientVerdict
}

// recipientVerdict is what some recipients get that others do not.
type recipientVerdict struct {
	recipients      []string
	profile         string
	action          verdict.Action
	score, required float64
	reply, reason   string
}

// newExtra gathers our own part of the answer.
func newExtra(res *result) extra {
	v, o := res.verdict(), &res.outcome
	x := extra{
		caseID: o.CaseID, profile: v.Profile, reason: v.Reason, forced: v.Forced,
		stage: o.Stage.String(), reply: oneLine(v.Reply.String()), incomplete: v.Incomplete,
	}
	if v.Observed != v.Action {
		x.wouldBe = v.Observed.String()
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		if f.Observed {
			x.observed = append(x.observed, f.Symbol)
		}
		if f.Failed != "" {
			x.failed = x.failed.with(f.Symbol, f.Failed)
		}
	}
	for _, r := range res.refused {
		x.recipients = append(x.recipients, newRecipientVerdict([]string{r.recipient}, r.verdict))
	}
	if len(o.Verdicts) > 1 {
		for i := range o.Verdicts {
			x.recipients = append(x.recipients, newRecipientVerdict(o.Verdicts[i].Recipients, &o.Verdicts[i]))
		}
	}
	return x
}

func newRecipientVerdict(to []string, v *verdict.Verdict) recipientVerdict {
	return recipientVerdict{
		recipients: to, profile: v.Profile, action: v.Action,
		score: fixed(v.Score), required: fixed(v.Thresholds.Required()),
		reply: oneLine(v.Reply.String()), reason: v.Reason,
	}
}
