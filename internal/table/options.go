package table

import (
	"errors"
	"time"

	"postern/internal/unit"
)

// Options says how tables are read. All bounds of what grows with a table's
// text stand here.
type Options struct {
	// ReloadInterval is how often files are looked at for changes; 0 means
	// that they are read again only when asked for (SIGHUP).
	ReloadInterval unit.Duration `toml:"reload_interval"`
	// MaxFileSize bounds the bytes of one file.
	MaxFileSize unit.Size `toml:"max_file_size"`
	// MaxLine bounds the bytes of one logical line, and of a table written
	// within braces.
	MaxLine unit.Size `toml:"max_line"`
	// MaxRules bounds the rules of one pattern table (regexp, pcre, cidr).
	MaxRules int `toml:"max_rules"`
	// MaxKeys bounds the keys of one table of keys and values, and the
	// entries of one list.
	MaxKeys int `toml:"max_keys"`
	// MaxNesting bounds IF blocks within one another, and tables and lists
	// within one another.
	MaxNesting int `toml:"max_nesting"`
	// MatchTimeout bounds one pattern's work on one key. Only patterns with
	// look-around or back-references can need so long; running into it counts
	// as no match and is reported.
	MatchTimeout unit.Duration `toml:"match_timeout"`
	// Feeds says how lists are fetched from elsewhere.
	Feeds FeedOptions `toml:"feeds"`
}

// maxWarnings bounds the warnings that are kept of one table; further ones
// are counted.
const maxWarnings = 200

// DefaultOptions looks for changes every five seconds and takes tables of
// fifty million keys.
func DefaultOptions() Options {
	return Options{
		ReloadInterval: unit.Duration(5 * time.Second),
		MaxFileSize:    4 << 30,
		MaxLine:        256 << 10,
		MaxRules:       200_000,
		MaxKeys:        50_000_000,
		MaxNesting:     50,
		MatchTimeout:   unit.Duration(100 * time.Millisecond),
		Feeds:          DefaultFeedOptions(),
	}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	bad := func(wrong bool, key, format string, args ...any) {
		if wrong {
			errs = append(errs, unit.BadKey(key, format, args...))
		}
	}
	interval := o.ReloadInterval.Std()
	bad(interval != 0 && interval < time.Second, "reload_interval", "must be 0 or at least 1s")
	bad(o.MaxFileSize < 1<<10, "max_file_size", "must be at least 1KB")
	bad(o.MaxLine < 1<<10 || o.MaxLine > maxEntry, "max_line", "must be from 1KB to %s", unit.Size(maxEntry))
	bad(o.MaxRules < 1, "max_rules", "must be at least 1")
	bad(o.MaxKeys < 1, "max_keys", "must be at least 1")
	bad(o.MaxNesting < 1 || o.MaxNesting > 1000, "max_nesting", "must be from 1 to 1000")
	timeout := o.MatchTimeout.Std()
	bad(timeout < time.Millisecond || timeout > 10*time.Second, "match_timeout", "must be from 1ms to 10s")
	return errors.Join(append(errs, o.Feeds.validate()...)...)
}
