package sqlite

import (
	"context"
	"database/sql"
	"time"

	"postern/internal/store"
)

// loadTimeout bounds how long a caller waits for a shard to be read: 10 ms
// are usual with a million records.
const loadTimeout = 2 * time.Second

// warm reads what was not asked for yet. It ends early where the file cannot
// be read; the shards are read when asked for then.
func (r *Records) warm(ctx context.Context) {
	for i := range r.shards {
		if ctx.Err() != nil {
			return
		}
		sh := &r.shards[i]
		sh.mu.Lock()
		if !sh.loaded {
			r.load(ctx, i)
		}
		loaded := sh.loaded
		sh.mu.Unlock()
		if !loaded {
			return
		}
	}
}

// load reads a shard, whose mu is held. What changed in memory before stands.
// Where the file cannot be read the shard goes on without; the next use tries
// again, which costs little while the DB is known to be away.
func (r *Records) load(ctx context.Context, i int) {
	sh := &r.shards[i]
	// Who comes next needs the shard too, even if this caller gives up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	first := uint64(i) << (64 - shardBits)
	err := r.db.Read(ctx, func(db *sql.DB) error {
		// SQLite's numbers are signed; a shard lies on one side of zero.
		rows, err := db.QueryContext(ctx, "SELECT key, a, b, c, expires FROM record WHERE key BETWEEN ? AND ?",
			int64(first), int64(first|(1<<(64-shardBits)-1)))
		if err != nil {
			return err
		}
		defer rows.Close()
		return r.read(sh, rows)
	})
	switch {
	case err == nil:
		sh.loaded = true
	case r.db.Health().OK:
		r.o.Logger.Warn("records could not be read", "file", r.db.path, "error", err)
	}
}

// read puts rows into a shard, whose mu is held.
func (r *Records) read(sh *recordShard, rows *sql.Rows) error {
	for rows.Next() {
		var key int64
		var rec store.Record
		if err := rows.Scan(&key, &rec.Numbers[0], &rec.Numbers[1], &rec.Numbers[2], &rec.Expires); err != nil {
			return err
		}
		k := store.Key(key)
		if _, changed := sh.changed[k]; changed || k == 0 {
			continue
		}
		if _, found := sh.table.get(k); !found {
			r.makeRoom(sh, k)
		}
		sh.table.put(k, rec)
	}
	return rows.Err()
}
