// Package verdict holds the words in which Postern says what it thinks of a
// message: findings, symbols, actions, SMTP replies, and how scores become an
// action. Everything above it speaks these words; it knows nothing of them.
package verdict

import "fmt"

// Action is what is to happen to a message, ordered from mild to hard. The
// names are rspamd's, so that existing clients and Sieve rules understand them.
type Action uint8

// The actions, from mild to hard.
const (
	// NoAction lets the message through unmarked.
	NoAction Action = iota
	// Greylist asks the client to come back later, where a door can defer.
	Greylist
	// AddHeader lets the message through marked as probable spam.
	AddHeader
	// RewriteSubject lets the message through with a marked subject.
	RewriteSubject
	// SoftReject refuses the message for now (4xx).
	SoftReject
	// Quarantine keeps the message from the recipient but does not lose it.
	Quarantine
	// Reject refuses the message for good (5xx).
	Reject
	// Discard accepts the message and drops it. Never by default.
	Discard

	actionCount
)

// ActionCount is the number of actions: for arrays indexed by Action.
const ActionCount = int(actionCount)

var actionNames = [ActionCount]string{
	"no action", "greylist", "add header", "rewrite subject",
	"soft reject", "quarantine", "reject", "discard",
}

// String gives the action's name as rspamd writes it, such as "add header".
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Spam tells whether the action treats the message as spam, in the sense of
// rspamc's "Spam:" line: everything except no action, greylist and soft reject.
func (a Action) Spam() bool {
	return a == AddHeader || a == RewriteSubject || a >= Quarantine
}

// Actions lists all actions from mild to hard.
func Actions() []Action {
	all := make([]Action, ActionCount)
	for i := range all {
		all[i] = Action(i)
	}
	return all
}

// ParseAction reads an action's name; underscores count as spaces.
func ParseAction(name string) (Action, error) {
	for i, n := range actionNames {
		if equalName(n, name) {
			return Action(i), nil
		}
	}
	return NoAction, fmt.Errorf("unknown action %q", name)
}

// equalName compares two action names, taking '_' for a blank.
func equalName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		c := b[i]
		if c == '_' {
			c = ' '
		}
		if a[i] != c {
			return false
		}
	}
	return true
}

// MarshalText gives the action's name.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads an action's name.
func (a *Action) UnmarshalText(text []byte) error {
	parsed, err := ParseAction(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
