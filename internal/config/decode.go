package config

import (
	"encoding"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"postern/internal/engine"
	"postern/internal/verdict"
)

// decoder puts the tree of a file into options. What cannot be put there is
// a fault, and the option keeps the value it had.
type decoder struct {
	*faults
	// sections holds for each key of the whole configuration the sections
	// that know it, for keys that landed in the wrong one.
	sections map[string][]string
}

// decode puts v, found under path, into dst.
func (d *decoder) decode(dst reflect.Value, v *value, path string) {
	t := dst.Type()
	switch {
	case t.Kind() == reflect.Pointer:
		elem := reflect.New(t.Elem())
		if !dst.IsNil() {
			elem.Elem().Set(dst.Elem())
		}
		before := len(d.all)
		if d.decode(elem.Elem(), v, path); len(d.all) == before {
			dst.Set(elem)
		}
	case takesText(t):
		d.text(dst, v, path)
	case t.Kind() == reflect.Struct:
		d.structure(dst, v, path)
	case t.Kind() == reflect.Map:
		d.mapping(dst, v, path)
	case t.Kind() == reflect.Slice:
		d.list(dst, v, path)
	default:
		d.scalar(dst, v, path)
	}
}

// wrong notes that v is not what the option takes.
func (d *decoder) wrong(dst reflect.Value, v *value, path string) {
	d.add(v.at, "%s must be %s, not %s", path, typeWords(dst.Type()), valueWords(v))
}

// text lets an option that knows its own notation read it.
func (d *decoder) text(dst reflect.Value, v *value, path string) {
	if v.kind != kindScalar || v.scalar != unstable.String && v.scalar != unstable.Integer {
		d.wrong(dst, v, path)
		return
	}
	fresh := reflect.New(dst.Type())
	if err := fresh.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(v.text)); err != nil {
		d.add(v.at, "%s: %s", path, err)
		return
	}
	dst.Set(fresh.Elem())
}

// structure fills a section with a known set of keys.
func (d *decoder) structure(dst reflect.Value, v *value, path string) {
	if v.kind != kindTable {
		d.wrong(dst, v, path)
		return
	}
	fields := keyedFields(dst.Type())
	for _, e := range v.entries {
		i := slices.IndexFunc(fields, func(f keyedField) bool { return f.key == e.name })
		if i < 0 {
			d.unknown(e, fields, path)
			continue
		}
		field := dst.Field(fields[i].index)
		if canBeOff(dst.Type(), field.Type()) && e.value.scalar == unstable.Bool {
			d.off(field, e.value, joinPath(path, e.name))
			continue
		}
		d.decode(field, e.value, joinPath(path, e.name))
	}
}

// off switches a threshold off for "false"; "true" makes no sense.
func (d *decoder) off(dst reflect.Value, v *value, path string) {
	if v.text != "false" {
		d.add(v.at, "%s must be a number, or false for never", path)
		return
	}
	dst.Set(reflect.ValueOf(new(verdict.Unset)))
}

// canBeOff tells whether a field is the threshold of an action, for which
// false means that no score leads to it. Leaving the key out keeps the
// default's threshold, and a profile the general one's.
func canBeOff(section, field reflect.Type) bool {
	return section == reflect.TypeFor[engine.ActionOptions]() && field == reflect.TypeFor[*float64]()
}

// mapping fills sections whose names the administrator chooses.
func (d *decoder) mapping(dst reflect.Value, v *value, path string) {
	if v.kind != kindTable {
		d.wrong(dst, v, path)
		return
	}
	m := reflect.MakeMap(dst.Type())
	for it := dst.MapRange(); it.Next(); {
		m.SetMapIndex(it.Key(), it.Value())
	}
	for _, e := range v.entries {
		elem := reflect.New(dst.Type().Elem()).Elem()
		if old := m.MapIndex(reflect.ValueOf(e.name)); old.IsValid() {
			elem.Set(old)
		}
		d.decode(elem, e.value, joinPath(path, e.name))
		m.SetMapIndex(reflect.ValueOf(e.name), elem)
	}
	dst.Set(m)
}

