package table

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// feedServer serves a list with a script of what to answer.
type feedServer struct {
	*httptest.Server
	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request)
	seen   []*http.Request
}

func newFeedServer(t *testing.T) *feedServer {
	f := &feedServer{}
	f.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		answer := f.answer
		f.seen = append(f.seen, r)
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *feedServer) serve(answer func(w http.ResponseWriter, r *http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *feedServer) requests() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func text(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, len(body)))
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, body)
	}
}

// feedBed is a set with a clock that is turned by hand.
type feedBed struct {
	*Set
	mu  sync.Mutex
	now time.Time
}

func newFeedBed(t *testing.T, srv *feedServer, dir string) *feedBed {
	t.Helper()
	b := &feedBed{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	o := DefaultOptions()
	o.ReloadInterval = 0
	o.Feeds.Dir = dir
	o.Feeds.MaxSize = 64 << 10
	b.Set = New(o, nil, Outside{HTTP: srv.Client(), Now: func() time.Time {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.now
	}})
	t.Cleanup(func() { b.Close() })
	return b
}

// turn moves the clock and waits until what is due was fetched.
func (b *feedBed) turn(d time.Duration) {
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.mu.Unlock()
	b.Reload()
	for _, w := range b.watched {
		f := w.(*feed)
		f.mu.Lock()
		fetching := f.fetching
		f.mu.Unlock()
		if fetching {
			b.waitFor(f)
		}
	}
}

// waitFor waits until a fetch has ended; its timeout bounds it.
func (b *feedBed) waitFor(f *feed) {
	for {
		f.mu.Lock()
		fetching := f.fetching
		f.mu.Unlock()
		if !fetching {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestFeed(t *testing.T) {
	srv := newFeedServer(t)
	dir := filepath.Join(t.TempDir(), "feeds")
	b := newFeedBed(t, srv, dir)
	srv.serve(text("bad.example\n192.0.2.0/24\n"))
	tab, err := b.Open("list:" + srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := tab.Lookup(t.Context(), "bad.example"); !errors.Is(err, ErrNoFeed) {
		t.Errorf("a list that was not fetched gives %v", err)
	}
	b.turn(0)
	wantValue(t, tab, "bad.example", "bad.example")
	wantValue(t, tab, "192.0.2.9", "192.0.2.0/24")

	srv.serve(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == "" {
			t.Error("asks for all of a list that it has")
		}
		w.WriteHeader(http.StatusNotModified)
	})
	b.turn(2 * time.Hour)
	wantValue(t, tab, "bad.example", "bad.example")
	if st := b.Status()[0]; st.Problem != "" || st.Next.Before(b.now.Add(50*time.Minute)) || st.Next.After(b.now.Add(70*time.Minute)) {
		t.Errorf("status after no change is %+v", st)
	}
	asked := len(srv.requests())
	b.turn(time.Minute)
	if len(srv.requests()) != asked {
		t.Error("asks before it is due")
	}

	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   string
	}{
		"html type": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "bad2.example")
		}, "web page"},
		"html":   {text("\n\n <!DOCTYPE html><p>blocked"), "web page"},
		"json":   {text(`{"error": "quota"}`), "web page"},
		"prose":  {text("Sorry, you have asked too often!\nPlease come back later.\n"), "not a list"},
		"binary": {text("bad.example\x00"), "binary"},
		"empty":  {text("# nothing\n"), "empty list"},
		"error":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "503"},
		"plain": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "without TLS"},
		"large": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 20 {
				if _, err := io.WriteString(w, "a.example\nb.example\nc.example\n"); err != nil {
					return
				}
			}
		}, "more than the 64KB"},
		"large told": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000000000")
			io.WriteString(w, "a.example\n")
		}, "more than the 64KB"},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, "a.example\n")
		}, "EOF"},
	} {
		srv.serve(c.answer)
		b.turn(2 * time.Hour)
		wantValue(t, tab, "bad.example", "bad.example")
		if st := b.Status()[0]; !strings.Contains(st.Problem, c.want) || !strings.Contains(st.Problem, "last good copy") || st.Entries != 2 {
			t.Errorf("%s: status is %+v, want a problem with %q", name, st, c.want)
		}
	}

	srv.serve(text("new.example\n"))
	b.turn(2 * time.Hour)
	wantValue(t, tab, "bad.example", "")
	wantValue(t, tab, "new.example", "new.example")
	if st := b.Status()[0]; st.Problem != "" || !st.Since.IsZero() {
		t.Errorf("the problem stays: %+v", st)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "fetching-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	restart(t, srv, dir)
}

// restart opens the feed again with the copy on disk, then with a damaged one.
func restart(t *testing.T, srv *feedServer, dir string) {
	srv.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	tab, err := newFeedBed(t, srv, dir).Open("list:" + srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, tab, "new.example", "new.example")

	copies, err := filepath.Glob(filepath.Join(dir, "*.list"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies: %v, %v", copies, err)
	}
	if err := os.WriteFile(copies[0], []byte("other.example\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	b := newFeedBed(t, srv, dir)
	tab, err = b.Open("list:" + srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := tab.Lookup(t.Context(), "other.example"); !errors.Is(err, ErrNoFeed) {
		t.Errorf("a damaged copy is used: %v", err)
	}
	if st := b.Status()[0]; !strings.Contains(st.Problem, "checksum") {
		t.Errorf("problem is %q", st.Problem)
	}
}

// TestFeedBackoff waits longer after each failure.
func TestFeedBackoff(t *testing.T) {
	srv := newFeedServer(t)
	srv.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	b := newFeedBed(t, srv, "")
	if _, err := b.Open("list:" + srv.URL); err != nil {
		t.Fatal(err)
	}
	for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		b.turn(70 * time.Minute)
		if wait := b.Status()[0].Next.Sub(b.now); (wait - want).Abs() > want/10 {
			t.Errorf("waits %v, want about %v", wait, want)
		}
	}
}
