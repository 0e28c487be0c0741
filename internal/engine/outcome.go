package engine

import (
	"time"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Outcome is everything that was decided about one message.
type Outcome struct {
	CaseID  string
	Session *session.Session
	// Message is nil when the decision fell before it was there.
	Message *message.Message
	// Stage at which the decision fell.
	Stage check.Stage
	// Verdicts, one for each group of recipients with the same settings; at
	// least one. The first is the one a door gives that cannot tell
	// recipients apart: the mildest, or for doors that can, that of the first
	// recipient.
	Verdicts []verdict.Verdict
	// Started is when the message's examination began, Took how long it was.
	Started time.Time
	Took    time.Duration
	// Checks tells how long each check that took more than a millisecond did
	// take, and which failed.
	Checks []CheckTime
}

// Verdict is the one for the whole message.
func (o Outcome) Verdict() *verdict.Verdict { return &o.Verdicts[0] }

// CheckTime is how long one check took.
type CheckTime struct {
	Name  string
	Took  time.Duration
	Error string
}

// Recorder takes every outcome: the log, the history, the metrics. It must
// not block nor keep the message.
type Recorder interface {
	Record(o *Outcome)
}

// recordEarly records a verdict that fell at a stage before the message was
// there.
func (t *Transaction) recordEarly(v *verdict.Verdict, stage check.Stage) {
	t.record(&Outcome{
		CaseID: t.caseID, Session: t.session, Stage: stage,
		Verdicts: []verdict.Verdict{*v}, Checks: t.checks,
		Started: t.started, Took: t.engine.now().Sub(t.started),
	})
	// What follows in this transaction is a case of its own.
	t.caseID = newCaseID(t.engine.now())
}

// record counts an outcome and hands it on.
func (t *Transaction) record(o *Outcome) {
	t.engine.stats.outcome(o)
	if t.engine.recorder != nil {
		t.engine.recorder.Record(o)
	}
}
