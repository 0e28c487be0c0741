package identity

import (
	"context"
	"errors"
	"sync/atomic"

	"postern/internal/check"
)

// shared is what several checks of one transaction want to know: whoever comes
// first finds it out, the others wait for it.
type shared[T any] struct {
	claimed atomic.Bool
	done    chan struct{}
	// value and known are set before done is closed. known stays false where
	// whoever came first did not come to an end.
	value T
	known bool
}

var errNotKnown = errors.New("another check should have found it out and did not")

// share gives what a transaction's checks share under a name, and finds it out
// by ask if nobody has. An error means that the wait for somebody else was in
// vain.
func share[T any](ctx context.Context, tx *check.Transaction, name string, ask func() T) (T, error) {
	s := tx.Memory.Keep(name, func() any { return &shared[T]{done: make(chan struct{})} }).(*shared[T])
	if s.claimed.CompareAndSwap(false, true) {
		defer close(s.done)
		s.value = ask()
		s.known = true
		return s.value, nil
	}
	var none T
	select {
	case <-s.done:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if !s.known {
		return none, errNotKnown
	}
	return s.value, nil
}
