package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"postern/internal/store/sqlite"
)

// source is where rows are read: the daemon's own file, or a file that
// another process writes.
type source interface {
	// Generation changes when another file is read than before. It is
	// constant while Read calls f.
	Generation() uint64
	Read(ctx context.Context, f func(*sql.DB) error) error
}

// Reader looks into a history. All methods are safe for concurrent use.
type Reader struct {
	source source
	close  func() error

	mu         sync.Mutex
	names      map[int64]symbol // never changed, only replaced
	generation uint64           // of the source that names are from
}

// OpenReader opens the history in the file for reading while the daemon may
// be writing it. It changes nothing.
func OpenReader(ctx context.Context, file string) (*Reader, error) {
	r, err := sqlite.OpenReadOnly(ctx, file, migrations())
	if err != nil {
		return nil, fmt.Errorf("opening the history: %w", err)
	}
	return &Reader{source: r, close: r.Close}, nil
}

// Close ends reading.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// Get gives the entry with that case id; the error wraps ErrNotFound when
// there is none. A unique beginning of a case id, of at least minCase
// characters, will do.
func (r *Reader) Get(ctx context.Context, caseID string) (*Entry, error) {
	if len(caseID) < minCase {
		return nil, fmt.Errorf("case %q: %w", caseID, ErrNotFound)
	}
	page, err := r.page(ctx, statement{
		where: "case_id >= ? AND case_id < ?", args: []any{caseID, caseID + afterAny}, tail: "ORDER BY case_id, id DESC LIMIT 2",
	})
	switch {
	case err != nil:
		return nil, err
	case len(page) == 0:
		return nil, fmt.Errorf("case %q: %w", caseID, ErrNotFound)
	case len(page) == 2 && page[0].row.caseID != caseID && page[1].row.caseID != page[0].row.caseID:
		return nil, fmt.Errorf("case %q: %w: at least %s and %s begin so", caseID, ErrAmbiguous, page[0].row.caseID, page[1].row.caseID)
	}
	return page[0].entry, page[0].err
}

// minCase is the shortest beginning of a case id that Get takes. afterAny
// sorts behind all characters of case ids.
const (
	minCase  = 4
	afterAny = "\U0010FFFF"
)

// ErrAmbiguous tells that several cases begin with what was asked for.
var ErrAmbiguous = errors.New("several cases fit")

// Last gives the ID of the newest entry, 0 when there is none: where Follow
// begins if only what is new is wanted.
func (r *Reader) Last(ctx context.Context) (int64, error) {
	var last sql.NullInt64
	err := r.source.Read(ctx, func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT max(id) FROM entries").Scan(&last)
	})
	return last.Int64, err
}

// found is one row of a page, read or not.
type found struct {
	row   row
	entry *Entry
	err   error
}

// page reads the rows that a statement asks for. With an error it gives those
// that could be read before it.
func (r *Reader) page(ctx context.Context, s statement) (page []found, err error) {
	err = r.source.Read(ctx, func(db *sql.DB) (err error) {
		page, err = readRows(ctx, db, s)
		return errors.Join(err, r.decodeAll(db, page))
	})
	return page, err
}

// readRows gives what could be read, also when there is an error.
func readRows(ctx context.Context, db *sql.DB, s statement) (page []found, err error) {
	rows, err := db.QueryContext(ctx, s.sql(), s.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f found
		// A column of the wrong kind spoils one entry, not the page.
		if err := f.row.scan(rows); err != nil {
			f.err = fmt.Errorf("entry %d: %w: %w", f.row.id, ErrDamaged, err)
		}
		page = append(page, f)
	}
	return page, rows.Err()
}

// decodeAll reads the details. Symbols that are not known are looked up once:
// the daemon may have met them since.
func (r *Reader) decodeAll(db *sql.DB, page []found) error {
	names, fresh := r.known(), false
	for i := range page {
		f := &page[i]
		if f.err != nil {
			continue
		}
		f.entry, f.err = f.row.entry(names)
		if fresh || !errors.Is(f.err, errUnknownSymbol) {
			continue
		}
		var err error
		if names, err = r.learn(db); err != nil {
			return err
		}
		fresh = true
		f.entry, f.err = f.row.entry(names)
	}
	return nil
}

// known gives the symbols known so far; none when they are those of another
// file.
func (r *Reader) known() map[int64]symbol {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generation != r.source.Generation() {
		return nil
	}
	return r.names
}

// learn reads all symbols.
func (r *Reader) learn(db *sql.DB) (map[int64]symbol, error) {
	names, err := readSymbols(db)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names, r.generation = names, r.source.Generation()
	return names, nil
}
