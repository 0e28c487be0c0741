package table

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// live is something that is read from files and read again when they change.
// What was read last without fault is in use, and is asked without a lock.
type live[T interface{ entries() int }] struct {
	name string
	log  *slog.Logger
	now  func() time.Time
	// load reads everything anew; files are those that were read, also where
	// there is an error.
	load func(note *notes) (value T, files []string, err error)

	current atomic.Pointer[version[T]]

	mu sync.Mutex
	// files and seen are what was read last and how the files looked then.
	files []string
	seen  string
	// pending is how they looked at the last look, waits how often they have
	// looked different since.
	pending string
	waits   int
	problem string
	since   time.Time
}

// version is what was read at one time.
type version[T any] struct {
	value T
	at    time.Time
	note  *notes
}

// maxWaits bounds how often a file that changes all the time is left alone.
const maxWaits = 3

// first reads for the first time; where it fails there is nothing to fall
// back on.
func (l *live[T]) first() error {
	note := &notes{}
	now := looks(l.files)
	value, files, err := l.load(note)
	if err != nil {
		return err
	}
	if !slices.Equal(files, l.files) {
		now = looks(files)
	}
	l.files, l.seen = files, now
	l.current.Store(&version[T]{value, l.now(), note})
	logWarnings(l.log, note.list, note.more)
	return nil
}

// looks describes files so that every change shows: by size, time and inode.
func looks(files []string) string {
	var b strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			fmt.Fprintf(&b, "%q gone;", f)
			continue
		}
		fmt.Fprintf(&b, "%q %d %d %d;", f, info.Size(), info.ModTime().UnixNano(), inode(info))
	}
	return b.String()
}

// check reads the files again if they have changed. Files that change are
// left alone until they look the same twice, so that none is read half
// written.
func (l *live[T]) check(force bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := looks(l.files)
	if now == l.seen {
		l.pending, l.waits = "", 0
		return
	}
	if !force && now != l.pending && l.waits < maxWaits {
		l.pending = now
		l.waits++
		return
	}
	l.pending, l.waits = "", 0
	l.reload(now)
}

// reload replaces what is in use, unless the new has faults that the old had
// not.
func (l *live[T]) reload(now string) {
	note := &notes{}
	value, files, err := l.load(note)
	l.seen = now
	if err == nil {
		if fault, bad := newFaults(note.list, l.current.Load().note.list); bad {
			err = errors.New(fault.String())
		}
	}
	if err != nil {
		l.failed(err)
		return
	}
	if l.problem != "" {
		l.log.Info("table is read again", "table", l.name)
	}
	if !slices.Equal(files, l.files) {
		l.seen = looks(files)
	}
	l.files, l.problem, l.since = files, "", time.Time{}
	l.current.Store(&version[T]{value, l.now(), note})
	l.log.Info("table has changed", "table", l.name, "entries", value.entries())
	logWarnings(l.log, note.list, note.more)
}

// failed notes why the new version is not used.
func (l *live[T]) failed(err error) {
	if l.problem == "" {
		l.since = l.now()
	}
	if l.problem != err.Error() {
		l.log.Error("table: the last good version stays in use", "table", l.name, "problem", err.Error())
	}
	l.problem = err.Error()
	var e *Error
	if errors.As(err, &e) && e.Line == 0 {
		// It may be the file system's fault and pass without a change.
		l.seen = ""
	}
}

func (l *live[T]) status() Status {
	v := l.current.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	st := Status{
		Name: l.name, Entries: v.value.entries(), Loaded: v.at,
		Warnings: v.note.list, More: v.note.more, Problem: l.problem, Since: l.since,
	}
	if c, ok := any(v.value).(content); ok {
		st.GaveUp = gaveUp(c)
	}
	return st
}

// liveTable is a table in a file.
type liveTable struct{ *live[content] }

// Lookup implements Table.
func (t *liveTable) Lookup(ctx context.Context, key string) (string, bool, error) {
	if !utf8.ValidString(key) {
		return "", false, nil
	}
	return t.current.Load().value.lookup(ctx, key)
}

// Partial implements Table.
func (t *liveTable) Partial() bool { return t.current.Load().value.partial() }

// Name implements Table.
func (t *liveTable) Name() string { return t.name }
