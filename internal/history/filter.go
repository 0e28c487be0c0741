package history

import (
	"errors"
	"net/netip"
	"time"

	"postern/internal/verdict"
)

// ErrNotFound tells that the history has no such case.
var ErrNotFound = errors.New("no such case in the history")

// ErrDamaged is wrapped by the error for an entry that is in the history but
// cannot be read. Queries go on behind it.
var ErrDamaged = errors.New("damaged entry")

// Filter says which entries a query gives. The zero Filter gives all. Texts
// are compared without regard to the case of ASCII letters.
type Filter struct {
	// Since and Until bound the entries' times, both included; zero means no
	// bound.
	Since, Until time.Time
	// Actions lists those asked for, in any verdict of the entry.
	Actions []verdict.Action
	// Symbol is the name of a finding in any verdict; "*" stands for any
	// characters, as in "R_SPF_*".
	Symbol string
	// Sender is a part of the envelope sender, such as "@example.org"; "<>"
	// is the null sender.
	Sender string
	// Recipient is a part of any envelope recipient.
	Recipient string
	// IP is the client's network; a single address is a prefix of full
	// length. Invalid means any.
	IP netip.Prefix
	// Case is how the case id begins.
	Case string
	// QueueID is the mail server's name for the message, in full.
	QueueID string
	// MinScore and MaxScore bound the highest score of the entry's verdicts,
	// both included; nil means no bound.
	MinScore, MaxScore *float64
	// Text is a part of anything kept as text: addresses, names, HELO, user,
	// From, subject, Message-ID, evidence, reasons, replies.
	Text string
	// Before continues an earlier query behind the entry with this time and
	// ID: the Cursor of the last entry seen. The zero Cursor begins with the
	// newest.
	Before Cursor
	// Limit is how many entries are given at most; 0 means all.
	Limit int
}

// Cursor is an entry's place in the order of a query.
type Cursor struct {
	Time time.Time
	ID   int64
}

// Cursor gives the entry's place, for Filter.Before.
func (e *Entry) Cursor() Cursor { return Cursor{e.Time, e.ID} }
