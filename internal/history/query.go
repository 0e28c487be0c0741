package history

import (
	"context"
	"database/sql"
	"iter"
	"net/netip"
	"path"
	"strings"
	"time"

	"postern/internal/verdict"
)

// pageRows is how many rows are read at a time. Between pages nothing is
// locked, however slowly the caller reads.
const pageRows = 200

// statement is a query for rows.
type statement struct {
	where string
	args  []any
	tail  string
}

func (s statement) sql() string {
	query := "SELECT " + rowColumns + " FROM entries"
	if s.where != "" {
		query += " WHERE " + s.where
	}
	return query + " " + s.tail
}

// and adds a condition.
func (s *statement) and(condition string, args ...any) {
	if s.where != "" {
		s.where += " AND "
	}
	s.where += "(" + condition + ")"
	s.args = append(s.args, args...)
}

// Query gives the entries that the filter asks for, newest first. An entry
// that cannot be read is given as nil with an error that wraps ErrDamaged,
// and the query goes on; any other error ends it.
func (r *Reader) Query(ctx context.Context, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		left := f.Limit
		for {
			base, err := r.statement(ctx, f)
			if err != nil {
				yield(nil, err)
				return
			}
			if f.Before != (Cursor{}) {
				base.and("(time, id) < (?, ?)", f.Before.Time.UnixMicro(), f.Before.ID)
			}
			base.tail = "ORDER BY time DESC, id DESC LIMIT ?"
			base.args = append(base.args, pageRows)
			page, err := r.page(ctx, base)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page {
				p := &page[i]
				if p.err == nil && !f.matches(p.entry) {
					continue
				}
				if !yield(p.entry, p.err) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			if len(page) < pageRows {
				return
			}
			last := &page[len(page)-1].row
			f.Before = Cursor{time.UnixMicro(last.time), last.id}
		}
	}
}

// statement turns the filter into conditions. They may let through more than
// the filter asks for, which matches then sorts out, but never less.
func (r *Reader) statement(ctx context.Context, f Filter) (statement, error) {
	var s statement
	if !f.Since.IsZero() {
		s.and("time >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		s.and("time <= ?", f.Until.UnixMicro())
	}
	if f.Case != "" {
		s.and("case_id >= ? AND case_id < ?", f.Case, f.Case+afterAny)
	}
	if f.QueueID != "" {
		s.and("queue_id = ?", f.QueueID)
	}
	if len(f.Actions) > 0 {
		s.and("actions & ? != 0", actionMask(f.Actions))
	}
	if f.MinScore != nil {
		s.and("score >= ?", *f.MinScore)
	}
	if f.MaxScore != nil {
		s.and("score <= ?", *f.MaxScore)
	}
	f.addresses(&s)
	if f.Text != "" {
		s.text(f.Text)
	}
	if f.Symbol == "" {
		return s, nil
	}
	return s, r.symbolCondition(ctx, &s, f.Symbol)
}

// addresses adds the conditions on sender, recipients and client.
func (f *Filter) addresses(s *statement) {
	switch f.Sender {
	case "":
	case "<>":
		s.and("sender = ''")
	default:
		s.and(`sender LIKE ? ESCAPE '\'`, likePattern(f.Sender))
	}
	if f.Recipient != "" {
		s.and(`recipients LIKE ? ESCAPE '\'`, likePattern(f.Recipient))
	}
	if f.IP.IsValid() {
		low, high := bounds(f.IP)
		s.and("ip BETWEEN ? AND ? AND length(ip) = ?", low, high, len(low))
	}
}

// text adds a condition that the text is somewhere in the row. Quotes and the
// like stand escaped in the detail.
func (s *statement) text(text string) {
	escaped := string(appendJSONText(nil, text))
	pattern, inDetail := likePattern(text), likePattern(escaped[1:len(escaped)-1])
	condition := `detail LIKE ? ESCAPE '\'`
	args := []any{inDetail}
	for _, column := range []string{"sender", "recipients", "case_id", "queue_id"} {
		condition += " OR " + column + ` LIKE ? ESCAPE '\'`
		args = append(args, pattern)
	}
	s.and(condition, args...)
}

// symbolCondition adds the condition that the row has one of the symbols that
// the pattern names.
func (r *Reader) symbolCondition(ctx context.Context, s *statement, pattern string) error {
	var names map[int64]symbol
	err := r.source.Read(ctx, func(db *sql.DB) (err error) {
		names, err = r.learn(db)
		return err
	})
	if err != nil {
		return err
	}
	var conditions []string
	var args []any
	for id, sym := range names {
		// SQLite takes some thousand parameters; a pattern that names more
		// symbols is left to matches.
		if matchSymbol(pattern, sym.name) && len(args) < 500 {
			conditions = append(conditions, "instr(symbols, ?) > 0")
			args = append(args, ","+itoa(id)+",")
		}
	}
	switch {
	case len(args) == 0:
		s.and("0")
	case len(args) < 500:
		s.and(strings.Join(conditions, " OR "), args...)
	}
	return nil
}

// matches tells whether the entry is what the filter asks for, as far as the
// statement could not tell.
func (f *Filter) matches(e *Entry) bool {
	return (f.Symbol == "" || hasSymbol(e, f.Symbol)) && (f.Text == "" || hasText(e, f.Text))
}

func hasSymbol(e *Entry, pattern string) bool {
	for i := range e.Verdicts {
		for j := range e.Verdicts[i].Findings {
			if matchSymbol(pattern, e.Verdicts[i].Findings[j].Symbol) {
				return true
			}
		}
	}
	return false
}

// matchSymbol compares without regard to case; "*" stands for anything.
func matchSymbol(pattern, name string) bool {
	pattern, name = strings.ToUpper(pattern), strings.ToUpper(name)
	if pattern == name {
		return true
	}
	ok, err := path.Match(pattern, strings.ReplaceAll(name, "/", "_"))
	return err == nil && ok
}

// actionMask has a bit for each action.
func actionMask(actions []verdict.Action) (mask int64) {
	for _, a := range actions {
		mask |= 1 << a
	}
	return mask
}

// bounds gives the first and the last address of a network as octets.
func bounds(p netip.Prefix) (low, high []byte) {
	addr, bits := p.Addr(), p.Bits()
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	low, high = addr.AsSlice(), addr.AsSlice()
	for i := range low {
		keep := min(max(bits-8*i, 0), 8)
		mask := byte(0xff) << (8 - keep)
		low[i] &= mask
		high[i] |= ^mask
	}
	return low, high
}

// likePattern makes a pattern for LIKE that finds the text anywhere.
func likePattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}
