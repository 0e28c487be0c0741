package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postern/internal/store"
)

// run is the goroutine that writes.
func (b *Batch[T]) run() {
	defer close(b.done)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-b.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	var batch []T
	pause := time.Duration(0) // before the next attempt, while unavailable
	for {
		asked, ok := b.wait(len(batch) > 0, pause)
		if !ok {
			return
		}
		var err error
		batch, err = b.writeAll(ctx, batch)
		switch {
		case err == nil:
			pause = 0
		case asked == nil || pause == 0:
			pause = min(max(2*pause, firstRetry), lastRetry)
		}
		if asked != nil {
			asked <- err
		}
	}
}

// wait returns when it is time to write: somebody asked for it, or there is
// enough, or the first item waited long enough. ok is false at the end.
func (b *Batch[T]) wait(leftover bool, pause time.Duration) (asked chan error, ok bool) {
	if !leftover {
		select {
		case <-b.wake:
		case asked = <-b.flushes:
			return asked, true
		case <-b.stop:
			return nil, false
		}
		pause = b.o.Interval
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for leftover || !b.full() {
		select {
		case <-b.wake:
		case <-timer.C:
			return nil, true
		case asked = <-b.flushes:
			return asked, true
		case <-b.stop:
			return nil, false
		}
	}
	return nil, true
}

// writeAll writes the batch and then the queue, until both are empty or the
// DB is unavailable. It returns what is left of the batch.
func (b *Batch[T]) writeAll(ctx context.Context, batch []T) ([]T, error) {
	for {
		batch = b.take(batch)
		if len(batch) == 0 {
			return batch, nil
		}
		err := b.write(ctx, batch)
		if errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil {
			return batch, err
		}
		clear(batch)
		batch = batch[:0]
	}
}

// write writes the batch in one transaction or, when that fails because of an
// item, each item in one of its own. Only errors of the surroundings are
// returned; the items were not written then.
func (b *Batch[T]) write(ctx context.Context, batch []T) error {
	err := b.db.Write(ctx, func(tx *sql.Tx) error { return b.apply(tx, batch) })
	if err == nil {
		b.count(len(batch), 0)
		return nil
	}
	if errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil {
		return err
	}
	if len(batch) == 1 {
		b.db.o.Logger.Warn("an item could not be written", "file", b.db.path, "error", err)
		b.count(0, 1)
		return nil
	}
	half := len(batch) / 2
	// What is behind an outage in the first half is lost with it: it would
	// be written twice otherwise. That takes two faults at the same time.
	if err := b.write(ctx, batch[:half]); err != nil {
		b.count(0, len(batch))
		return nil
	}
	if err := b.write(ctx, batch[half:]); err != nil {
		b.count(0, len(batch)-half)
	}
	return nil
}

// count notes what became of items of the batch.
func (b *Batch[T]) count(written, failed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Written += uint64(written)
	b.stats.Failed += uint64(failed)
	b.pending -= written + failed
}
