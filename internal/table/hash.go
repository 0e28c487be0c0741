package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// keyTable is a table of keys and values (postmap(1)).
type keyTable struct{ store *keyStore }

func (t *keyTable) lookup(_ context.Context, key string) (string, bool, error) {
	v, ok := t.store.get(foldKey(key))
	return v, ok, nil
}

func (t *keyTable) partial() bool { return true }
func (t *keyTable) entries() int  { return t.store.count }

// readHash reads the source text of a table of keys and values: one "key
// blanks value" a line.
func readHash(r io.Reader, o Options, note *notes) (content, error) {
	lines := newLineReader(r, int(o.MaxLine), note)
	store := newKeyStore()
	for {
		text, line, err := lines.next()
		if errors.Is(err, io.EOF) {
			store.seal()
			return &keyTable{store}, nil
		}
		if err != nil {
			return nil, err
		}
		if err := addHashLine(store, text, line, o, note); err != nil {
			return nil, err
		}
	}
}

// addHashLine stores what one line says.
func addHashLine(store *keyStore, text []byte, line int, o Options, note *notes) error {
	if !utf8.Valid(text) {
		note.skip(string(text), line, 1, "non-UTF-8 input %q -- ignoring this line", text)
		return nil
	}
	key, value, ok := splitKey(text)
	if !ok {
		note.skip(string(text), line, 1, "unbalanced '\"' in '%s' -- ignoring this line", text)
		return nil
	}
	if len(key) == 0 || len(value) == 0 {
		note.skip(string(text), line, len(text)+1, "expected format: key whitespace value -- ignoring this line")
		return nil
	}
	if key[len(key)-1] == ':' {
		note.add(line, len(key), "record is in \"key: value\" format; is this an alias file?")
	}
	if store.count >= o.MaxKeys {
		return &Error{File: note.file, Line: line, Reason: fmt.Sprintf("table has more than the %d keys of max_keys", o.MaxKeys)}
	}
	key = foldBytes(key)
	added, err := store.add(key, value)
	if err != nil {
		return &Error{File: note.file, Line: line, Reason: err.Error(), Err: err}
	}
	if !added {
		note.add(line, 1, "duplicate entry: \"%s\"", key)
	}
	return nil
}

// splitKey cuts a line at the first blank outside double quotes that has no
// backslash before it; ok is false where a quote is not closed.
func splitKey(text []byte) (key, value []byte, ok bool) {
	end := bytes.IndexAny(text, " \t\r\n\"\\")
	if end >= 0 && (text[end] == '"' || text[end] == '\\') {
		if end, ok = quotedEnd(text); !ok {
			return nil, nil, false
		}
	}
	if end < 0 {
		return text, nil, true
	}
	return text[:end], bytes.Trim(text[end:], blanks), true
}

// quotedEnd gives the end of a key that has double quotes or backslashes in it;
// a backslash takes the meaning of the character after it.
func quotedEnd(text []byte) (end int, ok bool) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && i+1 < len(text):
			i++
		case !quoted && isBlank(c):
			return i, true
		}
	}
	return len(text), !quoted
}
