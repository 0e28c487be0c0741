package rspamd

import (
	"cmp"
	"context"
	"slices"
	"time"

	"postern/internal/check"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// transaction is the part of engine.Transaction that this door uses.
type transaction interface {
	CaseID() string
	At(ctx context.Context, stage check.Stage) *verdict.Verdict
	Recipient(ctx context.Context, r *session.Recipient) *verdict.Verdict
	Message(ctx context.Context, m *message.Message) engine.Outcome
}

// result is all that was decided about one request.
type result struct {
	outcome engine.Outcome
	// message is what was sent, even where the decision fell before it was
	// looked at.
	message *message.Message
	// refused are recipients that alone were refused.
	refused []refusal
}

// refusal is one recipient's own verdict.
type refusal struct {
	recipient string
	verdict   *verdict.Verdict
}

// verdict is the one given for the whole message.
func (r *result) verdict() *verdict.Verdict { return r.outcome.Verdict() }

// scan leads a message through the stages as a mail server's conversation
// would, so that it gets the verdict that the milter would have given: a
// stage the client says nothing of is not run, and a refusal on the way is
// the verdict.
func (s *Server) scan(ctx context.Context, req *request, raw []byte) *result {
	started := s.now()
	res := &result{message: message.Parse(raw, s.limits)}
	// The answer has room for every recipient's own verdict.
	req.session.PerRecipient = true
	offered := req.session.Recipients
	req.session.Recipients = nil
	tx := s.open(req.session)
	early := func(stage check.Stage, v *verdict.Verdict) *result {
		res.outcome = engine.Outcome{
			CaseID: cmp.Or(v.CaseID, tx.CaseID()), Session: req.session, Stage: stage,
			Verdicts: []verdict.Verdict{*v}, Started: started, Took: s.now().Sub(started),
		}
		return res
	}
	for _, stage := range stagesSaid(req.session) {
		if v := tx.At(ctx, stage); v != nil {
			return early(stage, v)
		}
	}
	for i := range offered {
		r := offered[i]
		if v := tx.Recipient(ctx, &r); v != nil {
			res.refused = append(res.refused, refusal{r.Address.String(), v})
			continue
		}
		req.session.Recipients = append(req.session.Recipients, r)
	}
	if len(offered) > 0 && len(req.session.Recipients) == 0 {
		return early(check.Rcpt, mildest(res.refused))
	}
	res.outcome = tx.Message(ctx, res.message)
	res.outcome.Verdicts = mildestFirst(res.outcome.Verdicts)
	return res
}

// mildestFirst sorts a copy of the verdicts so that a client that looks at
// the whole message's only loses nobody's mail.
func mildestFirst(list []verdict.Verdict) []verdict.Verdict {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b verdict.Verdict) int { return cmp.Compare(a.Action, b.Action) })
	return list
}

// stagesSaid lists the stages before the recipients that the client told
// something of.
func stagesSaid(s *session.Session) []check.Stage {
	stages := []check.Stage{check.Connect}
	if s.HELO != "" {
		stages = append(stages, check.Helo)
	}
	if s.HasSender {
		stages = append(stages, check.Mail)
	}
	return stages
}

// mildest picks the refusal to give for a message of which no recipient is
// left: where one may come back later, all may.
func mildest(refused []refusal) *verdict.Verdict {
	best := refused[0].verdict
	for _, r := range refused[1:] {
		if r.verdict.Action < best.Action {
			best = r.verdict
		}
	}
	return best
}

// skipped is the answer to a message that the client wants passed through;
// nobody looks into it.
func skipped(req *request, limits message.Limits, now time.Time) *result {
	return &result{
		message: message.Parse(nil, limits),
		outcome: engine.Outcome{
			Session: req.session, Stage: check.Message, Started: now,
			Verdicts: []verdict.Verdict{{
				Skipped: true, Reason: "skipped as asked for", Thresholds: verdict.NoThresholds(),
			}},
		},
	}
}
