package engine

import (
	"cmp"
	"math"
	"slices"

	"postern/internal/check"
	"postern/internal/verdict"
)

// found is what a check reported, with the symbol by number.
type found struct {
	id       symbolID
	weight   float64
	evidence []string
	failed   string
	// trusted tells that the check also runs for clients that are not scored.
	trusted bool
	// decision is what the check decided by itself; nil for nothing.
	decision *check.Decision
}

// scale weighs what was found in one message by one profile's rules. It is
// made anew for each message and profile.
type scale struct {
	registry   *registry
	composites []composite
	profile    *profile
	// everything ignores observe mode: what would be without it.
	everything bool

	found  []found
	scores []float64 // beside found
	full   []float64
}

// weigh gives the sum of the scores, after composites and group caps.
func (s *scale) weigh(all []found) float64 {
	s.found = append(s.found[:0], all...)
	s.scores, s.full = s.scores[:0], s.full[:0]
	for i := range s.found {
		s.score(i)
	}
	for i := range s.composites {
		s.compose(&s.composites[i])
	}
	s.capGroups()
	sum := 0.0
	for _, v := range s.scores {
		sum += v
	}
	// Sums of decimal fractions such as 0.1 are not exact in binary; a score
	// that is a threshold in decimal must reach it.
	return math.Round(sum*1e6) / 1e6
}

// score appends the plain score of the i-th finding.
func (s *scale) score(i int) {
	rule := &s.profile.rules[s.found[i].id]
	full := rule.score * s.found[i].weight
	s.full = append(s.full, full)
	if s.observed(s.found[i].id) {
		full = 0
	}
	s.scores = append(s.scores, full)
}

// observed tells whether a symbol is reported without weight.
func (s *scale) observed(id symbolID) bool {
	return !s.everything && s.profile.rules[id].observe
}

// index finds a symbol among the findings that count.
func (s *scale) index(id symbolID) int {
	for i := range s.found {
		if s.found[i].id == id && !s.observed(id) && s.found[i].failed == "" {
			return i
		}
	}
	return -1
}

// compose finds a composite when its expression holds, and takes the weight
// of its parts unless it leaves them.
func (s *scale) compose(c *composite) {
	if c.expr.root.value(func(a *atom) float64 { return truth(s.any(c, a)) }) == 0 {
		return
	}
	for _, a := range c.expr.atoms {
		if a.keep == '-' || a.keep == '~' || c.leave && a.keep != '^' {
			continue
		}
		s.take(c, a)
	}
	s.found = append(s.found, found{id: c.id, weight: 1})
	s.score(len(s.found) - 1)
}

// any tells whether one of the operand's symbols was found.
func (s *scale) any(c *composite, a *atom) bool {
	for _, id := range c.parts[a] {
		if i := s.index(id); i >= 0 && a.wants(s.full[i]) {
			return true
		}
	}
	return false
}

// take sets the scores of the operand's symbols to zero. A composite that is
// in observe mode itself takes nothing.
func (s *scale) take(c *composite, a *atom) {
	if s.observed(c.id) {
		return
	}
	for _, id := range c.parts[a] {
		if i := s.index(id); i >= 0 && a.wants(s.full[i]) {
			s.scores[i] = 0
		}
	}
}

// wants tells whether a group's operand counts a symbol with that score.
func (a *atom) wants(score float64) bool {
	return !a.group || a.sign == 0 || a.sign > 0 && score > 0 || a.sign < 0 && score < 0
}

// capGroups scales the positive scores of a group down to its cap.
func (s *scale) capGroups() {
	for g := range s.registry.groups {
		limit := s.registry.groups[g].cap
		if limit == 0 {
			continue
		}
		sum := 0.0
		for i := range s.found {
			if s.registry.group[s.found[i].id] == g && s.scores[i] > 0 {
				sum += s.scores[i]
			}
		}
		if sum <= limit {
			continue
		}
		for i := range s.found {
			if s.registry.group[s.found[i].id] == g && s.scores[i] > 0 {
				s.scores[i] *= limit / sum
			}
		}
	}
}

// decide gives the action for a score: what a symbol forces or its check has
// decided, else what the thresholds say. A forced action is the least that
// happens, except that "no action" overrules any score. by is the place among
// the findings of the one that decided, -1 where the score did.
func (s *scale) decide(score float64) (action verdict.Action, by int) {
	limits := s.profile.thresholds
	if !s.everything {
		for a, observed := range s.profile.observed {
			if observed {
				limits[a] = verdict.Unset
			}
		}
	}
	action, by = limits.Action(score), -1
	pardon := -1
	for i := range s.found {
		forces, ok := s.forces(i)
		switch {
		case !ok:
		case forces == verdict.NoAction:
			pardon = i
		case forces > action || forces == action && by < 0:
			action, by = forces, i
		}
	}
	if pardon >= 0 && by < 0 {
		return verdict.NoAction, pardon
	}
	return action, by
}

// forces gives the action that the i-th finding forces, if it does.
func (s *scale) forces(i int) (verdict.Action, bool) {
	f := &s.found[i]
	rule := &s.profile.rules[f.id]
	if s.observed(f.id) || f.failed != "" || !rule.forced && f.decision == nil {
		return 0, false
	}
	action := rule.action
	if !rule.forced {
		action = f.decision.Action
	}
	return action, s.everything || !s.profile.observed[action]
}

// refuses tells whether an action that the finding at the place by led to
// keeps the recipient from being accepted.
func (s *scale) refuses(action verdict.Action, by int) bool {
	return by >= 0 && (action >= verdict.SoftReject || action == verdict.Greylist && s.found[by].decision != nil)
}

// findings gives what was found as a verdict shows it, the heaviest first.
func (s *scale) findings() []verdict.Finding {
	list := make([]verdict.Finding, len(s.found))
	for i, f := range s.found {
		sym := &s.registry.symbols[f.id]
		list[i] = verdict.Finding{
			Symbol: sym.Name, Group: sym.Group, Description: sym.Description,
			Evidence: f.evidence, Weight: f.weight, Score: s.scores[i], FullScore: s.full[i],
			Observed: s.profile.rules[f.id].observe, Failed: f.failed,
		}
	}
	slices.SortStableFunc(list, func(a, b verdict.Finding) int {
		return cmp.Or(
			cmp.Compare(math.Abs(b.Score), math.Abs(a.Score)),
			cmp.Compare(math.Abs(b.FullScore), math.Abs(a.FullScore)),
			cmp.Compare(a.Symbol, b.Symbol))
	})
	return list
}

// number translates a report into numbers; symbols that were not declared are
// given to undeclared.
func (r *registry) number(reported []check.Found, undeclared func(name string)) []found {
	if len(reported) == 0 {
		return nil
	}
	list := make([]found, 0, len(reported))
	for _, f := range reported {
		id, ok := r.ids[f.Symbol]
		if !ok {
			undeclared(f.Symbol)
			continue
		}
		list = append(list, found{id: id, weight: f.Weight, evidence: f.Evidence, decision: f.Decision})
	}
	return list
}
