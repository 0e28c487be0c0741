package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"postern/internal/store"
)

var steps = fstest.MapFS{
	"0001_first.sql":  {Data: []byte("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL, CHECK (v <> 'bad'));")},
	"0002_second.sql": {Data: []byte("CREATE INDEX t_v ON t (v);")},
}

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func open(t testing.TB, path string, o Options) *DB {
	t.Helper()
	if o.Migrations == nil {
		o.Migrations = steps
	}
	db, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return db
}

func insert(t testing.TB, db *DB, values ...string) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *sql.Tx) error { return insertAll(tx, values) })
}

func insertAll(tx *sql.Tx, values []string) error {
	for _, v := range values {
		if _, err := tx.Exec("INSERT INTO t (v) VALUES (?)", v); err != nil {
			return err
		}
	}
	return nil
}

func count(t testing.TB, db interface {
	Read(context.Context, func(*sql.DB) error) error
}) (n int) {
	t.Helper()
	err := db.Read(t.Context(), func(db *sql.DB) error { return db.QueryRow("SELECT count(*) FROM t").Scan(&n) })
	if err != nil {
		t.Fatalf("counting: %v", err)
	}
	return n
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a directory?", "odd #name%20.db")
	db := open(t, path, Options{PageSize: 8192})
	if err := insert(t, db, "one", "two"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := insert(t, db, "three"); err == nil {
		t.Error("writing after Close: no error")
	}
	db = open(t, path, Options{})
	if n := count(t, db); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	if h := db.Health(); !h.OK || len(h.Notices) > 0 {
		t.Errorf("health %+v", h)
	}
	var size, vacuum int
	err := db.Read(t.Context(), func(db *sql.DB) error {
		return db.QueryRow("SELECT page_size, auto_vacuum FROM pragma_page_size, pragma_auto_vacuum").Scan(&size, &vacuum)
	})
	if err != nil || size != 8192 || vacuum != 2 {
		t.Errorf("page size %d, auto vacuum %d, %v", size, vacuum, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("mode %v, %v: others may look into it", info.Mode(), err)
	}
}

func TestMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	first := fstest.MapFS{"0001_first.sql": steps["0001_first.sql"]}
	db := open(t, path, Options{Migrations: first})
	if err := insert(t, db, "kept"); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()

	broken := fstest.MapFS{"0001_first.sql": steps["0001_first.sql"], "0002_bad.sql": {Data: []byte("CREATE TABLE u (x); CREATE TABEL v (x);")}}
	db = open(t, path, Options{Migrations: broken})
	if err := insert(t, db, "more"); err == nil {
		t.Error("a broken migration: no error")
	}
	_ = db.Close()

	db = open(t, path, Options{})
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows after the second migration, want 1", n)
	}
	_ = db.Close()

	db = open(t, path, Options{Migrations: first})
	if err := insert(t, db, "more"); !errors.Is(err, store.ErrUnavailable) || db.Health().OK {
		t.Errorf("a newer file: %v, %+v", err, db.Health())
	}
	if _, err := OpenReadOnly(t.Context(), path, first); !errors.Is(err, errNewer) {
		t.Errorf("reading a newer file: %v", err)
	}
	misnamed := fstest.MapFS{"0002_x.sql": {}}
	if _, err := Open(t.Context(), path, Options{Migrations: misnamed}); err == nil {
		t.Error("a migration is missing: no error")
	}
}

func TestRollback(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{})
	if err := insert(t, db, "good", "bad"); err == nil || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if n := count(t, db); n != 0 || !db.Health().OK {
		t.Errorf("%d rows, health %+v", n, db.Health())
	}
}

// garbage overwrites part of a file.
func garbage(t *testing.T, path string, offset int64, n int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, n), offset); err != nil {
		t.Fatal(err)
	}
}

