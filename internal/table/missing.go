package table

import (
	"context"
	"errors"
	"io/fs"
)

// missingFile stands for a table whose file was not there when it was opened:
// asking it fails, until there is a file. A table that is named before it is
// written is no reason to keep the daemon from starting.
type missingFile struct{ err error }

func (m missingFile) lookup(context.Context, string) (string, bool, error) { return "", false, m.err }
func (m missingFile) partial() bool                                        { return true }
func (m missingFile) entries() int                                         { return 0 }

// awaits tells whether an error of opening a file says that there is none,
// and puts a table in its place that waits for one. A database whose text is
// missing is another matter: no file will come.
func awaits(l *live[content], path string, err error) bool {
	if !errors.Is(err, fs.ErrNotExist) || openReason(path, fs.ErrNotExist) != fs.ErrNotExist.Error() {
		return false
	}
	note := &notes{}
	l.current.Store(&version[content]{missingFile{err}, l.now(), note})
	l.seen = looks(l.files)
	l.problem, l.since = err.Error(), l.now()
	l.log.Warn("table: there is no such file; asking it fails until there is one", "table", l.name)
	return true
}
