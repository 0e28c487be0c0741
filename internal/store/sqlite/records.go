package sqlite

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/store"
)

//go:embed recordsteps/*.sql
var recordSteps embed.FS

// RecordsOptions bounds what Records keeps.
type RecordsOptions struct {
	// Flush is how long changes stay in memory only: what is lost when the
	// process is killed. 0 means a second.
	Flush time.Duration
	// MaxRecords bounds how many records are kept; beyond, those that expire
	// soonest give way. They take 24 to 37 bytes of memory and about 45 of
	// disk each. 0 means two million.
	MaxRecords int
	// Logger and Now are as in Options.
	Logger *slog.Logger
	Now    func() time.Time
}

// What is fixed.
const (
	shardBits      = 8
	shards         = 1 << shardBits
	defaultFlush   = time.Second
	defaultRecords = 2_000_000
	recordsABatch  = 20_000 // written in one transaction
	recordsAInsert = 50     // written by one statement
	evictSample    = 16
)

// Records keeps records in memory and writes what changed to an SQLite file
// in the background. While the file cannot be written everything goes on in
// memory, and is written when it can be again. Two goroutines belong to it,
// which Close ends.
type Records struct {
	db *DB
	o  RecordsOptions

	shards  [shards]recordShard
	sweepAt int // the next shard to look for what expired
	// generation of the file that has what is not marked as changed.
	generation uint64
	writing    sync.Mutex // by flush

	stats recordCounters

	// warmed is closed once the file was read as a whole, or cannot be.
	warmed chan struct{}

	stop context.CancelFunc
	done sync.WaitGroup
}

// recordShard holds the keys with the same highest bits.
type recordShard struct {
	mu    sync.Mutex
	table recordTable
	// loaded tells that the table has what the file has. Until then a record
	// in the table is newer than that of the file, or the same, and removed
	// are those whose removal is on its way to the file or there.
	loaded  bool
	removed map[store.Key]struct{}
	// changed are keys whose record, or absence, the file does not have yet.
	changed map[store.Key]struct{}
}

type recordCounters struct{ expired, evicted, flushed, failed atomic.Uint64 }

// RecordsStats counts what Records did.
type RecordsStats struct {
	// Records in memory, and those of them and of the removed whose last
	// change is not on disk.
	Records, Unwritten int
	// Expired and Evicted records since the start; the latter gave way
	// because there were too many.
	Expired, Evicted uint64
	// Written records, and Failed attempts to write some.
	Written, Failed uint64
}

// OpenRecords opens the file, which is created where needed. Its records are
// read when they are asked for and, meanwhile, in the background. Only a
// mistake in the program is an error: what is wrong with the file is in Health.
func OpenRecords(ctx context.Context, path string, o RecordsOptions) (*Records, error) {
	steps, err := fs.Sub(recordSteps, "recordsteps")
	if err != nil {
		return nil, err
	}
	db, err := Open(ctx, path, Options{Migrations: steps, Logger: o.Logger, Now: o.Now, CheckUpTo: 1})
	if err != nil {
		return nil, fmt.Errorf("opening records in %s: %w", path, err)
	}
	if o.Flush == 0 {
		o.Flush = defaultFlush
	}
	if o.MaxRecords == 0 {
		o.MaxRecords = defaultRecords
	}
	o.Logger, o.Now = db.o.Logger, db.o.Now
	r := &Records{db: db, o: o, generation: db.Generation()}
	var life context.Context
	life, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.warmed = make(chan struct{})
	r.done.Go(func() {
		defer close(r.warmed)
		r.warm(life)
	})
	r.done.Go(func() { r.keep(life) })
	return r, nil
}

// Health tells how the file fares.
func (r *Records) Health() store.Health { return r.db.Health() }

// Stats tells what was done so far.
func (r *Records) Stats() RecordsStats {
	s := RecordsStats{
		Expired: r.stats.expired.Load(), Evicted: r.stats.evicted.Load(),
		Written: r.stats.flushed.Load(), Failed: r.stats.failed.Load(),
	}
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		s.Records += sh.table.n
		s.Unwritten += len(sh.changed)
		sh.mu.Unlock()
	}
	return s
}

// Get gives the record of a key.
func (r *Records) Get(ctx context.Context, key store.Key) (store.Record, bool, error) {
	sh := r.shard(ctx, key)
	defer sh.mu.Unlock()
	rec, found := sh.table.get(key)
	return rec, found, nil
}

// Update changes the record of a key.
func (r *Records) Update(ctx context.Context, key store.Key, change func(store.Record, bool) store.Record) error {
	sh := r.shard(ctx, key)
	defer sh.mu.Unlock()
	old, found := sh.table.get(key)
	rec := change(old, found)
	switch {
	case found && rec == old, !found && rec.Expires == 0:
		return nil
	case rec.Expires == 0:
		sh.table.remove(key)
	default:
		if !found {
			r.makeRoom(sh, key)
		}
		sh.table.put(key, rec)
	}
	sh.change(key)
	return nil
}

// shard gives the shard of a key, locked, and with what is known of the key.
func (r *Records) shard(ctx context.Context, key store.Key) *recordShard {
	sh := &r.shards[key>>(64-shardBits)]
	sh.mu.Lock()
	if !sh.loaded {
		r.fetch(ctx, sh, key)
	}
	return sh
}

// change marks a key as not yet on disk; mu is held.
func (sh *recordShard) change(key store.Key) {
	if sh.changed == nil {
		sh.changed = map[store.Key]struct{}{}
	}
	sh.changed[key] = struct{}{}
}

// makeRoom removes a record where there are too many; mu is held.
func (r *Records) makeRoom(sh *recordShard, key store.Key) {
	for sh.table.n > 0 && sh.table.n >= max(1, r.o.MaxRecords/shards) {
		gone := sh.table.soonest(uint64(key)<<shardBits, evictSample)
		sh.table.remove(gone)
		sh.change(gone)
		r.stats.evicted.Add(1)
	}
}

var _ store.Records = (*Records)(nil)
