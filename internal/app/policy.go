package app

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/door/policy"
	"postern/internal/engine"
	"postern/internal/session"
	"postern/internal/verdict"
)

// policyDecider answers the policy door by those of the engine's checks that
// decide by themselves: restriction lists, greylisting, domains of our own.
type policyDecider struct{ engine *engine.Handle }

// Decide implements policy.Decider. A message's requests come one by one and
// each tells all that is known, so that each is a transaction of its own.
func (p policyDecider) Decide(ctx context.Context, s *session.Session, r policy.Request) (policy.Action, error) {
	tx := p.engine.OpenEnvelope(s)
	switch r.State {
	case policy.StateVrfy, policy.StateETRN:
		return policy.Dunno(), nil // no mail is on its way
	case policy.StateData:
		return answer(tx, tx.At(ctx, check.Data)), nil
	case policy.StateEnd:
		return answer(tx, tx.At(ctx, check.Message)), nil
	}
	recipients := s.Recipients
	s.Recipients = nil // those accepted before the one in question: not told
	for _, stage := range stagesOf(r.State, s) {
		if v := tx.At(ctx, stage); v != nil {
			return refusal(v), nil
		}
	}
	for i := range recipients {
		if v := tx.Recipient(ctx, &recipients[i]); v != nil {
			return refusal(v), nil
		}
		s.Recipients = append(s.Recipients, recipients[i])
	}
	return answer(tx, nil), nil
}

// answer is what a transaction comes to; v is a refusal or nil.
func answer(tx *engine.Transaction, v *verdict.Verdict) policy.Action {
	if v != nil {
		return refusal(v)
	}
	if tx.Discards() {
		return policy.Discard("dropped by a restriction")
	}
	for _, c := range tx.Changes() {
		return change(c) // one action is all that an answer has room for
	}
	return policy.Dunno()
}

// stagesOf lists the stages before the recipients that a request has reached.
func stagesOf(state policy.State, s *session.Session) []check.Stage {
	stages := []check.Stage{check.Connect}
	if s.HELO != "" && state != policy.StateConnect {
		stages = append(stages, check.Helo)
	}
	if s.HasSender {
		stages = append(stages, check.Mail)
	}
	return stages
}

// refusal is the answer that carries out a verdict.
func refusal(v *verdict.Verdict) policy.Action {
	switch v.Action {
	case verdict.Reject, verdict.SoftReject:
		r := v.Reply
		r.Text = withoutClass(r.Text)
		return policy.Reply(r)
	case verdict.Greylist:
		return policy.DeferIfPermit(strings.TrimSpace(v.Reply.Enhanced + " " + v.Reply.Text))
	case verdict.Quarantine:
		return policy.Hold(v.Reason)
	case verdict.Discard:
		return policy.Discard(v.Reason)
	}
	return policy.Dunno()
}

// withoutClass takes off what the mail server puts before the text of a policy
// service itself: "<alice@example.com>: Sender address rejected: ".
func withoutClass(text string) string {
	if _, rest, ok := strings.Cut(text, " rejected: "); ok && strings.HasPrefix(text, "<") {
		return rest
	}
	return text
}

// change is the answer that has a change made.
func change(c verdict.Change) policy.Action {
	switch c.Op {
	case verdict.Prepend:
		return policy.Prepend(c.Name + ": " + c.Value)
	case verdict.Redirect:
		return policy.Redirect(c.Value)
	case verdict.AddRecipient:
		return policy.Action{Verb: "BCC", Text: c.Value}
	case verdict.Hold:
		return policy.Hold(c.Value)
	}
	return policy.Dunno()
}