// list fills a list, which replaces the default one.
func (d *decoder) list(dst reflect.Value, v *value, path string) {
	tables := dst.Type().Elem().Kind() == reflect.Struct && !takesText(dst.Type().Elem())
	if v.kind != kindList && (!tables || v.kind != kindTables) {
		d.wrong(dst, v, path)
		return
	}
	list := reflect.MakeSlice(dst.Type(), len(v.items), len(v.items))
	for i, item := range v.items {
		d.decode(list.Index(i), item, indexPath(path, i))
	}
	dst.Set(list)
}

// scalar fills text, numbers and booleans.
func (d *decoder) scalar(dst reflect.Value, v *value, path string) {
	if v.kind != kindScalar {
		d.wrong(dst, v, path)
		return
	}
	switch dst.Kind() {
	case reflect.String:
		if v.scalar == unstable.String {
			dst.SetString(v.text)
			return
		}
	case reflect.Bool:
		if v.scalar == unstable.Bool {
			dst.SetBool(v.text == "true")
			return
		}
	case reflect.Float32, reflect.Float64:
		if v.scalar == unstable.Integer || v.scalar == unstable.Float {
			d.float(dst, v, path)
			return
		}
	default:
		if v.scalar == unstable.Integer {
			d.integer(dst, v, path)
			return
		}
	}
	d.wrong(dst, v, path)
}

// float reads a number; what is no finite number is refused, since every
// comparison with it would surprise.
func (d *decoder) float(dst reflect.Value, v *value, path string) {
	n, err := strconv.ParseFloat(strings.ReplaceAll(v.text, "_", ""), 64)
	if v.scalar == unstable.Integer {
		var whole int64
		whole, err = strconv.ParseInt(v.text, 0, 64)
		n = float64(whole)
	}
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		d.add(v.at, "%s must be a finite number, not %s", path, v.text)
		return
	}
	dst.SetFloat(n)
}

// integer reads a whole number within the range of the option.
func (d *decoder) integer(dst reflect.Value, v *value, path string) {
	n, err := strconv.ParseInt(strings.TrimPrefix(v.text, "+"), 0, 64)
	unsigned := dst.CanUint()
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && unsigned && (n < 0 || dst.OverflowUint(uint64(n))),
		err == nil && !unsigned && dst.OverflowInt(n):
		d.add(v.at, "%s: %s is out of range", path, v.text)
	case err != nil:
		d.wrong(dst, v, path)
	case unsigned:
		dst.SetUint(uint64(n))
	default:
		dst.SetInt(n)
	}
}

// unknown notes a key that the section does not know, with the one that was
// probably meant.
func (d *decoder) unknown(e *entry, fields []keyedField, path string) {
	what, in := "key "+strconv.Quote(e.name), " in ["+path+"]"
	if path == "" {
		what, in = "key "+strconv.Quote(e.name), ""
		if e.value.kind == kindTable || e.value.kind == kindTables {
			what = "section [" + e.name + "]"
		}
	}
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	d.add(e.at, "unknown %s%s%s", what, in, d.hint(e.name, keys, path))
}

// hint proposes the key that was probably meant.
func (d *decoder) hint(name string, keys []string, path string) string {
	if best := nearest(name, keys); best != "" {
		if path == "" {
			return "; did you mean [" + best + "]?"
		}
		return "; did you mean " + strconv.Quote(best) + "?"
	}
	if in := d.sections[name]; len(in) > 0 {
		return "; it belongs to [" + strings.Join(in, "] or [") + "]"
	}
	if best := nearest(name, slices.Sorted(maps.Keys(d.sections))); best != "" {
		return "; did you mean " + strconv.Quote(best) + " in [" + strings.Join(d.sections[best], "] or [") + "]?"
	}
	if len(keys) <= 12 {
		return "; there are " + strings.Join(keys, ", ")
	}
	return ""
}

// keyedField is a field of an options struct and its key in the file.
type keyedField struct {
	key   string
	index int
}

// keyedFields lists the fields that have a key.
func keyedFields(t reflect.Type) []keyedField {
	var fields []keyedField
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); key != "" && key != "-" {
			fields = append(fields, keyedField{key, i})
		}
	}
	return fields
}
