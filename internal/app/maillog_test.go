package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"postern/internal/config"
	"postern/internal/history"
)

// entryOf makes an entry of a case.
func entryOf(id string) *history.Entry {
	return &history.Entry{CaseID: id, Stage: "message", Verdicts: []history.Verdict{{Reason: "score"}}}
}

// TestMailLog wants every line in the file that was open when it was written,
// and none kept back at the end.
func TestMailLog(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	o := config.DefaultLogOptions()
	o.Mail = first
	m, err := openMailLog(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	write := func(id string) {
		t.Helper()
		if err := m.write(entryOf(id)); err != nil {
			t.Fatal(err)
		}
	}
	write("CASE1")
	o.Mail = second
	if err := m.reopen(o); err != nil {
		t.Fatal(err)
	}
	var many sync.WaitGroup
	for range 8 {
		many.Go(func() { _ = m.write(entryOf("CASE2")) })
	}
	many.Wait()
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]struct {
		id    string
		lines int
	}{first: {"CASE1", 1}, second: {"CASE2", 8}} {
		text, err := os.ReadFile(file)
		if err != nil || strings.Count(string(text), want.id) != want.lines || strings.Count(string(text), "\n") != want.lines {
			t.Errorf("%s holds %q, %v", filepath.Base(file), text, err)
		}
	}
	if err := m.write(entryOf("CASE3")); err != nil {
		t.Errorf("writing after the end: %v", err)
	}
}

// broken is a writer that takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestMailLogBroken wants the error told, and the log to go on.
func TestMailLogBroken(t *testing.T) {
	o := config.DefaultLogOptions()
	o.Mail = "stdout"
	m, err := openMailLog(o, broken{})
	if err != nil {
		t.Fatal(err)
	}
	_ = m.write(entryOf("CASE1")) // not yet tried
	if err := m.close(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("the end of a log that cannot be written: %v", err)
	}
}
