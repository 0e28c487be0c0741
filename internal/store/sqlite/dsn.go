package sqlite

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// fileURI names a file to SQLite. Odd characters in the path are escaped, so
// that "?" and "#" do not begin parameters.
func fileURI(path string, parameters url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the directory of %s: %w", path, err)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: parameters.Encode()}
	return u.String(), nil
}

// writerParameters are those of the one connection that writes. The pragmas
// stand in one text because their order matters: page_size and auto_vacuum
// only work while the file is empty, in this order, and journal_mode begins
// it; the driver would sort separate ones by name.
func (o Options) writerParameters() url.Values {
	pragmas := []string{
		pragma("busy_timeout", int(busyTimeout.Milliseconds())),
		pragma("page_size", o.PageSize),
		"auto_vacuum(incremental)",
		"journal_mode(wal)",
		"synchronous(normal)",
		pragma("journal_size_limit", journalLimit),
		pragma("cache_size", -cacheKB),
	}
	if o.MaxPages > 0 {
		pragmas = append(pragmas, pragma("max_page_count", int(o.MaxPages)))
	}
	return url.Values{"_txlock": {"immediate"}, "_pragma": {strings.Join(pragmas, "; PRAGMA ")}}
}

// readerParameters are those of connections that only read.
func readerParameters() url.Values {
	return url.Values{"mode": {"ro"}, "_pragma": {
		pragma("busy_timeout", int(busyTimeout.Milliseconds())), "query_only(1)",
	}}
}

func pragma(name string, value int) string { return name + "(" + strconv.Itoa(value) + ")" }
