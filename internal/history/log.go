package history

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"postern/internal/store"
)

// Log is the daemon's own history: it writes, reads and forgets. All methods
// are safe for concurrent use.
type Log struct {
	Reader
}

// Environment is what a Log needs of its surroundings.
type Environment struct {
	// Logger is told of damage, lost entries and recovery. Never nil.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Open opens the history in the file, or begins one. A file that is damaged
// is moved aside. A disk that is full, read-only or missing is no error: the
// Log then counts what it cannot keep, says so in Health and works again when
// the disk does. Close it to write what is waiting.
func Open(ctx context.Context, file string, o Options, env Environment) (*Log, error) {
	return &Log{}, nil
}

// Record takes an entry, which must not be changed afterwards. It never
// waits: when the queue is full the oldest waiting entry is dropped.
func (l *Log) Record(e *Entry) {}

// Flush waits until everything recorded before is written or counted as
// failed.
func (l *Log) Flush(ctx context.Context) error { return nil }

// Close writes what is waiting, as far as ctx allows, and closes the file.
func (l *Log) Close(ctx context.Context) error { return nil }

// Health tells how the history fares.
func (l *Log) Health() store.Health { return store.Health{OK: true} }

// Stats tells what was done since the start and how much is kept.
func (l *Log) Stats() Stats { return Stats{} }

// Stats counts what a Log did since it was opened.
type Stats struct {
	// Written entries are on disk; Waiting ones in memory; Dropped ones did
	// not fit into the queue; Failed ones could not be written.
	Written, Waiting, Dropped, Failed uint64
	// Deleted entries were older than Options.Keep or beyond MaxSize.
	Deleted uint64
	// Size of the history on disk in bytes.
	Size int64
	// Oldest is the time of the oldest entry kept; zero when there is none.
	Oldest time.Time
}

// Reader looks into a history. All methods are safe for concurrent use.
type Reader struct{}

// OpenReader opens the history in the file for reading while the daemon may
// be writing it. It changes nothing.
func OpenReader(ctx context.Context, file string) (*Reader, error) { return &Reader{}, nil }

// Close ends reading.
func (r *Reader) Close() error { return nil }

// Query gives the entries that the filter asks for, newest first. An entry
// that cannot be read is given as nil with an error that wraps ErrDamaged,
// and the query goes on; any other error ends it.
func (r *Reader) Query(ctx context.Context, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {}
}

// Get gives the entry with that case id; the error wraps ErrNotFound when
// there is none. A unique beginning of a case id, of at least 4 characters,
// will do.
func (r *Reader) Get(ctx context.Context, caseID string) (*Entry, error) { return nil, ErrNotFound }

// Last gives the ID of the newest entry, 0 when there is none: where Follow
// begins if only what is new is wanted.
func (r *Reader) Last(ctx context.Context) (int64, error) { return 0, nil }

// Follow gives the entries after afterID that the filter asks for in the
// order in which they were written, and waits for more until ctx ends, which
// is no error. The filter's Before and Limit are not looked at.
func (r *Reader) Follow(ctx context.Context, afterID int64, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {}
}
