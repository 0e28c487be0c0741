// Package mailbox finds the mails in what an administrator names: single
// files, directories, Maildirs, mboxes, compressed or not, and standard
// input.
package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Mail is one mail as it lies on disk.
type Mail struct {
	// Name is the file's path; for a mail of an mbox with several, "#" and
	// its number from 1 follow.
	Name string
	// Raw is the mail. Its line ends are those of the file.
	Raw []byte
}

// Options says where mails are looked for and what is too much.
type Options struct {
	// Stdin is read for the path "-".
	Stdin io.Reader
	// MaxMail bounds the bytes of one mail, after decompression. A larger
	// one is an error, and what follows it in an mbox is read all the same.
	MaxMail int
}

// DefaultMaxMail is the bound of one mail's size that suits most servers.
const DefaultMaxMail = 128 << 20

// ErrTooLarge is wrapped by the error for a mail beyond Options.MaxMail.
var ErrTooLarge = errors.New("mail is too large")

// All gives the mails under some paths, in the order of the paths and within
// directories by name. What cannot be read is given as an error with a Mail
// that has only a name, and the next one follows. When ctx ends, so does the
// sequence.
func All(ctx context.Context, paths []string, o Options) iter.Seq2[Mail, error] {
	if o.MaxMail <= 0 {
		o.MaxMail = DefaultMaxMail
	}
	return func(yield func(Mail, error) bool) {
		w := &walker{ctx: ctx, options: o, yield: yield, buffer: bufio.NewReaderSize(nil, readBuffer)}
		for _, p := range paths {
			if !w.path(p) {
				return
			}
		}
	}
}

// walker goes through the paths. Its methods return false when the consumer
// has had enough.
type walker struct {
	ctx     context.Context
	options Options
	yield   func(Mail, error) bool
	// buffer is what files are read through, one after the other.
	buffer *bufio.Reader
}

// path gives the mails of one path that was named.
func (w *walker) path(path string) bool {
	if path == "-" {
		return w.stream("-", w.options.Stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return w.fail(path, err)
	}
	if info.IsDir() {
		return w.directory(path)
	}
	return w.file(path)
}

// directory gives the mails of a directory and of those within, leaving out
// what is no mail: hidden files, and of a Maildir all but new and cur.
func (w *walker) directory(dir string) bool {
	stopped := false
	// WalkDir leaves a symbolic link alone, also when it is what was named.
	err := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		switch {
		case w.ctx.Err() != nil:
			return w.ctx.Err()
		case err != nil:
			stopped = !w.fail(path, err)
		case d.IsDir():
			if skipDirectory(path, dir) {
				return fs.SkipDir
			}
		case isMail(path, d):
			stopped = !w.file(filepath.Clean(path))
		}
		if stopped {
			return fs.SkipAll
		}
		return nil
	})
	return err == nil && !stopped
}

// skipDirectory tells whether a directory holds no mails that count: a
// Maildir's tmp holds mails that are only being delivered. Hidden ones are
// skipped, except a Maildir's folders.
func skipDirectory(path, root string) bool {
	if filepath.Clean(path) == filepath.Clean(root) {
		return false
	}
	name := filepath.Base(path)
	if name == "tmp" {
		return isMaildir(filepath.Dir(path))
	}
	return strings.HasPrefix(name, ".") && !isMaildir(path)
}

// isMail tells whether a file of a directory may be a mail. Of a Maildir
// itself only its directories count, not a server's index files.
func isMail(path string, d fs.DirEntry) bool {
	if strings.HasPrefix(d.Name(), ".") || isMaildir(filepath.Dir(path)) {
		return false
	}
	if d.Type()&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		return err == nil && info.Mode().IsRegular()
	}
	return d.Type().IsRegular()
}

// isMaildir tells whether a directory has a Maildir's new and cur.
func isMaildir(dir string) bool {
	for _, sub := range []string{"new", "cur"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// file gives the mails of one file.
func (w *walker) file(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return w.fail(path, err)
	}
	defer f.Close()
	return w.stream(path, f)
}

// fail reports what could not be read.
func (w *walker) fail(path string, err error) bool {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return w.yield(Mail{Name: path}, fmt.Errorf("reading %s: %w", path, err))
}
