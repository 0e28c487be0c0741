package history

import "unicode/utf8"

// The bounds of one entry: what goes beyond is left out, so that no message
// can fill memory or disk with its explanation.
const (
	// MaxRecipients is how many recipients of one message are kept.
	MaxRecipients = 200
	// MaxFindings is how many findings of one verdict are kept.
	MaxFindings = 300
	// MaxVerdicts is how many verdicts of one message are kept.
	MaxVerdicts = 50
	// MaxChecks is how many check times of one message are kept.
	MaxChecks = 300
	// MaxText is how many bytes of one text are kept.
	MaxText = 512
)

// clip cuts s to at most limit bytes, not within a character, and marks the
// cut with "…", which comes on top.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
