package config

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"postern/internal/unit"
)

// judge finds what is well-formed and wrong all the same: it asks every room
// about its options and looks up the names that are referred to.
type judge struct {
	*faults
	root  *value
	known Known
}

// validator is what a room's options are when they can judge themselves.
type validator interface{ Validate() error }

// config judges the whole configuration.
func (j *judge) config(c *Config) {
	j.walk(reflect.ValueOf(c).Elem(), "")
	if len(j.known.Symbols) > 0 {
		j.names(c)
	}
}

// walk asks every value that can judge itself, from the sections inwards.
func (j *judge) walk(v reflect.Value, path string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if o, ok := v.Interface().(validator); ok && path != "" {
		j.report(o.Validate(), path)
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range keyedFields(v.Type()) {
			j.walk(v.Field(f.index), joinPath(path, f.key))
		}
	case reflect.Map:
		for _, name := range slices.Sorted(maps.Keys(stringKeys(v))) {
			j.walk(v.MapIndex(reflect.ValueOf(name)), joinPath(path, name))
		}
	case reflect.Slice:
		for i := range v.Len() {
			j.walk(v.Index(i), indexPath(path, i))
		}
	}
}

// stringKeys gives the names in a map of sections.
func stringKeys(m reflect.Value) map[string]bool {
	names := map[string]bool{}
	for _, k := range m.MapKeys() {
		names[k.String()] = true
	}
	return names
}

// report notes what a room said of its options, at the keys it named.
func (j *judge) report(err error, path string) {
	var key *unit.KeyError
	switch joined := err.(type) {
	case nil:
	case interface{ Unwrap() []error }:
		for _, e := range joined.Unwrap() {
			j.report(e, path)
		}
	default:
		if !errors.As(err, &key) {
			j.add(j.root.find(path), "[%s]: %s", path, err)
			return
		}
		full := path + "." + key.Key
		j.add(j.root.find(full), "%s %s", full, key.Reason)
	}
}

// names looks up the symbols and groups that the file refers to.
func (j *judge) names(c *Config) {
	symbols, groups := slices.Collect(maps.Keys(c.Composites)), []string{}
	for _, s := range j.known.Symbols {
		symbols = append(symbols, s.Name)
		groups = append(groups, s.Group)
	}
	for _, g := range j.known.Groups {
		groups = append(groups, g.Name)
	}
	for _, composite := range c.Composites {
		groups = append(groups, composite.Group)
	}
	slices.Sort(symbols)
	slices.Sort(groups)
	j.lookUp("symbol", "symbols", slices.Collect(maps.Keys(c.Symbols)), symbols)
	j.lookUp("group", "groups", slices.Collect(maps.Keys(c.Groups)), groups)
	for i, p := range c.Profiles {
		in := joinPath(indexPath("profiles", i), "symbols")
		j.lookUp("symbol", in, slices.Collect(maps.Keys(p.Symbols)), symbols)
	}
}

// lookUp notes the names of a section that nobody knows.
func (j *judge) lookUp(what, path string, names, known []string) {
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		hint := ""
		if best := nearest(name, known); best != "" {
			hint = "; did you mean " + strconv.Quote(best) + "?"
		}
		j.add(j.root.find(joinPath(path, name)), "unknown %s %q%s", what, name, hint)
	}
}
