package rspamd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// object is a JSON object that keeps the order of its members, so that what
// matters most stands first. Of two members with one name the first counts.
type object[T any] []member[T]

// member is one name and its value.
type member[T any] struct {
	name  string
	value T
}

// with appends a member unless there is one of that name.
func (o object[T]) with(name string, value T) object[T] {
	for i := range o {
		if o[i].name == name {
			return o
		}
	}
	return append(o, member[T]{name, value})
}

// MarshalJSON writes the members in order.
func (o object[T]) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	enc := newEncoder(&buf)
	buf.WriteByte('{')
	for i := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := enc.Encode(o[i].name); err != nil {
			return nil, fmt.Errorf("encoding name %q: %w", o[i].name, err)
		}
		buf.WriteByte(':')
		if err := enc.Encode(o[i].value); err != nil {
			return nil, fmt.Errorf("encoding %s: %w", o[i].name, err)
		}
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// newEncoder makes an encoder that leaves < > & readable, as rspamd does;
// answers are never put into a web page as they are.
func newEncoder(buf *bytes.Buffer) *json.Encoder {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return enc
}

// oneLine joins the lines of a text.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == '\r' || c == '\n' }), " ")
}
