package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/store"
	"postern/internal/store/sqlite"
)

// Log is the daemon's own history: it writes, reads and forgets. All methods
// are safe for concurrent use.
type Log struct {
	Reader
	o     atomic.Pointer[Options]
	env   Environment
	db    *sqlite.DB
	batch *sqlite.Batch[*Entry]
	write writing

	deleted, salvaged atomic.Uint64
	stop              context.CancelFunc
	background        sync.WaitGroup
}

// Environment is what a Log needs of its surroundings.
type Environment struct {
	// Logger is told of damage, lost entries and recovery; nil means silence.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Tick is how often the Log looks for what is to be deleted; 0 means
	// every 5 seconds.
	Tick time.Duration
	// MaxPages bounds the file as a full disk would, in pages of 8192 bytes;
	// 0 means no bound. For tests.
	MaxPages int64
}

// What is fixed: how many entries one transaction writes, and the memory in
// bytes that waiting entries may hold, and the size of the file's pages: with
// 4096 bytes a quarter of each would stay empty.
const (
	batchItems = 1000
	queueBytes = 32 << 20
	pageSize   = 8192
)

// Open opens the history in the file, or begins one. A file that is damaged
// is moved aside, and what is still readable in it is taken over. A disk that
// is full, read-only or missing is no error: the Log then counts what it
// cannot keep, says so in Health and works again when the disk does. Close it
// to write what is waiting.
func Open(ctx context.Context, file string, o Options, env Environment) (*Log, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("options of the history: %w", err)
	}
	env = env.withDefaults()
	db, err := sqlite.Open(ctx, file, sqlite.Options{
		Migrations: migrations(), Logger: env.Logger, Now: env.Now,
		PageSize: pageSize, MaxPages: env.MaxPages,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the history: %w", err)
	}
	l := &Log{env: env, db: db, Reader: Reader{source: db}}
	l.o.Store(&o)
	l.batch = sqlite.NewBatch(db, sqlite.BatchOptions{
		Interval: o.FlushInterval.Std(), Items: min(batchItems, o.QueueLength/2), Queue: o.QueueLength, Bytes: queueBytes,
	}, weigh, l.apply)
	// The background work outlives the call that opened the Log.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.background.Go(func() { l.maintain(background) })
	return l, nil
}

func (e Environment) withDefaults() Environment {
	if e.Logger == nil {
		e.Logger = slog.New(slog.DiscardHandler)
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	if e.Tick == 0 {
		e.Tick = 5 * time.Second
	}
	return e
}

// Record takes an entry, which must not be changed afterwards. It never
// waits: when the queue is full the oldest waiting entries are dropped.
func (l *Log) Record(e *Entry) { l.batch.Put(e) }

// Reload takes what can change while the Log is open: Keep, MaxSize and
// Subject. The other options are looked at by Open only.
func (l *Log) Reload(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("options of the history: %w", err)
	}
	l.o.Store(&o)
	return nil
}

// Flush writes everything recorded before, and tells why that was not
// possible.
func (l *Log) Flush(ctx context.Context) error { return l.batch.Flush(ctx) }

// Close writes what is waiting, as far as ctx allows, and closes the file.
func (l *Log) Close(ctx context.Context) error {
	l.stop()
	l.background.Wait()
	err := l.batch.Close(ctx)
	return errors.Join(err, l.db.Close())
}

// Health tells how the history fares.
func (l *Log) Health() store.Health { return l.db.Health() }

// weigh estimates an entry's memory in bytes.
func weigh(e *Entry) int {
	n := 600 + len(e.Subject) + len(e.From) + 100*len(e.Checks)
	for _, r := range e.Recipients {
		n += 16 + len(r)
	}
	for i := range e.Verdicts {
		n += 300
		for j := range e.Verdicts[i].Findings {
			n += 150
			for _, text := range e.Verdicts[i].Findings[j].Evidence {
				n += 16 + len(text)
			}
		}
	}
	return n
}

// writing is what is remembered of the file in order to write it. It is used
// within transactions only, of which there is one at a time.
type writing struct {
	generation uint64
	symbols    symbolTable
	last       int64 // the highest ID given
	row        row
}

// apply writes entries.
func (l *Log) apply(tx *sql.Tx, entries []*Entry) error {
	if err := l.recall(tx); err != nil {
		return err
	}
	insert, err := tx.Prepare("INSERT INTO entries (" + rowColumns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?)")
	if err != nil {
		return fmt.Errorf("preparing to write: %w", err)
	}
	defer insert.Close()
	w, subject := &l.write, l.o.Load().Subject
	for _, e := range entries {
		w.last++
		if err := w.insert(insert, e, w.last, subject); err != nil {
			return err
		}
	}
	return w.symbols.save(tx)
}

func (w *writing) insert(insert *sql.Stmt, e *Entry, id int64, subject bool) error {
	r := &w.row
	r.fill(e, &w.symbols, subject)
	_, err := insert.Exec(id, r.time, r.caseID, r.queueID, r.actions, r.score, r.ip, r.sender, r.recipients, string(r.symbols), string(r.detail))
	if err != nil {
		return fmt.Errorf("writing case %s: %w", r.caseID, err)
	}
	return nil
}

// recall reads what must be known before writing: after the file was opened
// anew, and after new symbols whose transaction may not have been committed.
func (l *Log) recall(tx *sql.Tx) error {
	w := &l.write
	generation := l.db.Generation()
	if generation == w.generation && len(w.symbols.fresh) == 0 {
		return nil
	}
	var last sql.NullInt64
	if err := tx.QueryRow("SELECT max(id) FROM entries").Scan(&last); err != nil {
		return fmt.Errorf("reading the last ID: %w", err)
	}
	// IDs of an empty file begin with the time, so that they are always
	// higher than those of entries now gone.
	if !last.Valid {
		last.Int64 = l.env.Now().UnixMicro()
	}
	w.last = max(w.last, last.Int64)
	if err := w.symbols.load(tx); err != nil {
		return err
	}
	w.generation = generation
	return nil
}
