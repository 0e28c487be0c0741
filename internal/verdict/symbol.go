package verdict

// Symbol is a name for one thing a check can find, with what it weighs unless
// the administrator says otherwise. Symbols that mean what an rspamd symbol
// means bear its name and its default score.
type Symbol struct {
	// Name is upper case, such as "MISSING_DATE".
	Name string
	// Group is the name of the group whose cap the symbol counts towards.
	Group string
	// Score is added to the message's score when the symbol is found:
	// positive speaks for spam, negative for ham, 0 only informs.
	Score float64
	// Description says in one line what was found, for reports and docs.
	Description string
}

// Group bundles symbols that look at the same thing and are likely to be
// found together, so that they cannot add up without bound.
type Group struct {
	// Name of the group, lower case.
	Name string
	// MaxScore caps the positive sum of the group's symbols; 0 means no cap.
	MaxScore float64
	// Description says in one line what the group looks at.
	Description string
}

// Finding is one symbol found in one message, with the evidence for it. A
// finding is not an error: "listed", "fail" and "forged" are findings. That
// something could not be found out is a finding with Failed set and score 0.
type Finding struct {
	// Symbol is the name of the symbol found.
	Symbol string `json:"symbol"`
	// Group the symbol belongs to.
	Group string `json:"group,omitempty"`
	// Description of the symbol.
	Description string `json:"description,omitempty"`
	// Evidence is what a postmaster needs in order to act, such as the
	// header value, the part or the address that made the symbol fire.
	Evidence []string `json:"evidence,omitempty"`
	// Weight multiplies the symbol's score: 1 unless the check is unsure.
	Weight float64 `json:"weight"`
	// Score is what the finding adds to the message's score after weighing,
	// composites and group caps.
	Score float64 `json:"score"`
	// FullScore is the symbol's score times Weight before composites, caps
	// and observe mode took anything away.
	FullScore float64 `json:"full_score"`
	// Observed says that the symbol or its group is in observe mode: found
	// and reported, but without weight.
	Observed bool `json:"observed,omitempty"`
	// Failed gives the reason why a check could not find out.
	Failed string `json:"failed,omitempty"`
}
