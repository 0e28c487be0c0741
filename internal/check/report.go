package check

import "strings"

// MaxEvidence bounds the number of evidence texts kept with one symbol of one
// message, and MaxEvidenceLen the bytes of each.
const (
	MaxEvidence    = 8
	MaxEvidenceLen = 200
)

// Found is one symbol reported by a check, not yet weighed.
type Found struct {
	Symbol   string
	Weight   float64
	Evidence []string
}

// Report collects what a check finds. It is not safe for concurrent use; each
// check has its own.
type Report struct {
	found []Found
}

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
func (r *Report) Reset() { r.found = r.found[:0] }

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