// filled makes a file of some pages and closes it.
func filled(t *testing.T, path string) {
	t.Helper()
	db := open(t, path, Options{})
	for i := range 20 {
		values := make([]string, 100)
		for j := range values {
			values[j] = fmt.Sprintf("%04d %s", 100*i+j, strings.Repeat("x", 100))
		}
		if err := insert(t, db, values...); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFile(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"header":    func(t *testing.T, path string) { garbage(t, path, 0, 100) },
		"schema":    func(t *testing.T, path string) { garbage(t, path, 100, 3900) },
		"middle":    func(t *testing.T, path string) { garbage(t, path, 20*4096, 8192) },
		"truncated": func(t *testing.T, path string) { _ = os.Truncate(path, 30*4096+17) },
		"text": func(t *testing.T, path string) {
			_ = os.WriteFile(path, []byte("not a database at all, but long enough\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.db")
			filled(t, path)
			spoil(t, path)
			_ = os.WriteFile(path+"-wal", []byte("leftover"), 0o600)
			clock, log := newClock(), new(bytes.Buffer)
			db := open(t, path, Options{Now: clock.Now, Logger: slog.New(slog.NewTextHandler(log, nil))})
			if err := insert(t, db, "new"); err != nil {
				t.Fatal(err)
			}
			if n := count(t, db); n != 1 {
				t.Errorf("%d rows in the new file", n)
			}
			aside := path + ".corrupt-20261121T120000.000Z"
			if _, err := os.Stat(aside); err != nil {
				t.Error(err)
			}
			h := db.Health()
			if !h.OK || len(h.Notices) != 1 || !strings.Contains(h.Notices[0], aside) || !strings.Contains(log.String(), aside) {
				t.Errorf("health %+v, log %s", h, log)
			}
			if files := db.Aside(); len(files) != 1 || files[0] != aside || db.Aside() != nil {
				t.Errorf("aside %v", files)
			}
		})
	}
}

func TestDamageInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	filled(t, path)
	db := open(t, path, Options{})
	garbage(t, path, 10*4096, 20*4096)
	if err := db.Verify(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := insert(t, db, "new"); err != nil {
		t.Error(err)
	}
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows in the new file", n)
	}
	if err := db.Verify(t.Context()); err != nil {
		t.Errorf("the new file: %v", err)
	}
}

// TestDamageFoundByReading: whoever meets the damage has the file replaced.
func TestDamageFoundByReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	filled(t, path)
	db := open(t, path, Options{CheckUpTo: 1})
	garbage(t, path, 5*4096, 40*4096)
	err := db.Read(t.Context(), func(db *sql.DB) error {
		var n int
		return db.QueryRow("SELECT sum(length(v)) FROM t NOT INDEXED").Scan(&n)
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := insert(t, db, "new"); err != nil || count(t, db) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestFewDamagedFilesAreKept(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "[a]*.db"), newClock()
	for range 4 {
		_ = os.WriteFile(path, []byte(strings.Repeat("junk ", 100)), 0o600)
		clock.now = clock.now.Add(time.Minute)
		_ = open(t, path, Options{Now: clock.Now}).Close()
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	aside := 0
	for _, e := range entries {
		if strings.Contains(e.Name(), ".corrupt-") && strings.HasSuffix(e.Name(), "Z") {
			aside++
		}
	}
	if aside != maxAside {
		t.Errorf("%d damaged files kept, want %d: %v", aside, maxAside, entries)
	}
}

// TestNoDirectory: what stands in the way is named, and when it is gone the
// DB works.
func TestNoDirectory(t *testing.T) {
	clock, parent := newClock(), filepath.Join(t.TempDir(), "parent")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, filepath.Join(parent, "a.db"), Options{Now: clock.Now})
	if err := insert(t, db, "x"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if h := db.Health(); h.OK || !strings.Contains(h.Problem, parent) || h.Advice == "" {
		t.Errorf("health %+v", h)
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	if err := insert(t, db, "x"); err == nil {
		t.Error("tried again at once")
	}
	clock.now = clock.now.Add(2 * retryAfter)
	if err := insert(t, db, "x"); err != nil || !db.Health().OK || db.Health().Problem != "" {
		t.Errorf("got %v, health %+v", err, db.Health())
	}
	if db.Faults() == 0 {
		t.Error("no faults counted")
	}
}

func TestFull(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"), Options{MaxPages: 20})
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = insert(t, db, strings.Repeat("x", 3000))
	}
	if !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	if h := db.Health(); h.OK || !strings.Contains(h.Advice, "free space") {
		t.Errorf("health %+v", h)
	}
	if count(t, db) == 0 {
		t.Error("nothing can be read when full")
	}
	err = db.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec("DELETE FROM t"); return err })
	if err != nil || !db.Health().OK {
		t.Errorf("making room: %v, health %+v", err, db.Health())
	}
	if err := insert(t, db, "y"); err != nil {
		t.Error(err)
	}
}

