// Package engine leads one mail through the stages, runs the checks of each,
// weighs what they found and gives the verdict.
package engine

import (
	"context"
	"sync/atomic"
	"time"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Engine examines transactions. It is immutable and safe for concurrent use.
type Engine struct{}

// Wants tells a door which stages some check looks at, so that a door need
// not ask the mail server for what nobody reads.
type Wants struct {
	Connect, Helo, Mail, Rcpt, Header, Body bool
}

// Wants tells which stages some check looks at.
func (e *Engine) Wants() Wants { return Wants{} }

// Open begins a transaction for a session that the door goes on filling. It
// gets a new case id.
func (e *Engine) Open(s *session.Session) *Transaction { return &Transaction{} }

// Handle is an engine that can be replaced while doors use it. A transaction
// stays with the engine that opened it.
type Handle struct{ current atomic.Pointer[Engine] }

// NewHandle makes a handle on e.
func NewHandle(e *Engine) *Handle {
	h := new(Handle)
	h.current.Store(e)
	return h
}

// Replace makes e the engine of all transactions opened from now on.
func (h *Handle) Replace(e *Engine) { h.current.Store(e) }

// Engine gives the engine in use.
func (h *Handle) Engine() *Engine { return h.current.Load() }

// Open begins a transaction on the engine in use.
func (h *Handle) Open(s *session.Session) *Transaction { return h.Engine().Open(s) }

// Wants tells which stages the engine in use looks at.
func (h *Handle) Wants() Wants { return h.Engine().Wants() }

// Transaction is one message on its way through the stages. Its methods are
// called one after the other, never at the same time.
type Transaction struct{}

// CaseID names the transaction's decision.
func (t *Transaction) CaseID() string { return "" }

// At runs the checks of the connect, helo or mail stage. It returns nil when
// the transaction goes on, else the verdict (refusal) to give at once.
func (t *Transaction) At(ctx context.Context, stage check.Stage) *verdict.Verdict { return nil }

// Recipient runs the checks of the rcpt stage for one recipient, which the
// door adds to the session when the answer is nil. Otherwise the verdict is
// for this recipient alone.
func (t *Transaction) Recipient(ctx context.Context, r *session.Recipient) *verdict.Verdict {
	return nil
}

// Message runs all remaining checks on the whole message and decides. It
// never returns an empty Outcome and records it.
func (t *Transaction) Message(ctx context.Context, m *message.Message) Outcome { return Outcome{} }

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
	// recipients apart.
	Verdicts []verdict.Verdict
	// Started is when the message's examination began, Took how long it was.
	Started time.Time
	Took    time.Duration
	// Checks tells how long each check that waits or took long did take, and
	// which failed.
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
