package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// BatchOptions bounds how a Batch collects.
type BatchOptions struct {
	// Interval is how long an item waits for others to be written with.
	Interval time.Duration
	// Items are written together at most.
	Items int
	// Queue is how many items may wait, those being written included; Bytes
	// how much memory those not yet being written may hold together, 0 for no
	// bound. Beyond them the oldest are dropped.
	Queue int
	Bytes int64
}

// Batch writes items in the background, many in one transaction. Put never
// waits. While the DB is unavailable the items wait, as far as the bounds
// allow. One goroutine belongs to it, which Close ends.
type Batch[T any] struct {
	db    *DB
	o     BatchOptions
	apply func(*sql.Tx, []T) error
	size  func(T) int

	mu      sync.Mutex
	queue   []T
	head    int   // of queue: items before it are gone
	bytes   int64 // of what is queued
	pending int   // items being written
	stats   BatchStats

	wake    chan struct{}
	flushes chan chan error
	end     sync.Once // closes stop
	stop    chan struct{}
	done    chan struct{}
}

// BatchStats counts what became of the items.
type BatchStats struct {
	Written, Dropped, Failed, Waiting uint64
}

// The pauses between attempts while the DB is unavailable.
const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 10 * time.Second
)

// NewBatch begins a batch. size estimates an item's memory in bytes. apply
// writes items in a transaction; it is called again with the same items when
// the DB was unavailable, and one by one when it fails for another reason, so
// that one bad item does not take others with it.
func NewBatch[T any](db *DB, o BatchOptions, size func(T) int, apply func(*sql.Tx, []T) error) *Batch[T] {
	b := &Batch[T]{
		db: db, o: o, apply: apply, size: size,
		wake: make(chan struct{}, 1), flushes: make(chan chan error),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go b.run()
	return b
}

// Put takes an item. It tells whether nothing had to be dropped for it.
func (b *Batch[T]) Put(item T) bool {
	n := int64(b.size(item))
	b.mu.Lock()
	b.queue = append(b.queue, item)
	b.bytes += n
	dropped := uint64(0)
	for b.waiting() > 1 && (b.waiting()+b.pending > b.o.Queue || b.o.Bytes > 0 && b.bytes > b.o.Bytes) {
		b.drop()
		dropped++
	}
	b.stats.Dropped += dropped
	// The goroutine is woken for the first item, and again when there are
	// enough for a transaction.
	w := b.waiting()
	b.mu.Unlock()
	if w == 1 || w == b.o.Items {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	return dropped == 0
}

// waiting is the length of the queue; mu is held.
func (b *Batch[T]) waiting() int { return len(b.queue) - b.head }

// drop removes the oldest item; mu is held.
func (b *Batch[T]) drop() {
	var none T
	b.bytes -= int64(b.size(b.queue[b.head]))
	b.queue[b.head] = none
	b.head++
	if b.head > len(b.queue)/2 {
		n := copy(b.queue, b.queue[b.head:])
		clear(b.queue[n:])
		b.queue, b.head = b.queue[:n], 0
	}
}

// take moves up to o.Items items from the queue to the batch.
func (b *Batch[T]) take(batch []T) []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.waiting() > 0 && len(batch) < b.o.Items {
		batch = append(batch, b.queue[b.head])
		b.drop()
	}
	b.pending = len(batch)
	return batch
}

// full tells whether there is enough for a transaction.
func (b *Batch[T]) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting() >= b.o.Items
}

// Stats tells what became of the items so far.
func (b *Batch[T]) Stats() BatchStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Waiting = uint64(b.waiting() + b.pending)
	return s
}

// Flush writes everything put before, and returns why that was not possible.
func (b *Batch[T]) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case b.flushes <- answer:
	case <-b.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close writes what is waiting, as far as ctx and the disk allow, counts the
// rest as failed and ends the goroutine. Nothing may be put afterwards.
func (b *Batch[T]) Close(ctx context.Context) error {
	err := b.Flush(ctx)
	if err == errClosed {
		return nil
	}
	b.end.Do(func() { close(b.stop) })
	select {
	case <-b.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Failed += uint64(b.waiting() + b.pending)
	b.queue, b.head, b.pending = nil, 0, 0
	return err
}
