package check

import (
	"strings"

	"postern/internal/verdict"
)

// MaxEvidence bounds the number of evidence texts kept with one symbol of one
// message, and MaxEvidenceLen the bytes of each.
const (
	MaxEvidence    = 8
	MaxEvidenceLen = 200
	// MaxChanges bounds what one check asks to be done to one message.
	MaxChanges = 32
	// MaxAuthenticated bounds the results of one check for
	// Authentication-Results.
	MaxAuthenticated = 16
)

// Found is one symbol reported by a check, not yet weighed.
type Found struct {
	Symbol   string
	Weight   float64
	Evidence []string
	// Decision is what the check decided; nil where the score is to.
	Decision *Decision
}

// Decision is what a check decides by itself, whatever the score: what a
// restriction, a greylist or a policy of the sender's domain says. Settings
// of the symbol that it is reported with go before: an observed symbol
// decides nothing, and an action or reply of the administrator's is taken
// instead.
type Decision struct {
	// Action is the least that happens.
	Action verdict.Action
	// Reply where the action refuses the message; without one the action's
	// usual reply is given.
	Reply verdict.Reply
	// Now asks for the refusal at the stage at which it is reported, before
	// a recipient is named.
	Now bool
}

// Report collects what a check finds. It is not safe for concurrent use; each
// check has its own.
type Report struct {
	found   []Found
	changes []verdict.Change
	proved  []string
}

// Decide reports a symbol together with what is to happen because of it. Of
// several decisions under one symbol the first counts.
func (r *Report) Decide(symbol string, d Decision, evidence ...string) {
	r.Add(symbol, evidence...)
	if f := r.find(symbol); f.Decision == nil {
		f.Decision = &d
	}
}

// Change asks for something to be done to the message if it is accepted.
func (r *Report) Change(c verdict.Change) {
	if len(r.changes) < MaxChanges {
		r.changes = append(r.changes, c)
	}
}

// Authenticated reports one result for the field Authentication-Results (RFC
// 8601), as it stands there, such as "spf=pass smtp.mailfrom=example.com".
func (r *Report) Authenticated(result string) {
	if len(r.proved) < MaxAuthenticated {
		r.proved = append(r.proved, result)
	}
}

// Proved gives the results for Authentication-Results, in the order of report.
func (r *Report) Proved() []string { return r.proved }

// Changes gives what is to be done to the message, in the order of report.
func (r *Report) Changes() []verdict.Change { return r.changes }

// Add reports a symbol with the evidence for it. Reporting a symbol again
// adds evidence and does not count twice.
func (r *Report) Add(symbol string, evidence ...string) { r.AddWeighted(symbol, 1, evidence...) }

// AddWeighted reports a symbol of which the check is more or less sure: its
// score is multiplied by weight. The highest weight reported counts.
func (r *Report) AddWeighted(symbol string, weight float64, evidence ...string) {
	f := r.find(symbol)
	if f == nil {
		r.found = append(r.found, Found{Symbol: symbol, Weight: weight})
		f = &r.found[len(r.found)-1]
	}
	f.Weight = max(f.Weight, weight)
	for _, e := range evidence {
		if e != "" && len(f.Evidence) < MaxEvidence {
			f.Evidence = append(f.Evidence, clip(e))
		}
	}
}

// Found gives what was reported, in the order of first report.
func (r *Report) Found() []Found { return r.found }

// Reset empties the report for use by another check.
func (r *Report) Reset() { r.found, r.changes, r.proved = r.found[:0], nil, nil }

func (r *Report) find(symbol string) *Found {
	for i := range r.found {
		if r.found[i].Symbol == symbol {
			return &r.found[i]
		}
	}
	return nil
}

// clip makes evidence fit for a log line: bounded, valid UTF-8, no control
// characters.
func clip(s string) string {
	long := len(s) > MaxEvidenceLen
	if long {
		s = s[:MaxEvidenceLen]
	}
	if !printable(s) {
		s = strings.Map(blankControl, strings.ToValidUTF8(s, "\uFFFD"))
	}
	if long {
		s += "…"
	}
	return s
}

// blankControl makes blanks of control characters.
func blankControl(c rune) rune {
	if c < ' ' || c == 0x7f {
		return ' '
	}
	return c
}

// printable tells whether a text is of printable ASCII only, as most is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
