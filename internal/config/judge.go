package config

import (
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	if len(j.known.Symbols)+len(j.known.Groups) > 0 {
		j.names(c)
	}
	if j.known.Try != nil {
		j.report(j.known.Try(*c), "")
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
		j.report(o.Validate(), path+".")
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

// plainKey matches the text of a fault that begins with the key it is about.
var plainKey = regexp.MustCompile(`^[a-z][a-z0-9_]*(?:[.\[][a-z0-9_\]]+)*: `)

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
		text := err.Error()
		if errors.As(err, &key) {
			j.once(path+key.Key, key.Reason)
		} else if m := plainKey.FindString(text); m != "" {
			j.once(path+strings.TrimSuffix(m, ": "), text[len(m):])
		} else {
			j.once(strings.TrimSuffix(path, "."), text)
		}
	}
}

// once notes a fault of a key unless something was said of its place before:
// a value that could not be read need not be judged too.
func (j *judge) once(path, reason string) {
	at := j.root.find(path)
	if at.placed() && slices.ContainsFunc(j.all, func(f fault) bool { return f.at == at }) {
		return
	}
	if path != "" {
		path += ": "
	}
	j.add(at, "%s%s", path, reason)
}

// names looks up the symbols and groups that the file refers to.
func (j *judge) names(c *Config) {
	symbols, groups := slices.Collect(maps.Keys(c.Composites)), []string{}
	for _, s := range j.known.Symbols {
		symbols = append(symbols, s.Name)
		groups = append(groups, s.Group)
	}
	for _, list := range c.DNSLists {
		for _, code := range list.Codes {
			symbols = append(symbols, code.Symbol)
		}
	}
	for _, g := range j.known.Groups {
		groups = append(groups, g.Name)
	}
	for _, composite := range c.Composites {
		groups = append(groups, composite.Group)
	}
	slices.Sort(symbols)
	slices.Sort(groups)
	groups = slices.DeleteFunc(groups, func(g string) bool { return g == "" })
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
