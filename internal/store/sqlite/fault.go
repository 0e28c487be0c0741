package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"postern/internal/store"
)

// fault is what kind of error SQLite gave, by what can be done about it.
type fault uint8

const (
	faultNone     fault = iota
	faultOther          // a mistake of the caller's, or a context's end
	faultFull           // no space
	faultReadOnly       // no permission, or mounted read-only
	faultMissing        // the file cannot be opened
	faultIO             // the disk or the system reports errors
	faultBusy           // another process holds the lock
	faultCorrupt        // the file is damaged
)

// errNewer tells that the file was written by a later version.
var errNewer = errors.New("written by a newer version")

// classify tells what kind of error err is.
func classify(err error) fault {
	if err == nil {
		return faultNone
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return faultOther
	}
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return ofCode(e.Code())
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return faultFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return faultReadOnly
	case errors.Is(err, errNewer):
		return faultMissing
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return faultMissing
	}
	return faultOther
}

// ofCode sorts SQLite's result codes (sqlite.org/rescode.html).
func ofCode(code int) fault {
	switch code & 0xff {
	case lib.SQLITE_FULL:
		return faultFull
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return faultReadOnly
	case lib.SQLITE_CANTOPEN:
		return faultMissing
	case lib.SQLITE_IOERR, lib.SQLITE_NOMEM, lib.SQLITE_PROTOCOL:
		return faultIO
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return faultBusy
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return faultCorrupt
	}
	return faultOther
}

// environmental tells whether trying again later makes sense.
func (f fault) environmental() bool { return f >= faultFull }

// advice says what the administrator can do.
func (f fault) advice(path string) string {
	dir := filepath.Dir(path)
	switch f {
	case faultFull:
		return "free space on the file system of " + dir + "; writing goes on by itself"
	case faultReadOnly:
		return "make " + path + " and its directory writable for Postern's user, and check that the file system is not mounted read-only; writing goes on by itself"
	case faultMissing:
		return "check that the directory " + dir + " exists and that " + path + " can be opened for writing; writing goes on by itself"
	case faultIO:
		return "look for disk errors in the kernel's log (dmesg); writing goes on by itself"
	case faultBusy:
		return "another process holds a lock on " + path + ": find it with fuser or lsof"
	case faultCorrupt:
		return "the damaged file could not be moved aside: move " + path + " away by hand"
	}
	return ""
}

// unavailable wraps an error for the caller, marked where it comes from the
// surroundings.
func unavailable(doing, path string, err error) error {
	if classify(err).environmental() && !errors.Is(err, store.ErrUnavailable) {
		return fmt.Errorf("%s %s: %w: %w", doing, path, store.ErrUnavailable, err)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}
