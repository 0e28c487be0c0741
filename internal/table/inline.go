package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// readInline reads "inline:{key=value, {key = value with blanks}}".
func readInline(name string, o Options) (content, error) {
	bad := func(reason string) error {
		return &Error{File: "inline:" + name, Reason: fmt.Sprintf("%s: \"inline:%s\"; need \"inline:{name=value...}\"", reason, name)}
	}
	n := bracedLen(name)
	if n != len(name) || n <= 2 {
		return nil, bad("bad syntax")
	}
	store := newKeyStore()
	for _, item := range splitItems(name[1 : n-1]) {
		if strings.HasPrefix(item, "{") {
			inner, err := unbrace(item)
			if err != nil {
				return nil, bad(err.Error())
			}
			item = inner
		}
		key, value, err := splitNameValue(item)
		if err != nil {
			return nil, bad(err.Error())
		}
		if len(item) > int(o.MaxLine) || store.count >= o.MaxKeys {
			return nil, bad("table is too large")
		}
		// Of a key that is there twice the first counts, as in files.
		if _, err := store.add([]byte(foldKey(key)), []byte(value)); err != nil {
			return nil, bad(err.Error())
		}
	}
	if store.count == 0 {
		return nil, bad("empty table")
	}
	store.seal()
	return &keyTable{store}, nil
}

// splitNameValue cuts "name = value".
func splitNameValue(s string) (name, value string, err error) {
	s = strings.TrimLeft(s, blanks)
	end := strings.IndexAny(s, blanks+"=")
	switch {
	case s == "" || end == 0:
		return "", "", errors.New("missing attribute name")
	case end < 0:
		return "", "", errors.New("missing '=' after attribute name")
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(s[end:], blanks), "=")
	if !ok {
		return "", "", errors.New("missing '=' after attribute name")
	}
	return s[:end], strings.Trim(rest, blanks), nil
}

// staticTable gives one value for every key.
type staticTable string

func (t staticTable) lookup(context.Context, string) (string, bool, error) {
	return string(t), true, nil
}
func (t staticTable) partial() bool { return true }
func (t staticTable) entries() int  { return 1 }

// readStatic reads "static:value" and "static:{value with blanks}".
func readStatic(name string) (content, error) {
	if !strings.HasPrefix(name, "{") {
		return staticTable(name), nil
	}
	value, err := unbrace(name)
	if err != nil {
		return nil, &Error{File: "static:" + name, Reason: "bad static:name syntax: " + err.Error()}
	}
	return staticTable(value), nil
}

// ErrFailTable is what asking a table of the type fail gives.
var ErrFailTable = errors.New("table of the type fail: it always fails")

// failTable fails every question, to see what comes of it.
type failTable struct{}

func (failTable) lookup(context.Context, string) (string, bool, error) {
	return "", false, ErrFailTable
}
func (failTable) partial() bool { return true }
func (failTable) entries() int  { return 0 }

// randomTable gives any of its values for every key.
type randomTable []string

func (t randomTable) lookup(context.Context, string) (string, bool, error) {
	return t[rand.IntN(len(t))], true, nil
}
func (t randomTable) partial() bool { return false }
func (t randomTable) entries() int  { return len(t) }

// readRandom reads "randmap:{value, value}".
func readRandom(name string) (content, error) {
	items, ok := bracedItems(name)
	if !ok || len(items) == 0 {
		return nil, &Error{File: "randmap:" + name, Reason: fmt.Sprintf("bad syntax: \"randmap:%s\"; need \"randmap:{value...}\"", name)}
	}
	return randomTable(items), nil
}
