package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postern/internal/store"
)

// keep is the goroutine that writes what changed and removes what expired.
func (r *Records) keep(ctx context.Context) {
	ticker := time.NewTicker(r.o.Flush)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.sweep(ctx)
			_ = r.Flush(ctx) // what is wrong is in Health
		}
	}
}

// sweep removes what expired from one shard: a small part at a time, so that
// nobody waits for long.
func (r *Records) sweep(ctx context.Context) {
	i := r.sweepAt
	r.sweepAt = (i + 1) % shards
	r.load(ctx, i)
	sh := &r.shards[i]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := store.Seconds(r.o.Now())
	var gone []store.Key
	for _, s := range sh.table.slots {
		if s.key != 0 && s.rec.Expires < now {
			gone = append(gone, s.key)
		}
	}
	for _, key := range gone {
		sh.table.remove(key)
		sh.change(key)
	}
	r.stats.expired.Add(uint64(len(gone)))
}

// row is a change on its way to the file.
type row struct {
	recordSlot
	gone bool // the record is to be deleted
}

// Flush writes what changed before, and returns why that was not possible.
func (r *Records) Flush(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.db.ready(ctx); err != nil {
		return err
	}
	if g := r.db.Generation(); g != r.generation {
		r.generation = g
		r.changeAll()
	}
	for next := 0; next < shards; {
		var rows []row
		first := next
		for ; next < shards && len(rows) < recordsABatch; next++ {
			rows = r.shards[next].take(rows)
		}
		if len(rows) == 0 {
			continue
		}
		if err := r.write(ctx, rows); err != nil {
			r.stats.failed.Add(1)
			for _, row := range rows {
				r.giveBack(row.key)
			}
			return fmt.Errorf("writing records of shards %d to %d: %w", first, next-1, err)
		}
		r.stats.flushed.Add(uint64(len(rows)))
	}
	return nil
}

// changeAll marks everything as not yet on disk: the file is a new one.
func (r *Records) changeAll() {
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for _, s := range sh.table.slots {
			if s.key != 0 {
				sh.change(s.key)
			}
		}
		sh.mu.Unlock()
	}
}

// take appends what changed in a shard, in the order of the file.
func (sh *recordShard) take(rows []row) []row {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := len(rows)
	rows = slices.Grow(rows, len(sh.changed))
	for key := range sh.changed {
		rec, found := sh.table.get(key)
		rows = append(rows, row{recordSlot{key, rec}, !found})
		if !found && !sh.loaded {
			if sh.removed == nil {
				sh.removed = map[store.Key]struct{}{}
			}
			sh.removed[key] = struct{}{}
		}
	}
	sh.changed = nil
	slices.SortFunc(rows[n:], func(a, b row) int { return cmp.Compare(a.key, b.key) })
	return rows
}

// giveBack marks a key as not on disk after all.
func (r *Records) giveBack(key store.Key) {
	sh := &r.shards[key>>(64-shardBits)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.change(key)
}

// write writes rows in one transaction.
func (r *Records) write(ctx context.Context, rows []row) error {
	put, gone := make([]any, 0, 5*len(rows)), make([]any, 0, recordsAInsert)
	for _, row := range rows {
		if row.gone {
			gone = append(gone, int64(row.key))
			continue
		}
		n := row.rec.Numbers
		put = append(put, int64(row.key), int64(n[0]), int64(n[1]), int64(n[2]), int64(row.rec.Expires))
	}
	return r.db.Write(ctx, func(tx *sql.Tx) error {
		err := inPieces(ctx, tx, "REPLACE INTO record VALUES ", "(?,?,?,?,?)", 5, "", put)
		if err != nil {
			return err
		}
		return inPieces(ctx, tx, "DELETE FROM record WHERE key IN (", "?", 1, ")", gone)
	})
}

// inPieces executes a statement with a list of groups of values, so many at a
// time that the statement is prepared at most twice.
func inPieces(ctx context.Context, tx *sql.Tx, head, group string, width int, tail string, values []any) error {
	var whole *sql.Stmt
	for len(values) > 0 {
		n := min(len(values), recordsAInsert*width)
		text := head + strings.TrimSuffix(strings.Repeat(group+",", n/width), ",") + tail
		var err error
		switch {
		case n < recordsAInsert*width:
			_, err = tx.ExecContext(ctx, text, values[:n]...)
		case whole == nil:
			if whole, err = tx.PrepareContext(ctx, text); err != nil {
				return err
			}
			defer whole.Close()
			fallthrough
		default:
			_, err = whole.ExecContext(ctx, values[:n]...)
		}
		if err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// Close writes what changed, as far as ctx and the disk allow, and closes the
// file. The records must not be used afterwards.
func (r *Records) Close(ctx context.Context) error {
	r.stop()
	r.done.Wait()
	return errors.Join(r.Flush(ctx), r.db.Close())
}
