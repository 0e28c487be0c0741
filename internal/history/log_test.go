package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
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

func TestOptionsAreChecked(t *testing.T) {
	if _, err := Open(context.Background(), filepath.Join(t.TempDir(), "h.db"), Options{}, Environment{}); err == nil {
		t.Error("no error for options that make no sense")
	}
}

func TestSubjectIsPrivate(t *testing.T) {
	o := testOptions()
	o.Subject = false
	l := openLog(t, o, Environment{})
	l.Record(sample())
	flush(t, l)
	got, err := l.Get(context.Background(), sample().CaseID)
	if err != nil || got.Subject != "" || got.From == "" {
		t.Errorf("got subject %q, from %q, %v", got.Subject, got.From, err)
	}
}

func TestGet(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	for i := range 20 {
		l.Record(numbered(i))
	}
	flush(t, l)
	for _, c := range []struct {
		id   string
		want string
		err  error
	}{
		{"CASE00000007", "CASE00000007", nil},
		{"CASE0000001", "", ErrAmbiguous},
		{"CASE1", "", ErrNotFound},
		{"CA", "", ErrNotFound},
		{"", "", ErrNotFound},
		{"CASE%", "", ErrNotFound},
	} {
		e, err := l.Get(context.Background(), c.id)
		if !errors.Is(err, c.err) || err == nil && e.CaseID != c.want {
			t.Errorf("%q: got %v, %v", c.id, e, err)
		}
	}
	l.Record(func() *Entry { e := numbered(7); e.Sender = "again@example.com"; return e }())
	flush(t, l)
	if e, err := l.Get(context.Background(), "CASE00000007"); err != nil || e.Sender != "again@example.com" {
		t.Errorf("of two decisions on a case, the later is wanted: %v, %v", e, err)
	}
}

// TestHugeEntry: an entry has bounds, whatever the message was.
func TestHugeEntry(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	e := sample()
	long := strings.Repeat("long ü \x00\xff\n", 100_000)
	e.Subject, e.From, e.HELO, e.Sender = long, long, long, long
	for range 10_000 {
		e.Recipients = append(e.Recipients, long[:300])
	}
	e.RecipientCount = len(e.Recipients)
	v := e.Verdicts[0]
	for i := range 1000 {
		v.Findings = append(v.Findings, verdict.Finding{Symbol: fmt.Sprint("S", i), Score: math.Inf(1), FullScore: math.NaN(),
			Evidence: []string{long, long, long, long, long, long, long, long}, Failed: long})
	}
	e.Verdicts = nil
	for range 500 {
		e.Verdicts = append(e.Verdicts, v)
	}
	l.Record(e)
	flush(t, l)
	got, err := l.Get(context.Background(), e.CaseID)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Recipients) != MaxRecipients || got.RecipientCount != e.RecipientCount || len(got.Verdicts) != MaxVerdicts ||
		len(got.Verdicts[0].Findings) > MaxFindings || len(got.Verdicts[0].Findings) < 100 || len(got.Subject) > 3*MaxText {
		t.Errorf("%d recipients of %d, %d verdicts, %d findings, %d bytes of subject", len(got.Recipients), got.RecipientCount,
			len(got.Verdicts), len(got.Verdicts[0].Findings), len(got.Subject))
	}
	if size := l.Stats().Size; size > 2<<20 {
		t.Errorf("%d bytes on disk", size)
	}
}

// TestConcurrentUse: writers, readers and retention at the same time.
func TestConcurrentUse(t *testing.T) {
	l := openLog(t, testOptions(), Environment{Tick: time.Millisecond})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 500 {
				l.Record(numbered(1000*w + i))
			}
		})
	}
	for range 2 {
		all.Go(func() {
			for range 20 {
				for _, err := range l.Query(ctx, Filter{Limit: 50}) {
					if err != nil {
						t.Error(err)
					}
				}
				l.Stats()
				l.Health()
			}
		})
	}
	all.Wait()
	flush(t, l)
	if s := l.Stats(); s.Written != 2000 || s.Dropped+s.Failed > 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestOverflow: Record never waits, not even while the file is locked; what
// does not fit is counted.
func TestOverflow(t *testing.T) {
	o := testOptions()
	o.QueueLength = 16
	l := openLog(t, o, Environment{Tick: time.Hour})
	locked, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- l.db.Write(context.Background(), func(*sql.Tx) error {
			close(locked)
			<-release
			return nil
		})
	}()
	<-locked
	for i := range 100 {
		l.Record(numbered(i))
	}
	if b := l.batch.Stats(); b.Waiting != 16 || b.Dropped != 84 {
		t.Errorf("stats %+v", b)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	flush(t, l)
	if e, err := l.Get(context.Background(), numbered(99).CaseID); err != nil {
		t.Errorf("the newest was dropped: %v, %v", e, err)
	}
}
