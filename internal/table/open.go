package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// content is what was read of a table: it never changes.
type content interface {
	lookup(ctx context.Context, key string) (value string, found bool, err error)
	partial() bool
	// entries counts the keys, rules or entries.
	entries() int
}

// readers are the types whose text is in a file, or within braces for those
// that Postfix can have so.
var readers = map[string]struct {
	read   func(r io.Reader, o Options, note *notes) (content, error)
	braces bool
}{
	"hash": {readHash, false}, "btree": {readHash, false}, "lmdb": {readHash, false},
	"cdb": {readHash, false}, "dbm": {readHash, false}, "sdbm": {readHash, false}, "texthash": {readHash, false},
	"regexp": {readRegexp, true}, "pcre": {readPCRE, true}, "cidr": {readCIDR, true},
	"list": {readList, false},
}

func readRegexp(r io.Reader, o Options, note *notes) (content, error) {
	return readPatterns(r, regexpDialect, o, note)
}

func readPCRE(r io.Reader, o Options, note *notes) (content, error) {
	return readPatterns(r, pcreDialect, o, note)
}

// servers are the types of Postfix that ask a program elsewhere.
const servers = " ldap mysql pgsql sqlite mongodb memcache tcp socketmap nis nisplus netinfo unix environ internal "

// Types lists the types of tables that can be opened.
func Types() []string {
	return []string{
		"hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash", "regexp", "pcre", "cidr",
		"inline", "static", "fail", "unionmap", "pipemap", "randmap", "list",
	}
}

// splitSpec cuts "type:name"; the prefix "proxy:" is dropped, since nothing
// here needs a proxy.
func splitSpec(spec string) (kind, name string, err error) {
	spec = strings.TrimLeft(spec, blanks)
	rest := spec
	for _, proxy := range []string{"proxy:", "proxywrite:"} {
		rest = strings.TrimPrefix(rest, proxy)
	}
	kind, name, ok := strings.Cut(rest, ":")
	switch {
	case !ok && strings.HasPrefix(rest, "/"):
		return "hash", rest, nil
	case !ok || kind == "" || name == "":
		return "", "", &Error{File: spec, Reason: "not a table: want type:name, such as hash:/etc/postfix/access"}
	}
	return kind, name, nil
}

// unknownType says what is wrong with a type that cannot be opened.
func unknownType(kind, spec string) error {
	if strings.Contains(servers, " "+kind+" ") {
		return &Error{File: spec, Reason: fmt.Sprintf("tables of the type %q are not supported: Postern reads tables from text; export it to a file", kind)}
	}
	return &Error{File: spec, Reason: fmt.Sprintf("unsupported dictionary type: %s; want one of %s", kind, strings.Join(Types(), ", "))}
}

// readBraced reads a pattern table written within braces: each item within
// braces of its own is one line.
func readBraced(kind, name string, o Options, note *notes) (content, error) {
	bad := func(err error) error {
		return &Error{File: kind + ":" + name, Reason: fmt.Sprintf("%s map: %v", kind, err)}
	}
	inner, err := unbrace(name)
	if err != nil {
		return nil, bad(err)
	}
	var text strings.Builder
	for _, item := range splitItems(inner) {
		rule, err := unbrace(item)
		if err != nil {
			return nil, bad(err)
		}
		text.WriteString(rule)
		text.WriteByte('\n')
	}
	return readers[kind].read(strings.NewReader(text.String()), o, note)
}

// openText opens a file that is to be read as a table or list.
func openText(path string, o Options) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, &Error{File: path, Reason: openReason(path, err), Err: err}
	case !info.Mode().IsRegular():
		return nil, &Error{File: path, Reason: "not a file"}
	case info.Size() > int64(o.MaxFileSize):
		return nil, &Error{File: path, Reason: fmt.Sprintf("file has %d bytes, more than the %s of max_file_size", info.Size(), o.MaxFileSize)}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{File: path, Reason: openReason(path, err), Err: err}
	}
	return f, nil
}

// openReason says why a file cannot be opened and what can be done.
func openReason(path string, err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	for _, suffix := range []string{".db", ".lmdb", ".cdb"} {
		if _, other := os.Stat(path + suffix); other == nil && errors.Is(err, os.ErrNotExist) {
			return fmt.Sprintf("%v: there is only %s; the text it was made of is needed", err, path+suffix)
		}
	}
	return err.Error()
}

// readFile reads a table of a kind from its file.
func readFile(kind, path string, o Options, note *notes) (content, error) {
	f, err := openText(path, o)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readers[kind].read(&limitedReader{r: f, left: int64(o.MaxFileSize), path: path}, o, note)
}

// limitedReader gives an error where a file grows beyond its limit while it is
// read.
type limitedReader struct {
	r    io.Reader
	left int64
	path string
}

func (l *limitedReader) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, &Error{File: l.path, Reason: "file is larger than max_file_size"}
	}
	return n, err
}

// fixed is a table that is written where it is used.
type fixed struct {
	name string
	content
}

// Lookup implements Table.
func (t *fixed) Lookup(ctx context.Context, key string) (string, bool, error) {
	if !utf8.ValidString(key) {
		return "", false, nil
	}
	return t.lookup(ctx, key)
}

// Partial implements Table.
func (t *fixed) Partial() bool { return t.partial() }

// Name implements Table.
func (t *fixed) Name() string { return t.name }
