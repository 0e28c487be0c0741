package engine

import "postern/internal/unit"

// Options says how transactions are examined and scored.
type Options struct {
	// Networks whose clients are local: their mail is logged and not scored.
	// CIDR notation; a "!" before a network takes it out again.
	Networks []string `toml:"networks"`
	// ScoreLocal scores mail of local clients like any other.
	ScoreLocal bool `toml:"score_local"`
	// ScoreAuthenticated scores mail of logged-in clients like any other.
	ScoreAuthenticated bool `toml:"score_authenticated"`
	// Hostname is our name in headers and replies (the authserv-id of
	// RFC 8601). Empty means the host's own name.
	Hostname string `toml:"hostname"`
	// Deadline is how long the checks of one stage may take together. What
	// is late is reported as such, and the mail goes on without it.
	Deadline unit.Duration `toml:"deadline"`
	// Recipients with different profiles in one message: "defer" accepts the
	// first profile's recipients and asks the client to send again for the
	// others, "lenient" gives all of them the mildest verdict.
	Split string `toml:"split"`
}

// ActionOptions says at which score what happens, and what is replied.
type ActionOptions struct {
	// Greylist is the score from which the client is asked to come back.
	Greylist *float64 `toml:"greylist"`
	// AddHeader is the score from which mail is marked as probable spam.
	AddHeader *float64 `toml:"add_header"`
	// RewriteSubject is the score from which the subject is marked too.
	RewriteSubject *float64 `toml:"rewrite_subject"`
	// SoftReject is the score from which mail is refused for now.
	SoftReject *float64 `toml:"soft_reject"`
	// Quarantine is the score from which mail is held in the mail queue.
	Quarantine *float64 `toml:"quarantine"`
	// Reject is the score from which mail is refused for good.
	Reject *float64 `toml:"reject"`
	// Discard is the score from which mail is accepted and dropped.
	Discard *float64 `toml:"discard"`
	// Subject is the template of a marked subject; %s stands for the old one.
	Subject string `toml:"subject"`
	// RejectReply is the reply to rejected mail.
	RejectReply string `toml:"reject_reply"`
	// SoftRejectReply is the reply to mail refused for now.
	SoftRejectReply string `toml:"soft_reject_reply"`
	// Observe lists actions that are reported and not taken: such mail goes
	// on with the hardest action below that is not observed.
	Observe []string `toml:"observe"`
}

// SymbolOptions changes one symbol.
type SymbolOptions struct {
	// Score replaces the symbol's default score.
	Score *float64 `toml:"score"`
	// Observe reports the symbol without weight.
	Observe *bool `toml:"observe"`
	// Action is taken whenever the symbol is found, whatever the score.
	Action string `toml:"action"`
	// Reply is given with that action where it refuses the mail.
	Reply string `toml:"reply"`
}

// GroupOptions changes one group of symbols.
type GroupOptions struct {
	// MaxScore caps the sum of the group's positive scores; 0 means no cap.
	MaxScore *float64 `toml:"max_score"`
	// Observe reports the group's symbols without weight.
	Observe bool `toml:"observe"`
}

// CompositeOptions defines a symbol made of others.
type CompositeOptions struct {
	// Expression over symbols: & | ! ( ) and, or, not, and counts such as
	// "A + B + C >= 2"; g:NAME stands for any symbol of a group.
	Expression string `toml:"expression"`
	// Score of the composite.
	Score float64 `toml:"score"`
	// Group it belongs to.
	Group string `toml:"group"`
	// Description in one line.
	Description string `toml:"description"`
	// Policy for the parts' scores: "remove" takes their scores away,
	// "leave" keeps them.
	Policy string `toml:"policy"`
}

// ProfileOptions are settings of their own for some recipients.
type ProfileOptions struct {
	// Name of the profile, shown in verdicts.
	Name string `toml:"name"`
	// Recipients it is for: "user@example.org", "@example.org" or "*".
	Recipients []string `toml:"recipients"`
	// Actions replaces what it sets of the general [actions].
	Actions ActionOptions `toml:"actions"`
	// Symbols replaces what it sets of the general [symbols].
	Symbols map[string]SymbolOptions `toml:"symbols"`
}

// HeaderOptions says which headers are added to accepted mail.
type HeaderOptions struct {
	// Add lists the headers to add: X-Spam, X-Spam-Score, X-Spam-Status,
	// X-Spam-Level, X-Spamd-Result, X-Spamd-Bar, Authentication-Results,
	// X-Postern-Case.
	Add []string `toml:"add"`
	// Remove lists headers whose copies from outside are removed, besides
	// those of Add and Authentication-Results that bear our name.
	Remove []string `toml:"remove"`
	// Trusted adds the headers to mail of local and authenticated clients.
	Trusted bool `toml:"trusted"`
}

// Settings is all of the above, as the engine takes it.
type Settings struct {
	Engine     Options
	Actions    ActionOptions
	Symbols    map[string]SymbolOptions
	Groups     map[string]GroupOptions
	Composites map[string]CompositeOptions
	Profiles   []ProfileOptions
	Headers    HeaderOptions
}
