package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
)

// migration is one step of the schema.
type migration struct {
	version int
	name    string
	text    string
}

// readMigrations reads the steps in order.
func readMigrations(files fs.FS) ([]migration, error) {
	if files == nil {
		return nil, nil
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing migrations: %w", err)
	}
	sort.Strings(names)
	var steps []migration
	for i, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s: must be number %04d", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading migration %s: %w", name, err)
		}
		steps = append(steps, migration{version, name, string(text)})
	}
	return steps, nil
}

// schemaVersion is the number of the last step applied, which the file keeps
// in its header.
func schemaVersion(ctx context.Context, db *sql.DB) (version int, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}

// migrate applies the steps that the file has not had, each in a transaction
// together with its number.
func migrate(ctx context.Context, db *sql.DB, steps []migration) error {
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("schema version %d, the last known is %d: %w", version, len(steps), errNewer)
	}
	for _, s := range steps[version:] {
		if err := apply(ctx, db, s); err != nil {
			return fmt.Errorf("applying migration %s: %w", s.name, err)
		}
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, s migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, s.text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(s.version)); err != nil {
		return err
	}
	return tx.Commit()
}
