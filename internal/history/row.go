package history

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"strings"
	"time"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// migrations are the steps of the schema.
func migrations() fs.FS {
	sub, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		// The name is a constant that fs.ValidPath knows.
		return schemaFiles
	}
	return sub
}

// row is an entry as it stands in the table.
type row struct {
	id         int64
	time       int64
	caseID     string
	queueID    string
	actions    int64
	score      float64
	ip         []byte
	sender     string
	recipients string
	symbols    []byte
	detail     []byte
}

const rowColumns = "id, time, case_id, queue_id, actions, score, ip, sender, recipients, symbols, detail"

// scan reads the row's columns.
func (r *row) scan(rows *sql.Rows) error {
	return rows.Scan(&r.id, &r.time, &r.caseID, &r.queueID, &r.actions, &r.score, &r.ip, &r.sender, &r.recipients, &r.symbols, &r.detail)
}

// fill makes the row of an entry. Buffers are used again.
func (r *row) fill(e *Entry, s *symbolTable, subject bool) {
	r.time, r.caseID, r.queueID = e.Time.UnixMicro(), clip(e.CaseID, MaxText), clip(e.QueueID, MaxText)
	r.actions, r.score = 0, 0
	for i := range e.Verdicts {
		v := &e.Verdicts[i]
		r.actions |= 1 << v.Action
		if score := finite(v.Score); i == 0 || score > r.score {
			r.score = score
		}
	}
	r.ip = nil
	if ip := e.Client.IP.Unmap(); ip.IsValid() {
		r.ip = ip.AsSlice()
	}
	r.sender = clip(e.Sender, MaxText)
	r.recipients = joinRecipients(e.Recipients)
	enc := encoder{buf: r.detail[:0], ids: r.symbols[:0], symbols: s}
	enc.entry(e, subject)
	r.detail, r.symbols = enc.buf, enc.ids
}

// joinRecipients keeps recipients as lines.
func joinRecipients(recipients []string) string {
	recipients = recipients[:min(len(recipients), MaxRecipients)]
	if len(recipients) == 1 && len(recipients[0]) <= MaxText && !strings.Contains(recipients[0], "\n") {
		return recipients[0]
	}
	var b strings.Builder
	for i, r := range recipients {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.ReplaceAll(clip(r, MaxText), "\n", " "))
	}
	return b.String()
}

// finite makes a score one that JSON and SQL can hold.
func finite(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return max(-math.MaxFloat32, min(x, math.MaxFloat32))
}

// maxDetail is the longest detail that is read, in bytes. What is written is
// shorter by far.
const maxDetail = 2 << 20

// entry reads the row. Whatever it holds, the worst is an error.
func (r *row) entry(names map[int64]symbol) (*Entry, error) {
	if len(r.detail) > maxDetail {
		return nil, fmt.Errorf("entry %d: %w: %d bytes of detail", r.id, ErrDamaged, len(r.detail))
	}
	e := &Entry{
		ID: r.id, CaseID: r.caseID, QueueID: r.queueID, Time: time.UnixMicro(r.time).UTC(), Sender: r.sender,
	}
	if r.recipients != "" {
		e.Recipients = strings.Split(r.recipients, "\n")
	}
	if len(r.ip) > 0 {
		ip, ok := netip.AddrFromSlice(r.ip)
		if !ok {
			return nil, fmt.Errorf("entry %d: %w: an address of %d bytes", r.id, ErrDamaged, len(r.ip))
		}
		e.Client.IP = ip
	}
	if err := decode(r.detail, e, names); err != nil {
		return nil, fmt.Errorf("entry %d: %w: %w", r.id, ErrDamaged, err)
	}
	return e, nil
}

// errUnknownSymbol tells that a symbol's id is not in the table, or not yet
// known to this reader.
var errUnknownSymbol = errors.New("unknown symbol")
