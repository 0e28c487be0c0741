package config

import (
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A file is first read into a tree which knows the place of everything, so
// that every fault can be shown where it is.

// kind is what stands at a place of the file.
type kind uint8

const (
	kindScalar kind = iota // text, number, true, false, date
	kindList               // [1, 2]
	kindTable              // a section, an inline table or the parent of a dotted key
	kindTables             // sections in double brackets
)

// value is what a key stands for.
type value struct {
	kind kind
	// scalar is the TOML type of a scalar and text its content: unquoted for
	// strings, as written for others.
	scalar unstable.Kind
	text   string
	// items of a list or of sections in double brackets.
	items []*value
	// entries of a table in the order of the file.
	entries []*entry
	// header tells that a table has a header of its own, closed that nothing
	// may be added to it from elsewhere.
	header, closed bool
	// at is the place of the value; for sections that of their name.
	at span
}

// entry is one key of a table.
type entry struct {
	name string
	// at is the place of the key.
	at    span
	value *value
}

// get finds the entry of a table by its key.
func (v *value) get(name string) *entry {
	for _, e := range v.entries {
		if e.name == name {
			return e
		}
	}
	return nil
}

// find gives the place of a path such as "engine.networks[1]", or that of
// the nearest thing around it that is in the file.
func (v *value) find(path string) span {
	at := v.at
	for _, step := range splitPath(path) {
		if i, err := strconv.Atoi(step); err == nil && v.kind != kindTable {
			if i < 0 || i >= len(v.items) {
				return at
			}
			v = v.items[i]
			if v.at.placed() {
				at = v.at
			}
			continue
		}
		e := v.get(step)
		if e == nil {
			return at
		}
		v, at = e.value, e.at
		if v.kind != kindTable && v.at.placed() {
			at = v.at
		}
	}
	return at
}

// splitPath splits "a.b[1]" into "a", "b", "1"; names in quotes may hold dots.
func splitPath(path string) []string {
	var steps []string
	for path != "" {
		switch path[0] {
		case '.', ']':
			path = path[1:]
		case '[':
			n := strings.IndexByte(path+"]", ']')
			steps = append(steps, path[1:n])
			path = path[n:]
		case '"':
			quoted, err := strconv.QuotedPrefix(path)
			if err != nil {
				return append(steps, path)
			}
			name, _ := strconv.Unquote(quoted)
			steps = append(steps, name)
			path = path[len(quoted):]
		default:
			n := strings.IndexAny(path, ".[")
			if n < 0 {
				n = len(path)
			}
			steps = append(steps, path[:n])
			path = path[n:]
		}
	}
	return steps
}

// joinPath adds a key to a path, in quotes where TOML wants them.
func joinPath(path, key string) string {
	if key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// indexPath adds a place in a list to a path.
func indexPath(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
