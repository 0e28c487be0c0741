package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postern/internal/store"
)

// How entries are deleted: so many in one transaction, so that writing never
// waits long; below MaxSize by one part in sizeSlack, so that it is not done
// for every entry; and so many pages given back to the system at a time, once
// one page in freeSlack is free.
const (
	deleteItems  = 500
	sizeSlack    = 50
	vacuumPages  = 500
	freeSlack    = 10
	maintainTime = 2 * time.Minute // for one round
)

// maintain checks the file once, and then deletes what is too old or too much
// until the Log is closed.
func (l *Log) maintain(ctx context.Context) {
	if err := l.db.Verify(ctx); err != nil && ctx.Err() == nil {
		l.env.Logger.Warn("checking the history", "error", err)
	}
	ticker := time.NewTicker(l.env.Tick)
	defer ticker.Stop()
	for {
		round, cancel := context.WithTimeout(ctx, maintainTime)
		if err := l.round(round); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrUnavailable) {
			l.env.Logger.Warn("maintaining the history", "error", err)
		}
		cancel()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// round does what is due.
func (l *Log) round(ctx context.Context) error {
	if err := l.db.Attend(); err != nil {
		return err
	}
	for _, file := range l.db.Aside() {
		l.salvage(ctx, file)
	}
	if err := l.forgetOld(ctx); err != nil {
		return err
	}
	if err := l.forgetMuch(ctx); err != nil {
		return err
	}
	return l.shrink(ctx)
}

// forgetOld deletes what is older than Options.Keep.
func (l *Log) forgetOld(ctx context.Context) error {
	keep := l.o.Load().Keep.Std()
	if keep == 0 {
		return nil
	}
	before := l.env.Now().Add(-keep).UnixMicro()
	for {
		n, err := l.forget(ctx, "WHERE time < ? ORDER BY time LIMIT ?", before, deleteItems)
		if err != nil || n < deleteItems {
			return err
		}
	}
}

// forgetMuch deletes the oldest until MaxSize is kept.
func (l *Log) forgetMuch(ctx context.Context) error {
	limit := int64(l.o.Load().MaxSize)
	for over := false; ; over = true {
		used, err := l.usage(ctx)
		if err != nil || used.used() <= limit {
			return err
		}
		if !over {
			limit -= limit / sizeSlack
		}
		n, err := l.forget(ctx, "ORDER BY time LIMIT ?", deleteItems)
		if err != nil || n == 0 {
			return err
		}
	}
}

// forget deletes the entries that the condition selects.
func (l *Log) forget(ctx context.Context, which string, args ...any) (n int64, err error) {
	err = l.db.Write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM entries WHERE id IN (SELECT id FROM entries "+which+")", args...)
		if err != nil {
			return fmt.Errorf("deleting old entries: %w", err)
		}
		n, err = result.RowsAffected()
		return err
	})
	if err == nil {
		l.deleted.Add(uint64(n))
	}
	return n, err
}

// shrink gives free pages back to the system, where there are many.
func (l *Log) shrink(ctx context.Context) error {
	for {
		u, err := l.usage(ctx)
		if err != nil || u.free < vacuumPages || u.free < u.pages/freeSlack {
			return err
		}
		if err := l.db.Exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages)); err != nil {
			return err
		}
		after, err := l.usage(ctx)
		if err != nil || after.free >= u.free {
			return err
		}
	}
}

func (l *Log) usage(ctx context.Context) (u usage, err error) {
	err = l.db.Read(ctx, func(db *sql.DB) error {
		u, err = readUsage(ctx, db)
		return err
	})
	return u, err
}
