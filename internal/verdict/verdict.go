package verdict

import "fmt"

// HeaderOp is what is to be done to a header field.
type HeaderOp uint8

// The operations on header fields.
const (
	// AddHeaderField appends a field at the end of the header.
	AddHeaderField HeaderOp = iota
	// InsertHeaderField puts a field at Index as milters count: 0 is the very
	// top, 1 right below the mail server's own trace field, which a milter
	// does not see.
	InsertHeaderField
	// ChangeHeaderField replaces the value of the Index-th field (from 1) of
	// that name.
	ChangeHeaderField
	// RemoveHeaderField removes the Index-th field (from 1) of that name.
	RemoveHeaderField
)

// HeaderChange is one change to the message's header. Removals stand before
// additions and, for one name, the higher index first, so that applying them
// in order keeps every index right.
type HeaderChange struct {
	Op    HeaderOp
	Name  string
	Index int
	// Value is the new value without the blank after the colon; lines of a
	// folded value are separated by "\n\t".
	Value string
}

// ChangeOp is what is to be done to an accepted message.
type ChangeOp uint8

// The changes that access(5) tables and policies ask for.
const (
	// Prepend puts the header field Name with Value on top of the header.
	Prepend ChangeOp = iota
	// Redirect sends the message to the address Value instead of all its
	// recipients.
	Redirect
	// AddRecipient sends the message to the address Value too.
	AddRecipient
	// Hold keeps the message in the mail server's hold queue; Value says why.
	Hold
)

var changeNames = [...]string{"PREPEND", "REDIRECT", "BCC", "HOLD"}

// String gives the change's name in access(5).
func (o ChangeOp) String() string {
	if int(o) < len(changeNames) {
		return changeNames[o]
	}
	return fmt.Sprintf("change(%d)", uint8(o))
}

// Change is one thing to be done to an accepted message besides the header
// changes that the verdict itself leads to.
type Change struct {
	Op          ChangeOp
	Name, Value string
}

// Verdict is what Postern decides about one message for one group of
// recipients with the same settings. Doors translate it and do nothing else.
type Verdict struct {
	// CaseID names the decision in reply texts, headers, log and history.
	CaseID string
	// Profile is the name of the settings applied, "" for the general ones.
	Profile string
	// Recipients are those the verdict is for; all where it is empty.
	Recipients []string
	// Action is what is to happen.
	Action Action
	// Observed is the action that would have been taken if nothing was in
	// observe mode. It equals Action when nothing is.
	Observed Action
	// Reason says in a few words what led to the action, such as "score",
	// "forced by GTUBE" or "client is authenticated".
	Reason string
	// Forced is the symbol that forced the action; "" where none did.
	Forced string
	// Score is the sum of the findings' scores.
	Score float64
	// Thresholds applied to the score.
	Thresholds Thresholds
	// Reply to give where the action refuses the message.
	Reply Reply
	// Findings, the most important first.
	Findings []Finding
	// Incomplete says that at least one check failed or was late.
	Incomplete bool
	// Skipped says that content was not scored, for the Reason given.
	Skipped bool
	// Subject is the new subject where the action is RewriteSubject.
	Subject string
	// Headers are the changes to be made to the message's header.
	Headers []HeaderChange
	// Authenticated are the results of checks for Authentication-Results (RFC
	// 8601), in alphabetical order.
	Authenticated []string
	// Changes are what else is to be done to an accepted message: what tables
	// and policies ask for.
	Changes []Change
}
