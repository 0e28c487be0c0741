// Package store holds the words that all of Postern's storage back ends
// share: how one says that it cannot work for now, and how it tells the
// administrator what is wrong and what to do about it.
package store

import (
	"errors"
	"time"
)

// ErrUnavailable is wrapped by errors of a back end that cannot do its work
// for now: the disk is full or read-only, the file cannot be opened, the
// server is away. The caller goes on without the store and tries again later.
var ErrUnavailable = errors.New("storage is unavailable")

// Health is how a back end fares.
type Health struct {
	// OK is false from the first failed write until one succeeds again.
	OK bool `json:"ok"`
	// Problem says what is wrong; "" when OK.
	Problem string `json:"problem,omitempty"`
	// Advice says what the administrator can do about it; "" when OK.
	Advice string `json:"advice,omitempty"`
	// Since is when the present state, good or bad, began.
	Since time.Time `json:"since"`
	// Notices tells what happened to the data since the start, such as a
	// damaged file that was moved aside; oldest first, bounded.
	Notices []string `json:"notices,omitempty"`
}
