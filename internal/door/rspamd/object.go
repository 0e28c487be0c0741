package rspamd

import (
	"slices"
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

// at gives the value of a member that is there.
func (o object[T]) at(name string) *T {
	i := slices.IndexFunc(o, func(m member[T]) bool { return m.name == name })
	return &o[i].value
}

// oneLine joins the lines of a text.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == '\r' || c == '\n' }), " ")
}
