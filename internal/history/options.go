package history

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"postern/internal/unit"
)

// Options says what is kept of past decisions, where and for how long.
type Options struct {
	// Enabled keeps a history. Without it there is nothing for "postern log"
	// and "postern explain" to show; the mail log is written all the same.
	Enabled bool `toml:"enabled"`
	// Path of the history's file; a relative one is within the data directory.
	Path string `toml:"path"`
	// Keep is how long decisions are kept; 0 means until MaxSize is reached.
	Keep unit.Duration `toml:"keep"`
	// MaxSize bounds the history on disk: when it is reached, the oldest
	// decisions are deleted.
	MaxSize unit.Size `toml:"max_size"`
	// FlushInterval is how long decisions wait in memory to be written
	// together. That much is lost when the host fails.
	FlushInterval unit.Duration `toml:"flush_interval"`
	// QueueLength bounds how many decisions wait in memory when the disk is
	// slow or full; beyond it the oldest of them are dropped and counted.
	QueueLength int `toml:"queue_length"`
	// Subject keeps the subjects of messages. Turn it off where they are
	// nobody's business.
	Subject bool `toml:"subject"`
}

// The bounds of what can be configured.
const (
	minMaxSize     = 1 << 20
	maxQueueLength = 1 << 20
)

// DefaultOptions keeps 30 days, at most 500 MB.
func DefaultOptions() Options {
	return Options{
		Enabled:       true,
		Path:          "history.db",
		Keep:          unit.Duration(30 * 24 * time.Hour),
		MaxSize:       500 << 20,
		FlushInterval: unit.Duration(200 * time.Millisecond),
		QueueLength:   8192,
		Subject:       true,
	}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	if o.Path == "" {
		errs = append(errs, errors.New("path: must not be empty"))
	}
	if o.Keep < 0 {
		errs = append(errs, fmt.Errorf("keep: %s is negative", o.Keep))
	}
	if o.MaxSize < minMaxSize {
		errs = append(errs, fmt.Errorf("max_size: %s is less than the least, 1MB", o.MaxSize))
	}
	if d := o.FlushInterval.Std(); d < 10*time.Millisecond || d > time.Minute {
		errs = append(errs, fmt.Errorf("flush_interval: %s is not from 10ms to 1m", o.FlushInterval))
	}
	if o.QueueLength < 16 || o.QueueLength > maxQueueLength {
		errs = append(errs, fmt.Errorf("queue_length: %d is not from 16 to %d", o.QueueLength, maxQueueLength))
	}
	return errors.Join(errs...)
}

// File gives the path of the history's file for a data directory.
func (o Options) File(dataDir string) string {
	if filepath.IsAbs(o.Path) {
		return o.Path
	}
	return filepath.Join(dataDir, o.Path)
}
