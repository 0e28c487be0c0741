package history

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Stats counts what a Log did since it was opened.
type Stats struct {
	// Written entries are on disk; Waiting ones in memory; Dropped ones did
	// not fit into the queue; Failed ones could not be written.
	Written uint64 `json:"written"`
	Waiting uint64 `json:"waiting"`
	Dropped uint64 `json:"dropped"`
	Failed  uint64 `json:"failed"`
	// Faults counts failed attempts to write or to open the file.
	Faults uint64 `json:"faults"`
	// Deleted entries were older than Options.Keep or beyond MaxSize.
	Deleted uint64 `json:"deleted"`
	// Salvaged entries were taken over from damaged files.
	Salvaged uint64 `json:"salvaged"`
	// Size of the entries on disk in bytes, without what is free for reuse.
	Size int64 `json:"size"`
	// Oldest is the time of the oldest entry kept; zero when there is none.
	Oldest time.Time `json:"oldest,omitzero"`
}

// statsTimeout bounds how long Stats reads the file.
const statsTimeout = time.Second

// Stats tells what was done since the start and how much is kept. Size and
// Oldest are zero when the file cannot be read.
func (l *Log) Stats() Stats {
	b := l.batch.Stats()
	s := Stats{
		Written: b.Written, Waiting: b.Waiting, Dropped: b.Dropped, Failed: b.Failed,
		Faults: l.db.Faults(), Deleted: l.deleted.Load(), Salvaged: l.salvaged.Load(),
	}
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	// What cannot be read stays zero; Health has the reason.
	_ = l.db.Read(ctx, func(db *sql.DB) error {
		usage, err := readUsage(ctx, db)
		if err != nil {
			return err
		}
		s.Size = usage.used()
		s.Oldest, err = oldest(ctx, db)
		return err
	})
	return s
}

// usage is how a file's pages are used.
type usage struct{ pages, free, pageSize int64 }

// used is the bytes in use.
func (u usage) used() int64 { return (u.pages - u.free) * u.pageSize }

func readUsage(ctx context.Context, db *sql.DB) (u usage, err error) {
	err = db.QueryRowContext(ctx,
		"SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size").
		Scan(&u.pages, &u.free, &u.pageSize)
	return u, err
}

// oldest gives the time of the oldest entry, zero when there is none.
func oldest(ctx context.Context, db *sql.DB) (time.Time, error) {
	var micros int64
	err := db.QueryRowContext(ctx, "SELECT time FROM entries ORDER BY time LIMIT 1").Scan(&micros)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMicro(micros).UTC(), nil
}
