package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func sizeOf(s string) int { return len(s) }

func newBatch(t *testing.T, db *DB, o BatchOptions) *Batch[string] {
	t.Helper()
	b := NewBatch(db, o, sizeOf, insertAll)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = b.Close(ctx)
	})
	return b
}

func TestBatch(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{})
	b := newBatch(t, db, BatchOptions{Interval: time.Millisecond, Items: 50, Queue: 10000})
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 250 {
				b.Put(fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	writers.Wait()
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 2000 {
		t.Errorf("%d rows, want 2000", n)
	}
	if s := b.Stats(); s != (BatchStats{Written: 2000}) {
		t.Errorf("stats %+v", s)
	}
}

// TestBatchBySelf: nobody needs to call Flush.
func TestBatchBySelf(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{})
	b := newBatch(t, db, BatchOptions{Interval: 5 * time.Millisecond, Items: 10, Queue: 100})
	for i := range 25 {
		b.Put(fmt.Sprint(i))
	}
	for deadline := time.Now().Add(5 * time.Second); b.Stats().Written < 25; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stats %+v", b.Stats())
		}
	}
}

// TestBatchBadItem: one that cannot be written takes no other with it.
func TestBatchBadItem(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{})
	b := newBatch(t, db, BatchOptions{Interval: time.Hour, Items: 100, Queue: 100})
	for i := range 30 {
		b.Put(map[bool]string{true: "bad", false: fmt.Sprint(i)}[i%10 == 3])
	}
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := b.Stats(); s.Written != 27 || s.Failed != 3 || s.Waiting != 0 {
		t.Errorf("stats %+v", s)
	}
	if n := count(t, db); n != 27 {
		t.Errorf("%d rows", n)
	}
}

// TestBatchOutage: items wait while the disk is full, the oldest are dropped
// beyond the bounds, and the rest is written when there is room again.
func TestBatchOutage(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{MaxPages: 20})
	b := newBatch(t, db, BatchOptions{Interval: time.Millisecond, Items: 10, Queue: 30})
	big := strings.Repeat("x", 3000)
	put := 0
	for ; db.Health().OK && put < 500; put++ {
		b.Put(big)
		_ = b.Flush(t.Context()) // at last the disk is full
	}
	if db.Health().OK {
		t.Fatal("never full")
	}
	for range 100 {
		b.Put(big)
		put++
	}
	s := b.Stats()
	if s.Dropped == 0 || s.Waiting > 40 || s.Written+s.Dropped+s.Waiting != uint64(put) || s.Failed != 0 {
		t.Errorf("%d put, stats %+v", put, s)
	}
	// The disk grows.
	db.writing.Lock()
	_, err := db.writer.Exec("PRAGMA max_page_count = 10000")
	db.writing.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); b.Stats().Waiting > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stats %+v", b.Stats())
		}
	}
	if s := b.Stats(); !db.Health().OK || s.Written != uint64(count(t, db)) {
		t.Errorf("health %+v, stats %+v", db.Health(), s)
	}
}

func TestBatchBytes(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{})
	b := newBatch(t, db, BatchOptions{Interval: time.Hour, Items: 1000, Queue: 1000, Bytes: 1000})
	for range 30 {
		b.Put(strings.Repeat("x", 100))
	}
	if s := b.Stats(); s.Waiting != 10 || s.Dropped != 20 {
		t.Errorf("stats %+v", s)
	}
	if b.Put(strings.Repeat("y", 5000)) || b.Stats().Waiting != 1 {
		t.Errorf("a huge item: stats %+v", b.Stats())
	}
}

// TestBatchClose: what cannot be written at the end is counted.
func TestBatchClose(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{MaxPages: 5})
	b := NewBatch(db, BatchOptions{Interval: time.Hour, Items: 10, Queue: 100}, sizeOf, insertAll)
	for range 20 {
		b.Put(strings.Repeat("x", 4000))
	}
	if err := b.Close(t.Context()); err == nil {
		t.Error("no error")
	}
	if s := b.Stats(); s.Failed != 20 || s.Waiting != 0 {
		t.Errorf("stats %+v", s)
	}
	if err := b.Flush(t.Context()); err == nil {
		t.Error("Flush after Close: no error")
	}
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