func TestAttend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path, Options{})
	if err := insert(t, db, "x"); err != nil {
		t.Fatal(err)
	}
	generation := db.Generation()
	if err := db.Attend(); err != nil || db.Generation() != generation {
		t.Errorf("an untouched file: %v", err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
	if err := db.Attend(); err != nil {
		t.Fatal(err)
	}
	if err := insert(t, db, "y"); err != nil || count(t, db) != 1 || db.Generation() == generation {
		t.Errorf("after the file was removed: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := OpenReadOnly(t.Context(), path, steps); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReadOnly(t.Context(), path, steps); err == nil {
		t.Error("an empty file: no error")
	}
	db := open(t, path, Options{})
	if err := insert(t, db, "x"); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReadOnly(t.Context(), path, steps)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := count(t, r); n != 1 {
		t.Errorf("%d rows", n)
	}
	if err := insert(t, db, "y"); err != nil || count(t, r) != 2 {
		t.Errorf("what is written meanwhile is not seen: %v", err)
	}
	err = r.Read(t.Context(), func(db *sql.DB) error { _, err := db.Exec("DELETE FROM t"); return err })
	if err == nil {
		t.Error("a reader can write")
	}
	testReplaced(t, path, db, r)
}

// testReplaced: a reader looks into the file that is there now.
func testReplaced(t *testing.T, path string, db *DB, r *ReadOnly) {
	t.Helper()
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := db.Attend(); err != nil {
		t.Fatal(err)
	}
	if err := insert(t, db, "z"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, r); n != 1 {
		t.Errorf("%d rows in the new file, want 1", n)
	}
}

func TestReadFrozen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	filled(t, path)
	r := &ReadOnly{path: path, version: len(steps)}
	if err := r.connect(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var n int
	if err := r.pool.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil || n != 2000 {
		t.Errorf("%d rows, %v", n, err)
	}
	if _, err := os.Stat(path + "-shm"); err == nil {
		t.Error("reading has made a file")
	}
}

// indexPage gives the place of the root page of the index in the file.
func indexPage(t *testing.T, path string) (offset int64) {
	t.Helper()
	db := open(t, path, Options{})
	defer db.Close()
	err := db.Read(t.Context(), func(db *sql.DB) error {
		return db.QueryRow("SELECT (rootpage - 1) * 4096 FROM sqlite_schema WHERE name = 't_v'").Scan(&offset)
	})
	if err != nil {
		t.Fatal(err)
	}
	return offset
}

// TestDamagedIndex: what can be made anew from the table is no loss.
func TestDamagedIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	filled(t, path)
	// One key of the index's root is no longer what the table has.
	offset := indexPage(t, path)
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cell := bytes.LastIndex(page[offset:offset+4096], []byte(strings.Repeat("x", 100)))
	garbage(t, path, offset+int64(cell)+50, 4)

	db := open(t, path, Options{})
	if h := db.Health(); !h.OK || len(h.Notices) != 0 {
		t.Fatalf("the quick check should not see it: %+v", h)
	}
	err = db.replace(t.Context(), errDamaged)
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	h := db.Health()
	if !h.OK || len(h.Notices) != 1 || !strings.Contains(h.Notices[0], "nothing is lost") || len(db.Aside()) != 0 {
		t.Errorf("health %+v", h)
	}
	if n := count(t, db); n != 2000 {
		t.Errorf("%d rows", n)
	}
	if err := insert(t, db, "x"); err != nil {
		t.Error(err)
	}
}

// TestReplaceTwice: the second who met the damage does no harm to the file
// that the first put in place.
func TestReplaceTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path, Options{})
	if err := insert(t, db, "x"); err != nil {
		t.Fatal(err)
	}
	if err := db.replace(t.Context(), errDamaged); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if n := count(t, db); n != 1 || len(db.Health().Notices) != 0 {
		t.Errorf("%d rows, health %+v", n, db.Health())
	}
}
