package history

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"postern/internal/unit"
	"postern/internal/verdict"
)

// testOptions write at once.
func testOptions() Options {
	o := DefaultOptions()
	o.FlushInterval = unit.Duration(10 * time.Millisecond)
	return o
}

func openLog(t testing.TB, o Options, env Environment) *Log {
	t.Helper()
	return openLogAt(t, filepath.Join(t.TempDir(), "history.db"), o, env)
}

func openLogAt(t testing.TB, file string, o Options, env Environment) *Log {
	t.Helper()
	l, err := Open(context.Background(), file, o, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := l.Close(ctx); err != nil {
			t.Logf("closing: %v", err)
		}
	})
	return l
}

func flush(t testing.TB, l *Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// numbered makes an entry of its own for each number.
func numbered(i int) *Entry {
	e := sample()
	e.CaseID = fmt.Sprintf("CASE%08d", i)
	e.Time = e.Time.Add(time.Duration(i) * time.Second)
	e.QueueID = fmt.Sprintf("4d%07dz", i)
	return e
}

var asRead = cmp.Options{cmpopts.EquateNaNs(), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}), cmpopts.IgnoreFields(Entry{}, "ID"),
	cmpopts.IgnoreFields(Client{}, "ReverseName")}

func TestRecordAndGet(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	e := sample()
	e.Verdicts[0].Findings[3].Observed = true
	e.Verdicts[0].Findings[4].Weight = 0.25
	e.Verdicts[0].Findings[5].FullScore = 9.125
	e.Verdicts[0].Findings[6].Failed = "no answer from \"ns\" in 2s"
	e.Verdicts = append(e.Verdicts, Verdict{Profile: "strict", Recipients: []string{"bert@example.org"}, Action: verdict.Reject,
		Observed: verdict.Discard, Forced: "GTUBE", Reason: "forced by GTUBE", Score: -3.5, Thresholds: Thresholds(verdict.NoThresholds()),
		Reply: &verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "a\nb"}, Incomplete: true, Skipped: true})
	e.User, e.AuthMethod, e.Client.Local, e.RecipientCount = "anna", "PLAIN", true, 300
	e.Checks[1].Error = "timeout"
	l.Record(e)
	flush(t, l)
	got, err := l.Get(context.Background(), e.CaseID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, got, asRead); diff != "" {
		t.Error(diff)
	}
	if got.ID == 0 {
		t.Error("no ID")
	}
	if s := l.Stats(); s.Written != 1 || s.Size == 0 || !s.Oldest.Equal(e.Time) {
		t.Errorf("stats %+v", s)
	}
}

// BenchmarkRecord measures what one entry costs from Record to the disk, all
// goroutines together.
func BenchmarkRecord(b *testing.B) {
	o := testOptions()
	o.FlushInterval = unit.Duration(200 * time.Millisecond)
	l := openLog(b, o, Environment{})
	entries := make([]*Entry, 1000)
	used := time.Duration(0)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i%len(entries) == 0 {
			b.StopTimer()
			for j := range entries {
				entries[j] = numbered(i + j)
			}
			b.StartTimer()
			used -= cpuTime(b)
		}
		l.Record(entries[i%len(entries)])
		if i++; i%len(entries) == 0 {
			flush(b, l)
			used += cpuTime(b)
		}
	}
	flush(b, l)
	if i%len(entries) != 0 {
		used += cpuTime(b)
	}
	s := l.Stats()
	b.ReportMetric(float64(used.Nanoseconds())/float64(i), "cpu-ns/op")
	b.ReportMetric(float64(s.Size)/float64(s.Written), "disk-B/op")
}

func BenchmarkEncode(b *testing.B) {
	s := &symbolTable{ids: map[symbol]int64{}}
	e := sample()
	var r row
	b.ReportAllocs()
	for b.Loop() {
		r.fill(e, s, true)
	}
	b.ReportMetric(float64(len(r.detail)), "detail-B")
}

func BenchmarkDecode(b *testing.B) {
	s := &symbolTable{ids: map[symbol]int64{}}
	var r row
	r.fill(sample(), s, true)
	names := map[int64]symbol{}
	for sym, id := range s.ids {
		names[id] = sym
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.entry(names); err != nil {
			b.Fatal(err)
		}
	}
}
