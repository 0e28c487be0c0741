package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"slices"

	"postern/internal/store"
)

// Verify reads the whole file, and repairs it or moves it aside when it is
// damaged, which is the error then. It takes about 1.5 s for 500 MB and can
// be cancelled.
func (db *DB) Verify(ctx context.Context) error {
	if err := db.ready(ctx); err != nil {
		return err
	}
	db.swap.RLock()
	if db.reader == nil {
		db.swap.RUnlock()
		return fmt.Errorf("checking %s: %w", db.path, store.ErrUnavailable)
	}
	err := check(ctx, db.reader, false)
	db.swap.RUnlock()
	if damaged(err) {
		return db.replace(ctx, err)
	}
	return err
}

// Attend looks whether the file still is where it was: when somebody removed
// or replaced it, the next use opens what is there now.
func (db *DB) Attend() error {
	db.writing.Lock()
	defer db.writing.Unlock()
	db.swap.Lock()
	defer db.swap.Unlock()
	if db.writer == nil {
		return nil
	}
	now, err := os.Stat(db.path)
	if err == nil && os.SameFile(now, db.opened) {
		return nil
	}
	db.o.Logger.Warn("the file was removed or replaced, opening it anew", "file", db.path)
	db.state.notice(fmt.Sprintf("%s was removed or replaced by somebody; it was opened anew", db.path))
	if err := db.disconnect(); err != nil {
		return fmt.Errorf("closing the former %s: %w", db.path, err)
	}
	return nil
}

// Aside gives the damaged files that were moved aside since Open and not yet
// given by Aside, so that their owner can look for what is still readable.
func (db *DB) Aside() []string {
	db.swap.Lock()
	defer db.swap.Unlock()
	files := db.aside
	db.aside = nil
	return files
}

// replace repairs the damaged file or moves it aside and begins a new one. It
// returns an error in any case: what the caller wanted to do was not done.
// Several callers may have met the same damage; the first does the work, and
// the others find a file in order.
func (db *DB) replace(ctx context.Context, cause error) error {
	db.swap.Lock()
	defer db.swap.Unlock()
	if db.closed {
		return unavailable("using", db.path, cause)
	}
	// Closing comes first: it may remove the write-ahead log by its name.
	if err := db.disconnect(); err != nil {
		db.o.Logger.Warn("closing a damaged file", "file", db.path, "error", err)
	}
	err := db.open(ctx, math.MaxInt64)
	if damaged(err) && ctx.Err() == nil {
		err = db.startAnew(ctx, err)
	}
	db.note(err)
	if err != nil {
		return unavailable("replacing", db.path, err)
	}
	return fmt.Errorf("using %s: %w: it was damaged: %w", db.path, store.ErrUnavailable, cause)
}

// repair rebuilds the indexes and looks whether that was all. It returns nil
// or the damage. Rebuilding takes about 5 s for 500 MB.
func (db *DB) repair(ctx context.Context, writer *sql.DB, damage error) error {
	if _, err := writer.ExecContext(ctx, "REINDEX"); err != nil {
		return damage
	}
	if err := check(ctx, writer, true); err != nil {
		return damage
	}
	db.o.Logger.Error("the file was damaged: indexes rebuilt, nothing lost", "file", db.path, "error", damage)
	db.state.notice(fmt.Sprintf("%s was damaged (%v); its indexes were rebuilt and nothing is lost", db.path, damage))
	return nil
}

// startAnew moves the file, which is closed, aside and opens a new one; swap
// is held.
func (db *DB) startAnew(ctx context.Context, cause error) error {
	aside, err := moveAside(db.path, db.o.Now().UTC().Format(asideStamp))
	if err != nil {
		return fmt.Errorf("moving the damaged file aside (%w): %w", cause, err)
	}
	db.aside = append(db.aside, aside)
	text := fmt.Sprintf("%s was damaged (%v); it was moved to %s and a new one begun", db.path, cause, aside)
	db.o.Logger.Error("the file was damaged: moved aside, new one begun", "file", db.path, "moved_to", aside, "error", cause)
	db.state.notice(text)
	db.aside = db.aside[max(0, len(db.aside)-maxAside):]
	db.aside = slices.Clip(db.aside)
	return db.open(ctx, db.o.CheckUpTo)
}
