package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"postern/internal/store"
)

// loadTimeout bounds how long a shard may take to be read: 10 ms are usual
// with a million records; fetchTimeout how long a caller waits for a record.
const (
	loadTimeout  = 10 * time.Second
	fetchTimeout = time.Second
)

// warm reads all shards. It ends early where the file cannot be read; looking
// for what expired reads them then.
func (r *Records) warm(ctx context.Context) {
	for i := range r.shards {
		if ctx.Err() != nil || !r.load(ctx, i) {
			return
		}
	}
}

// load reads a shard, and tells whether that is done. What is there before
// stands. Nobody is kept waiting meanwhile.
func (r *Records) load(ctx context.Context, i int) bool {
	sh := &r.shards[i]
	sh.mu.Lock()
	loaded := sh.loaded
	sh.mu.Unlock()
	if loaded {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	first := uint64(i) << (64 - shardBits)
	slots, err := r.read(ctx, first, first|(1<<(64-shardBits)-1))
	if err != nil {
		return false
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.loaded { // by another, and perhaps written since
		return true
	}
	for _, s := range slots {
		r.merge(sh, s)
	}
	sh.loaded, sh.removed = true, nil
	return true
}

// fetch reads one record of a shard that is not loaded; its mu is held. Where
// the file cannot be read the caller goes on without, which costs little
// while the DB is known to be away.
func (r *Records) fetch(ctx context.Context, sh *recordShard, key store.Key) {
	if sh.knows(key) {
		return
	}
	// A caller that gives up must not make a known record a new one.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	slots, err := r.read(ctx, uint64(key), uint64(key))
	if err != nil {
		return
	}
	for _, s := range slots {
		r.merge(sh, s)
	}
}

// knows tells whether the file has nothing newer of a key; mu is held.
func (sh *recordShard) knows(key store.Key) bool {
	_, found := sh.table.get(key)
	_, changed := sh.changed[key]
	_, removed := sh.removed[key]
	return found || changed || removed
}

// merge takes what the file has unless more is known; mu is held.
func (r *Records) merge(sh *recordShard, s recordSlot) {
	if s.key != 0 && !sh.knows(s.key) {
		r.makeRoom(sh, s.key)
		sh.table.put(s.key, s.rec)
	}
}

// read reads the records with keys from first to last, of one shard. What is
// wrong is logged unless Health tells it.
func (r *Records) read(ctx context.Context, first, last uint64) (slots []recordSlot, err error) {
	err = r.db.Read(ctx, func(db *sql.DB) error {
		// SQLite's numbers are signed; a shard lies on one side of zero.
		rows, err := db.QueryContext(ctx, "SELECT key, a, b, c, expires FROM record WHERE key BETWEEN ? AND ?", int64(first), int64(last))
		if err != nil {
			return err
		}
		for err == nil && rows.Next() {
			var key int64
			var rec store.Record
			err = rows.Scan(&key, &rec.Numbers[0], &rec.Numbers[1], &rec.Numbers[2], &rec.Expires)
			slots = append(slots, recordSlot{store.Key(key), rec})
		}
		return errors.Join(err, rows.Err(), rows.Close())
	})
	if err != nil && r.db.Health().OK && ctx.Err() == nil {
		r.o.Logger.Warn("records could not be read", "file", r.db.path, "error", err)
	}
	return slots, err
}
