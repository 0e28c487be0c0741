package config

import (
	"encoding"
	"reflect"

	"github.com/pelletier/go-toml/v2/unstable"

	"postern/internal/unit"
	"postern/internal/verdict"
)

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[unit.Duration]()
	sizeType     = reflect.TypeFor[unit.Size]()
	actionType   = reflect.TypeFor[verdict.Action]()
)

// takesText tells whether a value of the type is written as text that the
// type reads by itself.
func takesText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(textType) }

// typeWords says what a value of a type is in the words of an administrator.
func typeWords(t reflect.Type) string {
	switch t {
	case durationType:
		return `a duration in quotes such as "5m"`
	case sizeType:
		return `a size in quotes such as "10MB"`
	case actionType:
		return `an action in quotes such as "reject"`
	}
	if takesText(t) {
		return "text in quotes"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeWords(t.Elem())
	case reflect.String:
		return "text in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return listWords(t.Elem())
	case reflect.Struct, reflect.Map:
		return "a section"
	}
	return "a whole number"
}

// listWords says what a list of a type is.
func listWords(elem reflect.Type) string {
	switch {
	case elem.Kind() == reflect.Struct && !takesText(elem):
		return "sections in double brackets"
	case elem == durationType:
		return `a list of durations such as ["5m", "1h"]`
	case elem.Kind() == reflect.String || takesText(elem):
		return `a list of texts such as ["a", "b"]`
	case elem.Kind() == reflect.Slice:
		return "a list of lists"
	}
	return "a list of numbers such as [1, 2]"
}

// valueWords says what stands in the file.
func valueWords(v *value) string {
	switch v.kind {
	case kindList:
		return "a list"
	case kindTable:
		return "a section"
	case kindTables:
		return "a section in double brackets"
	}
	switch v.scalar {
	case unstable.String:
		return "text"
	case unstable.Bool, unstable.Integer, unstable.Float:
		return v.text
	}
	return "a date or time"
}
