package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"postern/internal/unit"
	"postern/internal/verdict"
)

// Composite is a symbol made of others: found when its expression holds.
type Composite struct {
	verdict.Symbol
	// Expression over symbols, see CompositeOptions.
	Expression string
	// Leave keeps the scores of the parts; otherwise a composite that is
	// found takes the place of what it is made of.
	Leave bool
}

// composite is a Composite made ready to be evaluated.
type composite struct {
	id    symbolID
	expr  *expression
	leave bool
	// parts of the expression by number: one symbol, or a group's symbols.
	parts map[*atom][]symbolID
}

// merge adds the administrator's composites to the built-in ones; one of the
// same name takes the built-in one's place.
func merge(builtin []Composite, options map[string]CompositeOptions) ([]Composite, error) {
	all := slices.Clone(builtin)
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(options)) {
		o := options[name]
		c := Composite{Expression: o.Expression}
		c.Symbol = verdict.Symbol{Name: name, Group: o.Group, Score: o.Score, Description: o.Description}
		if c.Group == "" {
			c.Group = "composite"
		}
		switch o.Policy {
		case "", "remove", "remove_all", "remove_weight":
		case "leave", "remove_symbol":
			c.Leave = true
		default:
			errs = append(errs, unit.BadKey("composites."+name+".policy", "must be \"remove\" or \"leave\", not %q", o.Policy))
		}
		all = slices.DeleteFunc(all, func(b Composite) bool { return b.Name == name })
		all = append(all, c)
	}
	return all, errors.Join(errs...)
}

// compile parses the composites and puts them into an order in which each
// comes after those it is made of.
func (r *registry) compile(all []Composite) ([]composite, error) {
	compiled := make([]composite, 0, len(all))
	var errs []error
	for _, c := range all {
		one, err := r.compileOne(c)
		if err != nil {
			errs = append(errs, unit.BadKey("composites."+c.Name+".expression", "%v", err))
			continue
		}
		compiled = append(compiled, one)
	}
	sorted, err := order(r, compiled)
	return sorted, errors.Join(append(errs, err)...)
}

// compileOne parses one composite's expression and finds its parts.
func (r *registry) compileOne(c Composite) (composite, error) {
	one := composite{id: r.ids[c.Name], leave: c.Leave, parts: map[*atom][]symbolID{}}
	var err error
	if one.expr, err = parseExpression(c.Expression); err != nil {
		return one, err
	}
	for _, a := range one.expr.atoms {
		if one.parts[a], err = r.resolve(a); err != nil {
			return one, err
		}
	}
	return one, nil
}

// resolve finds the symbols that an operand stands for.
func (r *registry) resolve(a *atom) ([]symbolID, error) {
	if !a.group {
		id, ok := r.ids[a.name]
		if !ok {
			return nil, fmt.Errorf("column %d: there is no symbol %q", a.at, a.name)
		}
		return []symbolID{id}, nil
	}
	place := slices.IndexFunc(r.groups, func(g groupRule) bool { return g.name == a.name })
	if place < 0 {
		return nil, fmt.Errorf("column %d: there is no group %q", a.at, a.name)
	}
	var ids []symbolID
	for id, g := range r.group {
		if g == place {
			ids = append(ids, symbolID(id))
		}
	}
	return ids, nil
}

// order sorts composites by dependency and refuses circles.
func order(r *registry, all []composite) ([]composite, error) {
	waiting := map[symbolID]bool{}
	for _, c := range all {
		waiting[c.id] = true
	}
	var sorted []composite
	for len(all) > 0 {
		var later []composite
		for _, c := range all {
			if c.dependsOn(waiting) {
				later = append(later, c)
				continue
			}
			sorted = append(sorted, c)
			delete(waiting, c.id)
		}
		if len(later) == len(all) {
			name := r.symbols[all[0].id].Name
			return nil, unit.BadKey("composites."+name+".expression", "is made of itself, directly or by others")
		}
		all = later
	}
	return sorted, nil
}

// dependsOn tells whether a part is a symbol in the set. A group's own
// composites do not count: they are found by what came before.
func (c *composite) dependsOn(set map[symbolID]bool) bool {
	for a, ids := range c.parts {
		if !a.group && set[ids[0]] {
			return true
		}
	}
	return false
}
