package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/store"
	"postern/internal/store/storetest"
)

const forever = 1<<32 - 1

func openRecords(t testing.TB, path string, o RecordsOptions) *Records {
	t.Helper()
	r, err := OpenRecords(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func shut(t testing.TB, r *Records) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Errorf("closing: %v", err)
	}
}

func set(t testing.TB, r *Records, key store.Key, rec store.Record) {
	t.Helper()
	if err := r.Update(context.Background(), key, func(store.Record, bool) store.Record { return rec }); err != nil {
		t.Fatal(err)
	}
}

func has(t testing.TB, r *Records, key store.Key) bool {
	t.Helper()
	_, found, err := r.Get(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRecords(t *testing.T) {
	paths := map[string]string{}
	storetest.Records(t, true, func(t *testing.T) (store.Records, func()) {
		if paths[t.Name()] == "" {
			paths[t.Name()] = filepath.Join(t.TempDir(), "records.db")
		}
		r := openRecords(t, paths[t.Name()], RecordsOptions{Flush: 10 * time.Millisecond})
		return r, func() { shut(t, r) }
	})
}

// TestRecordsBound: those that expire soonest give way, on disk too.
func TestRecordsBound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.db")
	r := openRecords(t, path, RecordsOptions{Flush: time.Hour, MaxRecords: 64 * shards})
	const n = 1000
	for i := range n {
		set(t, r, store.Key(i+1), store.Record{Expires: forever - uint32(n-i)})
	}
	if s := r.Stats(); s.Records != 64 || s.Evicted != n-64 {
		t.Errorf("stats %+v", s)
	}
	if !has(t, r, n) {
		t.Error("the last one is gone")
	}
	shut(t, r)
	r = openRecords(t, path, RecordsOptions{Flush: time.Hour, MaxRecords: 64 * shards})
	defer shut(t, r)
	if !has(t, r, n) || r.Stats().Evicted != 0 {
		t.Errorf("after a restart: stats %+v", r.Stats())
	}
}

// TestRecordsExpire: what expired goes from memory and disk by itself.
func TestRecordsExpire(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.db")
	var now atomic.Int64
	now.Store(1000)
	clock := func() time.Time { return time.Unix(now.Load(), 0) }
	r := openRecords(t, path, RecordsOptions{Flush: time.Hour, Now: clock})
	for i := range uint64(shards) {
		set(t, r, store.Key(i<<56|1), store.Record{Expires: 2000})
		set(t, r, store.Key(i<<56|2), store.Record{Expires: 3000})
	}
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		at   int64
		want int
	}{{2000, 2 * shards}, {2500, shards}, {500, shards}, {9000, 0}} {
		now.Store(step.at)
		for range shards {
			r.sweep(t.Context())
		}
		if s := r.Stats(); s.Records != step.want {
			t.Errorf("at %d: %d records, want %d", step.at, s.Records, step.want)
		}
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := countRecords(t, r); n != step.want {
			t.Errorf("at %d: %d records on disk, want %d", step.at, n, step.want)
		}
	}
	shut(t, r)
}

func countRecords(t *testing.T, r *Records) (n int) {
	t.Helper()
	err := r.db.Read(t.Context(), func(db *sql.DB) error {
		return db.QueryRow("SELECT count(*) FROM record").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRecordsWithoutDisk: they go on in memory, say so, and are written when
// the disk is back, over what it had before.
func TestRecordsWithoutDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "records.db")
	r := openRecords(t, path, RecordsOptions{})
	set(t, r, 1, store.Record{Numbers: [3]uint32{1}, Expires: forever})
	set(t, r, 2, store.Record{Numbers: [3]uint32{2}, Expires: forever})
	set(t, r, 3, store.Record{Numbers: [3]uint32{3}, Expires: forever})
	shut(t, r)
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	// A file in the place of the directory.
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var now atomic.Int64
	clock := func() time.Time { return time.Unix(now.Load(), 0) }
	r = openRecords(t, path, RecordsOptions{Flush: time.Hour, Now: clock})
	set(t, r, 1, store.Record{Numbers: [3]uint32{10}, Expires: forever})
	set(t, r, 2, store.Record{Numbers: [3]uint32{20}, Expires: forever})
	set(t, r, 2, store.Record{})
	if err := r.Flush(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("flush: %v", err)
	}
	if h := r.Health(); h.OK || h.Advice == "" {
		t.Errorf("health %+v", h)
	}
	if has(t, r, 3) {
		t.Error("a record came from nowhere")
	}
	if err := errors.Join(os.Remove(dir), os.Rename(away, dir)); err != nil {
		t.Fatal(err)
	}
	now.Store(100)
	if err := r.Flush(t.Context()); err != nil {
		t.Errorf("flush with the disk back: %v", err)
	}
	if h := r.Health(); !h.OK {
		t.Errorf("health %+v", h)
	}
	if rec, _, _ := r.Get(t.Context(), 1); rec.Numbers[0] != 10 || has(t, r, 2) || !has(t, r, 3) {
		t.Errorf("record 1 %+v, 2 there %v, 3 there %v", rec, has(t, r, 2), has(t, r, 3))
	}
	shut(t, r)
	r = openRecords(t, path, RecordsOptions{})
	defer shut(t, r)
	if rec, _, _ := r.Get(t.Context(), 1); rec.Numbers[0] != 10 || has(t, r, 2) || !has(t, r, 3) {
		t.Errorf("after a restart: record 1 %+v, 2 there %v, 3 there %v", rec, has(t, r, 2), has(t, r, 3))
	}
}

// TestRecordsReplaced: a new file gets everything that is in memory.
func TestRecordsReplaced(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"removed": func(path string) error {
			return errors.Join(os.Remove(path), os.Remove(path+"-wal"), os.Remove(path+"-shm"))
		},
		"damaged": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("this is no database ", 5000)), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "records.db")
			r := openRecords(t, path, RecordsOptions{Flush: time.Hour})
			for i := range 1000 {
				set(t, r, store.KeyOf("", "test", string(rune(i))), store.Record{Expires: forever})
			}
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := r.db.disconnect(); err != nil {
				t.Fatal(err)
			}
			if err := harm(path); err != nil && name != "removed" {
				t.Fatal(err)
			}
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := countRecords(t, r); n != 1000 {
				t.Errorf("%d records in the new file", n)
			}
			shut(t, r)
		})
	}
}

