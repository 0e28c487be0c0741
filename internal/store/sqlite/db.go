package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/store"
)

// DB is one SQLite file that this process writes. It is safe for concurrent
// use; writes wait for one another.
type DB struct {
	path  string
	o     Options
	steps []migration

	// writing is held by the one that writes, before swap.
	writing sync.Mutex
	// swap is held for reading while connections are in use, and for writing
	// while they are opened or closed.
	swap    sync.RWMutex
	writer  *sql.DB // nil while the file is not open
	reader  *sql.DB
	opened  os.FileInfo // the file that is open
	retryAt time.Time
	openErr error
	closed  bool
	aside   []string // damaged files moved aside since the start

	generation atomic.Uint64

	state healthState
}

// errClosed is given for a DB after Close.
var errClosed = errors.New("already closed")

// Open opens the file, creates it and its directory where needed and brings
// its schema up to date. Only a mistake in the migrations is an error: when
// the file cannot be opened the DB says so in Health, and tries again at each
// use, at most once a second. A damaged file is moved aside, see Aside.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	steps, err := readMigrations(o.Migrations)
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, o: o.withDefaults(), steps: steps}
	db.state.begin(db.o.Now())
	_ = db.ready(ctx) // what is wrong is in Health
	return db, nil
}

// Generation changes whenever the file is opened anew: what was remembered of
// its contents may no longer be so.
func (db *DB) Generation() uint64 { return db.generation.Load() }

// Path is the file's name.
func (db *DB) Path() string { return db.path }

// Write calls f in a transaction, which is committed when f returns nil. The
// error wraps store.ErrUnavailable where the surroundings are to blame and
// the same transaction may succeed later.
func (db *DB) Write(ctx context.Context, f func(*sql.Tx) error) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := db.ready(ctx); err != nil {
		return err
	}
	db.swap.RLock()
	err := transact(ctx, db.writer, f)
	db.swap.RUnlock()
	return db.after(ctx, "writing", err)
}

// Exec executes one statement outside a transaction, for pragmas that want
// that. Errors are as with Write.
func (db *DB) Exec(ctx context.Context, query string) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := db.ready(ctx); err != nil {
		return err
	}
	db.swap.RLock()
	_, err := db.writer.ExecContext(ctx, query)
	db.swap.RUnlock()
	return db.after(ctx, "maintaining", err)
}

// Read calls f with a pool of connections that only read. f must finish with
// all rows before it returns, and should be short: while a row is being read
// the write-ahead log cannot be cut back.
func (db *DB) Read(ctx context.Context, f func(*sql.DB) error) error {
	if err := db.ready(ctx); err != nil {
		return err
	}
	db.swap.RLock()
	if db.reader == nil {
		db.swap.RUnlock()
		return fmt.Errorf("reading %s: %w", db.path, store.ErrUnavailable)
	}
	err := f(db.reader)
	db.swap.RUnlock()
	if damaged(err) {
		return db.replace(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", db.path, err)
	}
	return nil
}

// transact runs f in a transaction on the writer's connection.
func transact(ctx context.Context, writer *sql.DB, f func(*sql.Tx) error) error {
	if writer == nil {
		return store.ErrUnavailable
	}
	tx, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		// The first error tells more than one of the rollback.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// after notes how a write ended, and replaces the file if it is damaged.
func (db *DB) after(ctx context.Context, doing string, err error) error {
	if damaged(err) {
		return db.replace(ctx, err)
	}
	db.note(err)
	if err != nil {
		return unavailable(doing, db.path, err)
	}
	return nil
}

// ready opens the file if it is not open.
func (db *DB) ready(ctx context.Context) error {
	db.swap.RLock()
	open := db.writer != nil
	db.swap.RUnlock()
	if open {
		return nil
	}
	db.swap.Lock()
	defer db.swap.Unlock()
	switch {
	case db.closed:
		return fmt.Errorf("using %s: %w", db.path, errClosed)
	case db.writer != nil:
		return nil
	case db.openErr != nil && db.o.Now().Before(db.retryAt):
		return db.openErr
	}
	err := db.open(ctx, db.o.CheckUpTo)
	if damaged(err) && ctx.Err() == nil {
		err = db.startAnew(ctx, err)
	}
	db.note(err)
	db.openErr = nil
	if err != nil {
		db.openErr = unavailable("opening", db.path, err)
		db.retryAt = db.o.Now().Add(retryAfter)
	}
	return db.openErr
}

// open opens the connections and checks the file up to that size; swap is
// held.
func (db *DB) open(ctx context.Context, checkUpTo int64) error {
	if err := prepareFile(db.path); err != nil {
		return err
	}
	writer, err := connect(db.path, db.o.writerParameters(), 1)
	if err != nil {
		return err
	}
	err = probe(ctx, writer, db.path, checkUpTo)
	if damaged(err) {
		err = db.repair(ctx, writer, err)
	}
	if err == nil {
		err = migrate(ctx, writer, db.steps)
	}
	if err != nil {
		_ = writer.Close() // the first error is the one to tell
		return err
	}
	reader, err := connect(db.path, readerParameters(), readers)
	if err != nil {
		_ = writer.Close()
		return err
	}
	if db.opened, err = os.Stat(db.path); err != nil {
		return errors.Join(err, writer.Close(), reader.Close())
	}
	db.writer, db.reader = writer, reader
	db.generation.Add(1)
	return nil
}

// prepareFile creates the directory and the file, which others on the host
// must not read: it tells who writes to whom.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), directoryMode); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close closes the file.
func (db *DB) Close() error {
	db.writing.Lock()
	defer db.writing.Unlock()
	db.swap.Lock()
	defer db.swap.Unlock()
	db.closed = true
	if err := db.disconnect(); err != nil {
		return fmt.Errorf("closing %s: %w", db.path, err)
	}
	return nil
}

// disconnect closes the connections, the writer last: it cuts the
// write-ahead log. swap is held.
func (db *DB) disconnect() error {
	var errs []error
	for _, c := range []*sql.DB{db.reader, db.writer} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	db.reader, db.writer = nil, nil
	return errors.Join(errs...)
}
