package sqlite

import (
	"context"
	"fmt"
	"os"
	"slices"

	"postern/internal/store"
)

// Verify reads the whole file and moves it aside when it is damaged, which
// is the error then. It takes about 2 s for 500 MB and can be cancelled.
func (db *DB) Verify(ctx context.Context) error {
	if err := db.ready(ctx); err != nil {
		return err
	}
	db.swap.RLock()
	if db.reader == nil {
		db.swap.RUnlock()
		return fmt.Errorf("checking %s: %w", db.path, store.ErrUnavailable)
	}
	err := check(ctx, db.reader)
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

// replace moves the damaged file aside and begins a new one. It returns an
// error in any case: what the caller wanted to do was not done. Several
// callers may have met the same damage; the first replaces the file.
func (db *DB) replace(ctx context.Context, cause error) error {
	db.swap.Lock()
	defer db.swap.Unlock()
	if db.closed {
		return unavailable("using", db.path, cause)
	}
	var err error
	if db.reader != nil && db.stillDamaged(ctx) {
		err = db.startAnew(ctx, cause)
	}
	db.note(err)
	if err != nil {
		return unavailable("replacing", db.path, err)
	}
	return fmt.Errorf("using %s: %w: it was damaged and replaced: %w", db.path, store.ErrUnavailable, cause)
}

// stillDamaged checks again, so that a file that another caller has just
// begun is not thrown away with the old one.
func (db *DB) stillDamaged(ctx context.Context) bool {
	return damaged(probe(ctx, db.reader, db.path, 1<<62))
}

// startAnew moves the file aside and opens a new one; swap is held.
func (db *DB) startAnew(ctx context.Context, cause error) error {
	// Closing comes first: it may remove the write-ahead log by its name.
	if err := db.disconnect(); err != nil {
		db.o.Logger.Warn("closing a damaged file", "file", db.path, "error", err)
	}
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
	return db.open(ctx)
}
