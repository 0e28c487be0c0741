package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postern/internal/check"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// symbolID is the place of a symbol in the engine's registry.
type symbolID int32

// symbolRule is a symbol with what the administrator made of it. There is one
// set of rules for each profile.
type symbolRule struct {
	score   float64
	observe bool
	forced  bool
	action  verdict.Action
	reply   verdict.Reply
}

// groupRule is a group with what the administrator made of it.
type groupRule struct {
	name    string
	cap     float64 // of the positive sum; 0 for none
	observe bool
}

// registry knows every symbol by name and by number.
type registry struct {
	ids     map[string]symbolID
	symbols []verdict.Symbol
	group   []int // of each symbol, its place in groups
	groups  []groupRule
}

// newRegistry collects the symbols of checks and composites. Composites that
// cannot be are left out and reported; checks that cannot be are our fault,
// and there is no registry.
func newRegistry(checks []check.Info, composites []Composite, groups []verdict.Group) (*registry, error) {
	r := &registry{ids: map[string]symbolID{}}
	places := map[string]int{}
	for _, g := range groups {
		places[g.Name] = len(r.groups)
		r.groups = append(r.groups, groupRule{name: g.Name, cap: g.MaxScore})
	}
	add := func(s verdict.Symbol, by string) error {
		if _, ok := r.ids[s.Name]; ok {
			return fmt.Errorf("symbol %s of %s exists already", s.Name, by)
		}
		place, ok := places[s.Group]
		if !ok {
			place = len(r.groups)
			places[s.Group] = place
			r.groups = append(r.groups, groupRule{name: s.Group})
		}
		r.ids[s.Name] = symbolID(len(r.symbols))
		r.symbols = append(r.symbols, s)
		r.group = append(r.group, place)
		return nil
	}
	for _, c := range checks {
		for _, s := range c.Symbols {
			if err := add(s, "check "+c.Name); err != nil {
				return nil, err
			}
		}
		if err := add(FailureSymbol(c.Name), "check "+c.Name); err != nil {
			return nil, err
		}
	}
	for _, s := range greySymbols() {
		if err := add(s, "the engine"); err != nil {
			return nil, err
		}
	}
	var errs []error
	for _, c := range composites {
		s := verdict.Symbol{Name: c.Name, Group: c.Group, Score: c.Score, Description: c.Description}
		if err := add(s, "composite"); err != nil {
			errs = append(errs, unit.BadKey("composites."+c.Name, "there is a symbol of that name already"))
		}
	}
	return r, errors.Join(errs...)
}

// FailureSymbol is what is reported when the check of that name could not
// find out.
func FailureSymbol(name string) verdict.Symbol {
	return verdict.Symbol{
		Name: failurePrefix + strings.ToUpper(name), Group: failureGroup,
		Description: "the check " + name + " could not find out",
	}
}

// failureGroup bundles the reports of checks that failed or were late.
const (
	failureGroup  = "failures"
	failurePrefix = "CHECK_FAILED_"
)

// applyGroups takes over the administrator's settings for groups.
func (r *registry) applyGroups(options map[string]GroupOptions) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(options)) {
		i := slices.IndexFunc(r.groups, func(g groupRule) bool { return g.name == name })
		if i < 0 {
			errs = append(errs, unit.BadKey("groups."+name, "there is no group %q", name))
			continue
		}
		if limit := options[name].MaxScore; limit != nil {
			if *limit < 0 {
				errs = append(errs, unit.BadKey("groups."+name+".max_score", "must not be negative"))
			}
			r.groups[i].cap = *limit
		}
		r.groups[i].observe = options[name].Observe
	}
	return errors.Join(errs...)
}

// defaults gives the symbols' rules before any setting.
func (r *registry) defaults() []symbolRule {
	rules := make([]symbolRule, len(r.symbols))
	for i, s := range r.symbols {
		rules[i].score = s.Score
		rules[i].observe = r.groups[r.group[i]].observe
	}
	return rules
}

// apply changes rules as the settings under the key path say.
func (r *registry) apply(rules []symbolRule, path string, options map[string]SymbolOptions) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(options)) {
		id, ok := r.ids[name]
		if !ok {
			errs = append(errs, unit.BadKey(path+name, "there is no symbol %q", name))
			continue
		}
		errs = append(errs, rules[id].apply(path+name, options[name]))
	}
	return errors.Join(errs...)
}

// apply changes one rule.
func (s *symbolRule) apply(path string, o SymbolOptions) error {
	if o.Score != nil {
		s.score = *o.Score
	}
	if o.Observe != nil {
		s.observe = *o.Observe
	}
	var errs []error
	if o.Action != "" {
		a, err := verdict.ParseAction(o.Action)
		if err != nil {
			errs = append(errs, unit.BadKey(path+".action", "%v", err))
		}
		s.forced, s.action = true, a
	}
	if o.Reply != "" {
		reply, err := verdict.ParseReply(o.Reply)
		if err != nil {
			errs = append(errs, unit.BadKey(path+".reply", "%v", err))
		}
		s.reply = reply
	}
	return errors.Join(errs...)
}
