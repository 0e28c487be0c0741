// Package sqlite keeps state in one SQLite file (pure Go, write-ahead log):
// one writer, several readers, also from other processes. A DB never gives
// up: when the disk is full, read-only or away, writes fail with
// store.ErrUnavailable until the disk is back; a damaged file is moved aside
// and a new one begun.
package sqlite

import (
	"io/fs"
	"log/slog"
	"time"
)

// Options says how a DB works.
type Options struct {
	// Migrations hold the schema: files NNNN_name.sql, numbered from 0001
	// without gaps, of which those not yet applied are applied in order.
	Migrations fs.FS
	// Logger is told of damage and of going out of and into service; nil
	// means silence.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// CheckUpTo is the size in bytes up to which the whole file is checked
	// for damage when it is opened. Larger files are only probed; call
	// Verify for them. 0 means 32 MB, which take about 0.1 s.
	CheckUpTo int64
	// PageSize is the size of a new file's pages in bytes, a power of two; 0
	// means 4096. Larger ones waste less room for rows of some kilobytes.
	PageSize int
	// MaxPages bounds the file's length in pages; 0 means no bound. Beyond it writes fail as on a full disk.
	MaxPages int64
}

// What is fixed.
const (
	busyTimeout   = 5 * time.Second // for another process's write lock
	retryAfter    = time.Second     // between attempts to open the file
	readers       = 4               // connections that read at the same time
	checkUpTo     = 32 << 20        // default of Options.CheckUpTo
	cacheKB       = 4096            // of the writer's pages in memory
	journalLimit  = 8 << 20         // the write-ahead log is cut back to this
	maxNotices    = 10              // in Health
	maxAside      = 2               // damaged files kept
	asideStamp    = "20060102T150405.000Z"
	asideInfix    = ".corrupt-"
	fileMode      = 0o640
	directoryMode = 0o750
)

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PageSize == 0 {
		o.PageSize = 4096
	}
	if o.CheckUpTo == 0 {
		o.CheckUpTo = checkUpTo
	}
	return o
}
