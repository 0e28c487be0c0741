package milter

import (
	"context"

	"postern/internal/check"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Engine is what the door asks for verdicts.
type Engine interface {
	// Open begins a transaction for a session that the door goes on filling.
	Open(s *session.Session) Transaction
	// Wants tells which stages some check looks at.
	Wants() engine.Wants
}

// Transaction is one message on its way through the engine, see
// engine.Transaction.
type Transaction interface {
	At(ctx context.Context, stage check.Stage) *verdict.Verdict
	Recipient(ctx context.Context, r *session.Recipient) *verdict.Verdict
	Message(ctx context.Context, m *message.Message) engine.Outcome
}

// Use makes the engine behind a handle the one a door asks.
func Use(h *engine.Handle) Engine { return handle{h} }

type handle struct{ *engine.Handle }

func (h handle) Open(s *session.Session) Transaction { return h.Handle.Open(s) }
