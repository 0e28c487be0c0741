package history

import (
	"database/sql"
	"fmt"
)

// symbol is what is kept once for all findings of it.
type symbol struct {
	name, group, description string
}

// maxSymbols bounds the symbols known to the history; there are some hundreds.
// Beyond it, findings are kept under the symbol's bare name only if that is
// already there.
const maxSymbols = 50_000

// symbolTable gives symbols their ids. It belongs to the writer.
type symbolTable struct {
	ids   map[symbol]int64
	last  int64
	fresh []symbol // not yet in the database: their ids end with last
}

// load reads the table.
func (s *symbolTable) load(tx *sql.Tx) error {
	names, err := readSymbols(tx)
	if err != nil {
		return err
	}
	s.ids, s.last, s.fresh = make(map[symbol]int64, len(names)), 0, nil
	for id, sym := range names {
		s.ids[sym] = id
		s.last = max(s.last, id)
	}
	return nil
}

// id gives the symbol's id, a new one where it has none. It is 0 when there
// are too many symbols.
func (s *symbolTable) id(sym symbol) int64 {
	if id, ok := s.ids[sym]; ok {
		return id
	}
	if len(s.ids) >= maxSymbols {
		return 0
	}
	sym = symbol{clip(sym.name, MaxText), clip(sym.group, MaxText), clip(sym.description, MaxText)}
	if id, ok := s.ids[sym]; ok {
		return id
	}
	s.last++
	s.ids[sym] = s.last
	s.fresh = append(s.fresh, sym)
	return s.last
}

// save writes the new ones.
func (s *symbolTable) save(tx *sql.Tx) error {
	for i, sym := range s.fresh {
		id := s.last - int64(len(s.fresh)-1-i)
		if _, err := tx.Exec("INSERT INTO symbols (id, name, family, description) VALUES (?, ?, ?, ?)",
			id, sym.name, sym.group, sym.description); err != nil {
			return fmt.Errorf("keeping symbol %s: %w", sym.name, err)
		}
	}
	s.fresh = s.fresh[:0]
	return nil
}

// queryer is a database or a transaction.
type queryer interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

// readSymbols reads all symbols by their ids.
func readSymbols(q queryer) (map[int64]symbol, error) {
	rows, err := q.Query("SELECT id, name, family, description FROM symbols LIMIT ?", 2*maxSymbols)
	if err != nil {
		return nil, fmt.Errorf("reading symbols: %w", err)
	}
	defer rows.Close()
	names := map[int64]symbol{}
	for rows.Next() {
		var id int64
		var s symbol
		if err := rows.Scan(&id, &s.name, &s.group, &s.description); err != nil {
			return nil, fmt.Errorf("reading symbols: %w", err)
		}
		names[id] = s
	}
	return names, rows.Err()
}
