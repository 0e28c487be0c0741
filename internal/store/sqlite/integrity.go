package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// errDamaged tells that the file's check found something.
var errDamaged = errors.New("the file is damaged")

// probe reads the schema, and checks the whole file where it is small enough.
// Without a limit it also compares the indexes with their tables.
func probe(ctx context.Context, db *sql.DB, path string, checkUpTo int64) error {
	var objects int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > checkUpTo {
		return nil
	}
	return check(ctx, db, checkUpTo == math.MaxInt64)
}

// check reads the whole file and reports the first damage. A thorough check
// also compares the indexes with their tables.
func check(ctx context.Context, db *sql.DB, thorough bool) error {
	query := "PRAGMA quick_check(1)"
	if thorough {
		query = "PRAGMA integrity_check(1)"
	}
	var answer string
	if err := db.QueryRowContext(ctx, query).Scan(&answer); err != nil {
		return fmt.Errorf("checking the file: %w", err)
	}
	if answer != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, strings.ReplaceAll(answer, "\n", " "))
	}
	return nil
}

// damaged tells whether err means that the file itself is broken.
func damaged(err error) bool { return errors.Is(err, errDamaged) || classify(err) == faultCorrupt }

// moveAside renames a file with its write-ahead log, so that it can still be
// examined with the sqlite3 shell, and returns its new name. Of several such
// files the newest are kept.
func moveAside(path, stamp string) (string, error) {
	aside := path + asideInfix + stamp
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, forgetAside(path)
}

// forgetAside removes all but the newest damaged files.
func forgetAside(path string) error {
	names, err := filepath.Glob(globQuote(path+asideInfix) + "*Z")
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, name := range names[:max(0, len(names)-maxAside)] {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(name + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// globQuote makes a path stand for itself in a glob pattern.
func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
