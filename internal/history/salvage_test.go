package history

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// spoiled makes a history of 1200 entries and overwrites a part of its file.
func spoiled(t *testing.T, offset int64, n int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.db")
	l := openLogAt(t, file, testOptions(), Environment{Tick: time.Hour})
	for i := range 1200 {
		l.Record(numbered(i))
	}
	flush(t, l)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, n), offset); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSalvage: of a history damaged in the middle, what can be read is taken
// over, and the damaged file stays for whoever wants to look at it.
func TestSalvage(t *testing.T) {
	file := spoiled(t, 150*pageSize, 10*pageSize)
	c := &clock{now: sample().Time}
	l := openLogAt(t, file, testOptions(), quiet(c))
	e := numbered(5000)
	e.Verdicts[0].Findings[0].Description = "Described anew"
	l.Record(e)
	flush(t, l)
	for deadline := time.Now().Add(time.Minute); l.Stats().Salvaged == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stats %+v, health %+v", l.Stats(), l.Health())
		}
	}
	got := numbers(t, &l.Reader, Filter{})
	if len(got) < 900 || len(got) > 1200 || got[0] != 5000 || got[1] != 1199 || got[len(got)-1] != 0 {
		t.Errorf("%d entries, from %d, %d to %d", len(got), got[0], got[1], got[len(got)-1])
	}
	old, err := l.Get(context.Background(), numbered(3).CaseID)
	if err != nil || old.Verdicts[0].Findings[0].Description != sample().Verdicts[0].Findings[0].Description {
		t.Errorf("an entry taken over: %+v, %v", old, err)
	}
	e = numbered(5001)
	e.Verdicts[0].Findings[1].Symbol = "ANOTHER_NEW_ONE"
	l.Record(e)
	flush(t, l)
	if got := numbers(t, &l.Reader, Filter{Symbol: "ANOTHER_NEW_ONE"}); len(got) != 1 {
		t.Errorf("after it: %v", got)
	}
	h := l.Health()
	if !h.OK || len(h.Notices) != 1 || !strings.Contains(h.Notices[0], file+".corrupt-") {
		t.Errorf("health %+v", h)
	}
}

// TestNothingToSalvage: a file without a readable header is moved aside, and
// that is all.
func TestNothingToSalvage(t *testing.T) {
	file := spoiled(t, 0, 200)
	l := openLogAt(t, file, testOptions(), Environment{})
	l.Record(numbered(1))
	flush(t, l)
	if got := numbers(t, &l.Reader, Filter{}); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if h := l.Health(); !h.OK || len(h.Notices) != 1 {
		t.Errorf("health %+v", h)
	}
}
