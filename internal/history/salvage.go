package history

import (
	"context"
	"database/sql"
	"fmt"

	"postern/internal/store/sqlite"
)

// maxJumps bounds the jumps over damaged places of one file, maxJump the IDs
// jumped over at once.
const (
	maxJumps = 2000
	maxJump  = 1 << 30
)

// salvage takes over what is still readable in a damaged file that was moved
// aside. The entries keep their IDs.
func (l *Log) salvage(ctx context.Context, file string) {
	old, err := sqlite.OpenReadOnly(ctx, file, migrations())
	if err != nil {
		l.env.Logger.Warn("nothing can be read from the damaged history", "file", file, "error", err)
		return
	}
	defer old.Close()
	reader := &Reader{source: old}
	taken, after, skip := uint64(0), int64(0), int64(1)
	for jumps := 0; jumps < maxJumps && ctx.Err() == nil; {
		page, damage := reader.after(ctx, after, Filter{})
		n, err := l.takeOver(ctx, page)
		taken += n
		if err != nil {
			l.env.Logger.Warn("taking over entries of a damaged history", "file", file, "error", err)
			break
		}
		if len(page) > 0 {
			after, skip = page[len(page)-1].row.id, 1
		}
		if damage == nil && len(page) == 0 || skip > maxJump {
			break
		}
		if damage != nil {
			// Behind a damaged page there may be others that are not: jump,
			// each time twice as far.
			after, skip, jumps = after+skip, 2*skip, jumps+1
		}
	}
	l.salvaged.Add(taken)
	l.env.Logger.Info("took over what was readable in the damaged history", "file", file, "entries", taken)
}

// takeOver writes the readable entries of a page that are not there yet.
func (l *Log) takeOver(ctx context.Context, page []found) (taken uint64, err error) {
	if len(page) == 0 {
		return 0, nil
	}
	err = l.db.Write(ctx, func(tx *sql.Tx) error {
		taken = 0
		if err := l.recall(tx); err != nil {
			return err
		}
		w := &l.write.row
		for i := range page {
			e := page[i].entry
			if page[i].err != nil || e == nil {
				continue
			}
			w.fill(e, &l.write.symbols, l.o.Load().Subject)
			result, err := tx.Exec("INSERT OR IGNORE INTO entries ("+rowColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?)",
				e.ID, w.time, w.caseID, w.queueID, w.actions, w.score, w.ip, w.sender, w.recipients, string(w.symbols), string(w.detail))
			if err != nil {
				return fmt.Errorf("taking over case %s: %w", w.caseID, err)
			}
			if n, err := result.RowsAffected(); err == nil {
				taken += uint64(n)
			}
		}
		return l.write.symbols.save(tx)
	})
	return taken, err
}
