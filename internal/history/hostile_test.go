package history

import (
	"context"
	"database/sql"
	"testing"
)

// setColumn changes one column of one row and puts it back after the test.
func setColumn(t *testing.T, l *Log, column string, value any) {
	t.Helper()
	var before any
	var id int64
	err := l.db.Write(context.Background(), func(tx *sql.Tx) error {
		if err := tx.QueryRow("SELECT id, "+column+" FROM entries ORDER BY id LIMIT 1 OFFSET 4").Scan(&id, &before); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE entries SET "+column+" = ? WHERE id = ?", value, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := l.db.Write(context.Background(), func(tx *sql.Tx) error {
			_, err := tx.Exec("UPDATE entries SET "+column+" = ? WHERE id = ?", before, id)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
