package history

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/unit"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// quiet is an environment in which nothing happens by itself.
func quiet(c *clock) Environment { return Environment{Now: c.Now, Tick: time.Hour} }

func TestKeptByAge(t *testing.T) {
	o := testOptions()
	o.Keep = unit.Duration(time.Hour)
	c := &clock{now: sample().Time.Add(30 * time.Minute)}
	l := openLog(t, o, quiet(c))
	for i := range 2 * deleteItems {
		l.Record(numbered(2 * i)) // one every two seconds, 2000 s in all
	}
	flush(t, l)
	round := func() {
		t.Helper()
		if err := l.round(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	round()
	if s := l.Stats(); s.Deleted != 0 {
		t.Errorf("deleted too early: %+v", s)
	}
	c.add(30*time.Minute + 1000*time.Second)
	round()
	if s := l.Stats(); s.Deleted != deleteItems || !s.Oldest.Equal(numbered(1000).Time) {
		t.Errorf("stats %+v", s)
	}
	c.add(24 * time.Hour)
	round()
	if s := l.Stats(); s.Deleted != 2*deleteItems || !s.Oldest.IsZero() {
		t.Errorf("stats %+v", s)
	}
	// A later entry has a higher ID than all that are gone.
	l.Record(numbered(5000))
	flush(t, l)
	if got := numbers(t, &l.Reader, Filter{}); !slices.Equal(got, []int{5000}) {
		t.Errorf("got %v", got)
	}
}

func TestKeptForEver(t *testing.T) {
	o := testOptions()
	o.Keep = 0
	c := &clock{now: sample().Time.AddDate(10, 0, 0)}
	l := openLog(t, o, quiet(c))
	l.Record(sample())
	flush(t, l)
	if err := l.round(context.Background()); err != nil || l.Stats().Deleted != 0 {
		t.Errorf("%v, stats %+v", err, l.Stats())
	}
	if err := l.Reload(Options{}); err == nil {
		t.Error("options that make no sense: no error")
	}
	if err := l.Reload(testOptions()); err != nil {
		t.Fatal(err)
	}
	if err := l.round(context.Background()); err != nil || l.Stats().Deleted != 1 {
		t.Errorf("after the options changed: %v, stats %+v", err, l.Stats())
	}
}

func TestKeptBySize(t *testing.T) {
	o := testOptions()
	o.MaxSize = 2 << 20
	c := &clock{now: sample().Time}
	l := openLog(t, o, quiet(c))
	put := 0
	for range 4 {
		for range 1500 {
			l.Record(numbered(put))
			put++
		}
		flush(t, l)
		if err := l.round(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s := l.Stats(); s.Size > int64(o.MaxSize) {
			t.Errorf("%d bytes, stats %+v", s.Size, s)
		}
	}
	got := numbers(t, &l.Reader, Filter{})
	if len(got) < 500 || got[0] != put-1 || got[len(got)-1] != put-len(got) {
		t.Errorf("%d entries left, %d to %d; want the newest", len(got), got[0], got[len(got)-1])
	}
	info, err := os.Stat(l.db.Path())
	if err != nil || info.Size() > 8<<20 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
	used, err := l.usage(context.Background())
	if err != nil || used.free > max(vacuumPages, used.pages/freeSlack) {
		t.Errorf("%+v, %v: free pages were not given back", used, err)
	}
}

// TestFullDisk: nothing fails but writing, health says so, and it ends by
// itself when there is room.
func TestFullDisk(t *testing.T) {
	c := &clock{now: sample().Time}
	env := quiet(c)
	env.MaxPages = 40
	o := testOptions()
	o.QueueLength = 100
	l := openLog(t, o, env)
	for i := range 1000 {
		l.Record(numbered(i))
		if i%50 == 0 {
			_ = l.Flush(context.Background()) // at last the disk is full
		}
	}
	h := l.Health()
	if h.OK || !strings.Contains(h.Problem, "full") || !strings.Contains(h.Advice, "free space") {
		t.Errorf("health %+v", h)
	}
	if s := l.Stats(); s.Written == 0 || s.Dropped == 0 || s.Faults == 0 || s.Waiting == 0 {
		t.Errorf("stats %+v", s)
	}
	if len(numbers(t, &l.Reader, Filter{})) == 0 {
		t.Error("what is there cannot be read")
	}
	// Age makes room.
	c.add(40 * 24 * time.Hour)
	if err := l.round(context.Background()); err != nil {
		t.Fatal(err)
	}
	flushed := l.Flush(context.Background())
	if h := l.Health(); flushed != nil && !strings.Contains(flushed.Error(), "full") || len(h.Notices) > 0 {
		t.Errorf("%v, health %+v", flushed, h)
	}
	if s := l.Stats(); s.Deleted == 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestNoDisk: a daemon without a place for its history starts, and has one as
// soon as there is a place.
func TestNoDisk(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "parent")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLogAt(t, filepath.Join(parent, "history.db"), testOptions(), Environment{Tick: time.Hour})
	l.Record(sample())
	if err := l.Flush(context.Background()); err == nil || l.Health().OK {
		t.Errorf("got %v, health %+v", err, l.Health())
	}
	for _, err := range l.Query(context.Background(), Filter{}) {
		if err == nil {
			t.Error("a query without a file: no error")
		}
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); l.Stats().Written == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stats %+v, health %+v", l.Stats(), l.Health())
		}
	}
	if !l.Health().OK {
		t.Errorf("health %+v", l.Health())
	}
}
