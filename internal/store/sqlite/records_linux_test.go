package sqlite

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/store"
)

// TestRecordsFullDisk: decisions go on, and nothing is lost when there is
// room again.
func TestRecordsFullDisk(t *testing.T) {
	dir := smallDisk(t)
	r := openRecords(t, filepath.Join(dir, "records.db"), RecordsOptions{Flush: time.Hour})
	const n = 40000
	for i := range uint64(n) {
		set(t, r, store.Key(i*0x9e3779b97f4a7c15|1), store.Record{Expires: forever})
	}
	err := r.Flush(t.Context())
	if h := r.Health(); !errors.Is(err, store.ErrUnavailable) || h.OK || !strings.Contains(h.Advice, "free space") {
		t.Errorf("flush: %v, health %+v", err, h)
	}
	kept := r.Stats().Records
	if s := r.Stats(); s.Unwritten == 0 || s.Failed == 0 {
		t.Errorf("stats %+v", s)
	}
	remount(t, dir, 0, "size=64m")
	if err := r.Flush(t.Context()); err != nil || !r.Health().OK || r.Stats().Unwritten != 0 {
		t.Errorf("with room again: %v, health %+v, stats %+v", err, r.Health(), r.Stats())
	}
	if got := countRecords(t, r); got != kept {
		t.Errorf("%d records on disk, want %d", got, kept)
	}
	shut(t, r)
}
