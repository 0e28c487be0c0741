package history

import "postern/internal/verdict"

// Without tells what the score and the action of the whole message would have
// been if the symbol had not been found. See Verdict.Without.
func (e *Entry) Without(symbol string) (float64, verdict.Action) {
	v := e.Verdict()
	return v.Without(symbol)
}

// Without tells what the score and the action would have been if the symbol
// had not been found: its score is taken off, what a group's cap had taken
// from other symbols of the group comes back, and an action that the symbol
// forced gives way to the one the score leads to. Actions that another symbol
// forced, or that have another reason than the score, stay.
//
// What other findings would have been without the symbol (composites made of
// it, a second symbol that would then have forced an action) is not known
// afterwards and not taken into account.
func (v *Verdict) Without(symbol string) (score float64, action verdict.Action) {
	score = v.Score - v.contribution(symbol)
	limits := verdict.Thresholds(v.Thresholds)
	led, action := limits.Action(v.Score), limits.Action(score)
	switch {
	case v.Forced != "" && v.Forced != symbol:
		// A forced action is the least that happens, "no action" the most.
		if v.Action != verdict.NoAction && action > v.Action {
			return score, action
		}
		return score, v.Action
	case v.Forced != "" || led == v.Action:
		return score, action
	case led != v.Observed || action == led:
		// The action has another reason than the score, or the one that the
		// score leads to is in observe mode.
		return score, v.Action
	}
	return score, action
}

// contribution is how much lower the score would be without the symbol.
func (v *Verdict) contribution(symbol string) float64 {
	sum := 0.0
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Symbol == symbol {
			sum += f.Score - v.returned(f)
		}
	}
	return sum
}

// returned is what the cap of the finding's group took from the group's other
// symbols and would give back without the finding.
func (v *Verdict) returned(gone *verdict.Finding) float64 {
	if gone.Group == "" || gone.Score <= 0 {
		return 0
	}
	taken := 0.0
	for i := range v.Findings {
		f := &v.Findings[i]
		// A score of 0 was taken by a composite or observe mode, not by the cap.
		if f.Group == gone.Group && f.Symbol != gone.Symbol && f.Score > 0 && !f.Observed {
			taken += max(0, f.FullScore-f.Score)
		}
	}
	return min(taken, gone.Score)
}
