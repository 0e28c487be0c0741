package main

import (
	"context"
	"time"

	"postern/internal/check"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// local examines mails with an engine of its own.
type local struct {
	engine   *engine.Engine
	limits   message.Limits
	envelope session.Session
}

// examine leads a mail through the stages as the doors do: a stage of which
// nothing is known is not run, and a refusal on the way is the verdict.
func (l *local) examine(ctx context.Context, raw []byte) (*judged, error) {
	s := l.envelope
	s.Started, s.Recipients = time.Now(), nil
	tx := l.engine.Open(&s)
	for _, stage := range stagesKnown(&s) {
		if v := tx.At(ctx, stage); v != nil {
			return early(tx, v), nil
		}
	}
	var refused *verdict.Verdict
	for _, r := range l.envelope.Recipients {
		if v := tx.Recipient(ctx, &r); v == nil {
			s.Recipients = append(s.Recipients, r)
		} else if refused == nil || v.Action < refused.Action {
			refused = v
		}
	}
	if refused != nil && len(s.Recipients) == 0 {
		return early(tx, refused), nil
	}
	o := tx.Message(ctx, message.Parse(raw, l.limits))
	return newJudged(&o), nil
}

// stagesKnown lists the stages before the recipients of which something is
// known.
func stagesKnown(s *session.Session) []check.Stage {
	stages := []check.Stage{check.Connect}
	if s.HELO != "" {
		stages = append(stages, check.Helo)
	}
	if s.HasSender {
		stages = append(stages, check.Mail)
	}
	return stages
}

// early is the result for a mail that was refused before it was looked at.
func early(tx *engine.Transaction, v *verdict.Verdict) *judged {
	return newJudged(&engine.Outcome{CaseID: tx.CaseID(), Verdicts: []verdict.Verdict{*v}})
}
