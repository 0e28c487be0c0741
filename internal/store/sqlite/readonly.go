package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
)

// ReadOnly is a file that another process may be writing. It changes nothing.
// It is safe for concurrent use.
type ReadOnly struct {
	path    string
	version int

	generation atomic.Uint64

	mu     sync.Mutex
	pool   *sql.DB
	opened os.FileInfo
	// frozen tells that the file is read as one that nobody writes, because
	// there is no write-ahead log and none can be made here.
	frozen bool
}

// OpenReadOnly opens the file for reading. The migrations say which schema it
// must have.
func OpenReadOnly(ctx context.Context, path string, migrations fs.FS) (*ReadOnly, error) {
	steps, err := readMigrations(migrations)
	if err != nil {
		return nil, err
	}
	r := &ReadOnly{path: path, version: len(steps)}
	return r, r.Read(ctx, func(*sql.DB) error { return nil })
}

// Read calls f with a pool of connections. f must finish with all rows before
// it returns and must not call Read. When the file was replaced since the last
// call, the new one is read.
func (r *ReadOnly) Read(ctx context.Context, f func(*sql.DB) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ready(ctx); err != nil {
		return err
	}
	if err := f(r.pool); err != nil {
		return fmt.Errorf("reading %s: %w", r.path, err)
	}
	return nil
}

// Generation changes whenever the file is opened anew.
func (r *ReadOnly) Generation() uint64 { return r.generation.Load() }

// Close ends reading.
func (r *ReadOnly) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disconnect()
}

func (r *ReadOnly) disconnect() error {
	if r.pool == nil {
		return nil
	}
	err := r.pool.Close()
	r.pool = nil
	return err
}

// ready opens the file if it is not open or no longer the same.
func (r *ReadOnly) ready(ctx context.Context) error {
	now, err := os.Stat(r.path)
	if err != nil {
		return fmt.Errorf("opening %s: %w", r.path, errors.Unwrap(err))
	}
	if r.pool != nil && os.SameFile(now, r.opened) && !(r.frozen && r.written()) {
		return nil
	}
	if err := r.disconnect(); err != nil {
		return fmt.Errorf("closing the former %s: %w", r.path, err)
	}
	if err = r.connect(ctx, false); err != nil && !r.written() && classify(err) != faultCorrupt {
		err = r.connect(ctx, true)
	}
	if err != nil {
		return fmt.Errorf("opening %s: %w", r.path, err)
	}
	r.opened = now
	return nil
}

// written tells whether there is a write-ahead log with something in it:
// somebody writes the file, or was killed while doing so.
func (r *ReadOnly) written() bool {
	info, err := os.Stat(r.path + "-wal")
	return err == nil && info.Size() > 0
}

// connect opens the file and looks whether its schema is the one we know.
func (r *ReadOnly) connect(ctx context.Context, frozen bool) error {
	parameters := readerParameters()
	if frozen {
		parameters = url.Values{"mode": {"ro"}, "immutable": {"1"}}
	}
	pool, err := connect(r.path, parameters, readers)
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, pool)
	switch {
	case err == nil && version > r.version:
		err = fmt.Errorf("schema version %d, the last known is %d: %w", version, r.version, errNewer)
	case err == nil && version < r.version:
		err = fmt.Errorf("schema version %d is not yet %d: the daemon brings it up to date when it starts", version, r.version)
	}
	if err != nil {
		_ = pool.Close()
		return err
	}
	r.pool, r.frozen = pool, frozen
	r.generation.Add(1)
	return nil
}
