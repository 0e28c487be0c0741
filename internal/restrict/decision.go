package restrict

import (
	"fmt"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// Action is what a decision asks for.
type Action uint8

// The actions.
const (
	// Pass says that no list refuses.
	Pass Action = iota
	// Discard accepts the message and drops it.
	Discard
	// Defer refuses for now (4xx).
	Defer
	// Reject refuses for good (5xx).
	Reject
)

var actionNames = [...]string{"pass", "discard", "defer", "reject"}

// String gives the action's name, such as "defer".
func (a Action) String() string { return actionNames[a] }

// Refuses tells whether the action refuses the command.
func (a Action) Refuses() bool { return a >= Defer }

// Decision is what the lists say at one stage of one session.
type Decision struct {
	// Action to take.
	Action Action
	// Reply to give where the action refuses.
	Reply verdict.Reply
	// Hangup asks to close the connection without a reply; where that cannot
	// be, the reply does.
	Hangup bool
	// Effects on the message, from this stage only.
	Effects Effects
	// Findings are the restrictions that fired or would have fired.
	Findings []Finding
	// Notes are lines for the log.
	Notes []Note
	// Unknown says what could not be found out, and was passed over.
	Unknown []string
}

// Effects are what lists and tables ask to do with the message besides
// accepting or refusing it.
type Effects struct {
	// Prepend are header fields to put on top, "Name: value".
	Prepend []string
	// Hold says why the message is to be held in the queue; "" for not.
	Hold string
	// Redirect replaces all recipients; "" for not.
	Redirect string
	// Bcc are further recipients.
	Bcc []string
	// Tags are the names given by "tag NAME".
	Tags []string
}

// Note is one line for the log.
type Note struct {
	// Kind is "reject", "reject_warning", "info", "warn", "hold", "discard",
	// "redirect", "bcc", "prepend", "filter" or "warning" for trouble with
	// the configuration.
	Kind string
	// Text of the line.
	Text string
}

// Finding is one restriction that fired.
type Finding struct {
	// Symbol is the restriction's name in upper case, or the one given to
	// "score".
	Symbol string
	// Weight multiplies the symbol's score.
	Weight float64
	// List and Item tell where the restriction stands: the list's name and
	// the position in it, counted from 0.
	List string
	Item int
	// Key is the table's key, the DNS list's zone or the name that was
	// looked at; "" for none.
	Key string
	// Reply it gives or would have given; zero for none.
	Reply verdict.Reply
	// Warned says that the reply was not given since warn_if_reject stood
	// before it or the list is only scored.
	Warned bool
}

// Evidence tells in words why the finding was made.
func (f Finding) Evidence() []string {
	where := fmt.Sprintf("%s[%d]", f.List, f.Item)
	if f.Key != "" {
		where += " " + f.Key
	}
	if f.Reply.IsZero() {
		return []string{where}
	}
	return []string{where, f.Reply.String()}
}

// Report hands the findings to the scoring of a message.
func (d *Decision) Report(out *check.Report) {
	for _, f := range d.Findings {
		out.AddWeighted(f.Symbol, f.Weight, f.Evidence()...)
	}
}

// note adds a line for the log.
func (d *Decision) note(kind, format string, args ...any) {
	d.Notes = append(d.Notes, Note{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// unknown notes that something could not be found out.
func (d *Decision) unknown(format string, args ...any) {
	d.Unknown = append(d.Unknown, fmt.Sprintf(format, args...))
}

// printable replaces what may not stand in a reply or a log line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '�' {
			return ' '
		}
		return r
	}, s)
}
