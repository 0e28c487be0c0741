package sqlite

import (
	"slices"
	"sync"
	"time"

	"postern/internal/store"
)

// healthState remembers how a DB fares.
type healthState struct {
	mu      sync.Mutex
	current store.Health
	faults  uint64
}

// begin starts in good health.
func (h *healthState) begin(now time.Time) {
	h.current = store.Health{OK: true, Since: now}
}

// notice remembers what happened to the data.
func (h *healthState) notice(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.current.Notices = append(h.current.Notices, text)
	if extra := len(h.current.Notices) - maxNotices; extra > 0 {
		h.current.Notices = slices.Clone(h.current.Notices[extra:])
	}
}

// Health tells how the file fares.
func (db *DB) Health() store.Health {
	db.state.mu.Lock()
	defer db.state.mu.Unlock()
	health := db.state.current
	health.Notices = slices.Clone(health.Notices)
	return health
}

// Faults counts the writes and attempts to open that failed because of the
// surroundings, since Open.
func (db *DB) Faults() uint64 {
	db.state.mu.Lock()
	defer db.state.mu.Unlock()
	return db.state.faults
}

// note updates the health after a use of the file. Mistakes of callers and
// cancelled contexts say nothing about the file.
func (db *DB) note(err error) {
	kind := classify(err)
	if kind == faultOther && !damaged(err) {
		return
	}
	h := &db.state
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.current
	if kind == faultNone {
		if !was.OK {
			h.current.OK, h.current.Problem, h.current.Advice, h.current.Since = true, "", "", db.o.Now()
			db.o.Logger.Info("storage works again", "file", db.path)
		}
		return
	}
	h.faults++
	h.current.OK, h.current.Problem, h.current.Advice = false, err.Error(), kind.advice(db.path)
	if was.OK {
		h.current.Since = db.o.Now()
		db.o.Logger.Error("storage does not work", "file", db.path, "error", err, "advice", h.current.Advice)
	}
}
