package sqlite

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"postern/internal/store"
)

// smallDisk mounts a file system of 1 MB; the test is skipped where that is
// not allowed.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func remount(t *testing.T, dir string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, data); err != nil {
		t.Fatal(err)
	}
}

// TestFullFileSystem: a real one, that grows later.
func TestFullFileSystem(t *testing.T) {
	dir := smallDisk(t)
	db := open(t, filepath.Join(dir, "a.db"), Options{})
	var err error
	written := 0
	for ; err == nil && written < 1000; written++ {
		err = insert(t, db, strings.Repeat("x", 3000))
	}
	written--
	if h := db.Health(); !errors.Is(err, store.ErrUnavailable) || h.OK || !strings.Contains(h.Advice, "free space") {
		t.Fatalf("after %d rows: %v, health %+v", written, err, h)
	}
	if n := count(t, db); n != written {
		t.Errorf("%d rows can be read, want %d", n, written)
	}
	remount(t, dir, 0, "size=8m")
	if err := insert(t, db, "y"); err != nil || !db.Health().OK {
		t.Errorf("with room again: %v, health %+v", err, db.Health())
	}
	if n := count(t, db); n != written+1 {
		t.Errorf("%d rows, want %d", n, written+1)
	}
}

// TestReadOnlyFileSystem: the daemon starts on one, writes as soon as it may,
// and what is there can be read on one.
func TestReadOnlyFileSystem(t *testing.T) {
	dir, clock := smallDisk(t), newClock()
	remount(t, dir, syscall.MS_RDONLY, "size=1m")
	db := open(t, filepath.Join(dir, "a.db"), Options{Now: clock.Now})
	err := insert(t, db, "x")
	if h := db.Health(); !errors.Is(err, store.ErrUnavailable) || h.OK || !strings.Contains(h.Advice, "read-only") {
		t.Errorf("got %v, health %+v", err, h)
	}
	remount(t, dir, 0, "size=1m")
	clock.now = clock.now.Add(time.Minute)
	if err := insert(t, db, "x"); err != nil || !db.Health().OK {
		t.Errorf("writable again: %v, health %+v", err, db.Health())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	// A reader needs nothing but the file.
	remount(t, dir, syscall.MS_RDONLY, "size=1m")
	r, err := OpenReadOnly(t.Context(), filepath.Join(dir, "a.db"), steps)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := count(t, r); n != 1 {
		t.Errorf("%d rows", n)
	}
}
