package engine

import (
	"sync/atomic"

	"postern/internal/session"
)

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

// OpenEnvelope begins a transaction without a message on the engine in use.
func (h *Handle) OpenEnvelope(s *session.Session) *Transaction { return h.Engine().OpenEnvelope(s) }

// Wants tells which stages the engine in use looks at.
func (h *Handle) Wants() Wants { return h.Engine().Wants() }
