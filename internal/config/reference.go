package config

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
)

// Key describes one key of the configuration.
type Key struct {
	// Name within its section.
	Name string
	// Type in words, such as "true or false".
	Type string
	// Default as it is written in the file; "" when the key is not set.
	Default string
	// Doc says what it is for, in one or several lines.
	Doc string
}

// Section describes one section of the configuration.
type Section struct {
	// Header as it is written in the file, such as "[engine]",
	// "[symbols.NAME]" or "[[profiles]]".
	Header string
	// Doc says what it is for.
	Doc string
	// Optional says that the section is there only where an administrator
	// makes one, because it needs a name or may be there many times.
	Optional bool
	// Keys in the order of declaration.
	Keys []Key
}

// Reference gives all sections and keys with their documentation and their
// defaults, in the order in which they are declared.
func Reference() []Section { return Describe(docs) }

// Describe is Reference with the documentation given: for each field of an
// options struct, by FieldID, its comment.
func Describe(docs map[string]string) []Section {
	w := &writer{docs: docs}
	defaults := Default()
	v := reflect.ValueOf(&defaults).Elem()
	top := Section{Doc: "Keys that stand before all sections."}
	for _, f := range keyedFields(v.Type()) {
		field := v.Type().Field(f.index)
		if !isSection(field.Type) {
			doc := docs[FieldID(v.Type(), field)]
			top.Keys = append(top.Keys, Key{Name: f.key, Type: typeWords(field.Type), Default: literal(v.Field(f.index)), Doc: keyDoc(doc, field.Name, f.key)})
			continue
		}
		w.section(v.Field(f.index), f.key, docs[FieldID(v.Type(), field)], false)
	}
	return append([]Section{top}, w.sections...)
}

// FieldID names a field of an options struct in the table of documentation.
func FieldID(t reflect.Type, f reflect.StructField) string {
	return t.PkgPath() + "." + t.Name() + "." + f.Name
}

// writer collects sections.
type writer struct {
	docs     map[string]string
	sections []Section
}

// section adds the section of a value and those within.
func (w *writer) section(v reflect.Value, path, doc string, optional bool) {
	header := "[" + path + "]"
	t := v.Type()
	if t.Kind() == reflect.Map && !isSection(t.Elem()) {
		// Keys whose names the administrator chooses.
		w.sections = append(w.sections, Section{Header: header, Doc: doc, Optional: true, Keys: []Key{{Name: "NAME", Type: typeWords(t.Elem()), Doc: doc}}})
		return
	}
	switch t.Kind() {
	case reflect.Map:
		path += ".NAME"
		header, optional, t = "["+path+"]", true, t.Elem()
		v = reflect.New(t).Elem()
	case reflect.Slice:
		header, optional, t = "[["+path+"]]", true, t.Elem()
		v = reflect.New(t).Elem()
	}
	at := len(w.sections)
	w.sections = append(w.sections, Section{Header: header, Doc: doc, Optional: optional})
	for _, f := range keyedFields(t) {
		field := t.Field(f.index)
		doc := w.docs[FieldID(t, field)]
		if isSection(field.Type) {
			w.section(v.Field(f.index), path+"."+f.key, keyDoc(doc, field.Name, f.key), optional)
			continue
		}
		w.sections[at].Keys = append(w.sections[at].Keys, Key{
			Name: f.key, Type: fieldWords(t, field.Type),
			Default: literal(v.Field(f.index)), Doc: keyDoc(doc, field.Name, f.key),
		})
	}
}

// fieldWords says what a field of a section takes.
func fieldWords(section, field reflect.Type) string {
	if canBeOff(section, field) {
		return "a number, or false for never"
	}
	return typeWords(field)
}

// isSection tells whether values of a type are written as sections.
func isSection(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Struct && !takesText(t.Elem())
	case reflect.Map:
		return true
	}
	return t.Kind() == reflect.Struct && !takesText(t)
}

// keyDoc puts the key where a comment begins with the name of a field that
// is spelt differently.
func keyDoc(doc, field, key string) string {
	if rest, ok := strings.CutPrefix(doc, field+" "); ok && !strings.EqualFold(field, key) {
		return key + " " + rest
	}
	if doc != "" && doc[0] >= 'a' && doc[0] <= 'z' {
		return strings.ToUpper(doc[:1]) + doc[1:]
	}
	return doc
}

// literal writes a value as it stands in the file; "" for one that is not
// set.
func literal(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok && v.Kind() != reflect.Pointer {
		text, err := m.MarshalText()
		if err != nil {
			return ""
		}
		return quote(string(text))
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return literal(v.Elem())
	case reflect.String:
		return quote(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Float32, reflect.Float64:
		s := strconv.FormatFloat(v.Float(), 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = literal(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	if v.CanUint() {
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatInt(v.Int(), 10)
}

// quote writes text as a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u00` + strconv.FormatInt(int64(r)+0x100, 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