// TestRecordsKilled: what was flushed is there after a kill.
func TestRecordsKilled(t *testing.T) {
	if path := os.Getenv("POSTERN_TEST_RECORDS"); path != "" {
		r := openRecords(t, path, RecordsOptions{Flush: time.Hour})
		for i := range 1000 {
			set(t, r, store.Key(uint64(i)<<52|1), store.Record{Expires: forever})
		}
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		set(t, r, 5, store.Record{Expires: forever})
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		_ = self.Kill()
		select {}
	}
	path := filepath.Join(t.TempDir(), "records.db")
	cmd := exec.Command(os.Args[0], "-test.run=^TestRecordsKilled$")
	cmd.Env = append(os.Environ(), "POSTERN_TEST_RECORDS="+path)
	if out, err := cmd.CombinedOutput(); err == nil || strings.Contains(string(out), "FAIL") {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	r := openRecords(t, path, RecordsOptions{})
	defer shut(t, r)
	for i := range 1000 {
		if !has(t, r, store.Key(uint64(i)<<52|1)) {
			t.Fatalf("record %d is lost", i)
		}
	}
}

// TestRecordsWarm: all of a file is read without anybody asking.
func TestRecordsWarm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.db")
	r := openRecords(t, path, RecordsOptions{})
	for i := range uint64(1000) {
		set(t, r, store.Key(i<<54|1), store.Record{Expires: forever})
	}
	shut(t, r)
	r = openRecords(t, path, RecordsOptions{})
	defer shut(t, r)
	for deadline := time.Now().Add(30 * time.Second); r.Stats().Records < 1000; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stats %+v", r.Stats())
		}
	}
}

func BenchmarkRecordsUpdate(b *testing.B) {
	r := openRecords(b, filepath.Join(b.TempDir(), "records.db"), RecordsOptions{})
	defer shut(b, r)
	b.RunParallel(func(pb *testing.PB) {
		i := uint64(time.Now().UnixNano())
		for pb.Next() {
			i += 0x9e3779b97f4a7c15
			set(b, r, store.Key(i|1), store.Record{Expires: forever})
		}
	})
}

// BenchmarkRecordsMillion fills a file with a million records, and measures
// opening it until one can be used and until all are read.
func BenchmarkRecordsMillion(b *testing.B) {
	path := filepath.Join(b.TempDir(), "records.db")
	r := openRecords(b, path, RecordsOptions{})
	for i := range uint64(1_000_000) {
		set(b, r, store.Key(i*0x9e3779b97f4a7c15|1), store.Record{Numbers: [3]uint32{1795250000, 1795250000, 1}, Expires: 1795950000})
	}
	shut(b, r)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	var first, all time.Duration
	for b.Loop() {
		start := time.Now()
		r := openRecords(b, path, RecordsOptions{})
		has(b, r, 1)
		first += time.Since(start)
		for i := range shards {
			r.load(b.Context(), i)
		}
		all += time.Since(start)
		b.ReportMetric(float64(r.Stats().Records), "records")
		shut(b, r)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-disk")
	b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms-first")
	b.ReportMetric(float64(all.Milliseconds())/float64(b.N), "ms-all")
}

// TestRecordsLoadedLate: what is changed, written or removed while a shard is
// being read is not undone by what the file had before.
func TestRecordsLoadedLate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.db")
	r := openRecords(t, path, RecordsOptions{Flush: time.Hour})
	defer shut(t, r)
	<-r.warmed
	for key := range store.Key(4) {
		set(t, r, key+1, store.Record{Numbers: [3]uint32{1}, Expires: forever})
	}
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.load(t.Context(), 0)
	sh := &r.shards[0]
	sh.mu.Lock()
	sh.loaded, sh.table = false, recordTable{}
	sh.mu.Unlock()
	before, err := r.read(t.Context(), 0, 1<<56-1)
	if err != nil || len(before) != 4 {
		t.Fatalf("%d records, %v", len(before), err)
	}
	set(t, r, 1, store.Record{Numbers: [3]uint32{2}, Expires: forever})
	set(t, r, 2, store.Record{})
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	set(t, r, 3, store.Record{})
	sh.mu.Lock()
	for _, s := range before {
		r.merge(sh, s)
	}
	sh.mu.Unlock()
	if rec, _, _ := r.Get(t.Context(), 1); rec.Numbers[0] != 2 || has(t, r, 2) || has(t, r, 3) || !has(t, r, 4) {
		t.Errorf("record 1 is %+v; 2, 3 and 4 are there: %v, %v, %v", rec, has(t, r, 2), has(t, r, 3), has(t, r, 4))
	}
}
