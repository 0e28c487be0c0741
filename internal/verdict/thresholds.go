package verdict

import "math"

// Unset is the threshold of an action that no score leads to.
var Unset = math.NaN()

// Thresholds holds for each action the score from which it applies. NaN means
// that no score leads to the action.
type Thresholds [ActionCount]float64

// NoThresholds gives thresholds of which none is set.
func NoThresholds() Thresholds {
	var t Thresholds
	for i := range t {
		t[i] = Unset
	}
	return t
}

// DefaultThresholds are rspamd's: greylist 4, add header 6, reject 15.
func DefaultThresholds() Thresholds {
	t := NoThresholds()
	t[Greylist], t[AddHeader], t[Reject] = 4, 6, 15
	return t
}

// Action gives the action that the score leads to: the hardest one whose
// threshold it reaches.
func (t Thresholds) Action(score float64) Action {
	for a := actionCount - 1; a > NoAction; a-- {
		if th := t[a]; !math.IsNaN(th) && score >= th {
			return Action(a)
		}
	}
	return NoAction
}

// Set tells whether some score leads to the action.
func (t Thresholds) Set(a Action) bool { return !math.IsNaN(t[a]) }

// Required is the score at which a message is rejected, or failing that the
// lowest score at which it is marked as spam; 0 where nothing is set. rspamd
// and SpamAssassin print it beside the score.
func (t Thresholds) Required() float64 {
	if t.Set(Reject) {
		return t[Reject]
	}
	if junk := t.Junk(); !math.IsNaN(junk) {
		return junk
	}
	return 0
}

// Junk is the lowest score that leads to an action for which Spam is true;
// NaN where there is none.
func (t Thresholds) Junk() float64 {
	junk := Unset
	for a := range actionCount {
		if Action(a).Spam() && t.Set(a) && (math.IsNaN(junk) || t[a] < junk) {
			junk = t[a]
		}
	}
	return junk
}
