// Package history keeps what was decided about each message and why, so that
// an administrator can ask later: which mail was refused, by which symbols,
// with what evidence, and what would have happened without one of them.
//
// A Log is written by the daemon without ever making mail wait for the disk;
// a Reader looks into the same file from another process while the daemon
// runs. LineWriter prints one line a message for grep.
package history

import (
	"net/netip"
	"time"

	"postern/internal/verdict"
)

// Entry is one decision with everything needed to explain it. The stage, the
// actions and the symbols are named as in the package verdict.
type Entry struct {
	// ID is the entry's place in the log: later entries have higher ones. It
	// is given when the entry is written and is 0 before.
	ID int64 `json:"id,omitempty"`
	// CaseID names the decision in replies, headers and log lines.
	CaseID string `json:"case"`
	// Time is when the message's examination began.
	Time time.Time `json:"time"`
	// Door it came by, such as "milter".
	Door string `json:"door"`
	// Client is the host that delivered the message.
	Client Client `json:"client"`
	// HELO is the argument of HELO or EHLO.
	HELO string `json:"helo,omitempty"`
	// TLS is nil for a plain connection or when the door does not know.
	TLS *TLS `json:"tls,omitempty"`
	// User is the authenticated user, "" for none; AuthMethod the SASL
	// mechanism.
	User       string `json:"user,omitempty"`
	AuthMethod string `json:"auth_method,omitempty"`
	// Sender is the envelope sender, "" for the null sender and when none
	// was said.
	Sender string `json:"sender"`
	// Recipients are the envelope recipients in order. At most MaxRecipients
	// are kept; RecipientCount is how many there were.
	Recipients     []string `json:"recipients,omitempty"`
	RecipientCount int      `json:"recipient_count"`
	// QueueID is the mail server's name for the message.
	QueueID string `json:"queue_id,omitempty"`
	// MessageID is the Message-ID field without brackets.
	MessageID string `json:"message_id,omitempty"`
	// From is the From field, decoded.
	From string `json:"from,omitempty"`
	// Subject is the decoded subject; not kept when Options.Subject is off.
	Subject string `json:"subject,omitempty"`
	// Size is the message's length in bytes, 0 before the end of data.
	Size int64 `json:"size"`
	// Stage at which the decision fell, such as "rcpt" or "message".
	Stage string `json:"stage"`
	// Verdicts, one for each group of recipients with the same settings. The
	// first is the one for the whole message.
	Verdicts []Verdict `json:"verdicts"`
	// Checks tells how long checks took and which failed.
	Checks []CheckTime `json:"checks,omitempty"`
	// Duration is how long the examination took.
	Duration time.Duration `json:"duration_ns"`
}

// Client is the host that delivered a message.
type Client struct {
	// IP is its address; invalid when not known.
	IP netip.Addr `json:"ip,omitzero"`
	// Name is its verified reverse name, ReverseName the unverified one.
	Name        string `json:"name,omitempty"`
	ReverseName string `json:"reverse_name,omitempty"`
	// Local tells that it came over a Unix socket or from the host itself.
	Local bool `json:"local,omitempty"`
}

// TLS describes an encrypted connection.
type TLS struct {
	Version     string `json:"version,omitempty"`
	Cipher      string `json:"cipher,omitempty"`
	CertSubject string `json:"cert_subject,omitempty"`
}

// Verdict is what was decided for one group of recipients.
type Verdict struct {
	// Profile is the name of the settings applied, "" for the general ones.
	Profile string `json:"profile,omitempty"`
	// Recipients it is for; all where it is empty.
	Recipients []string `json:"recipients,omitempty"`
	// Action taken, and the one that would have been taken without observe
	// mode.
	Action   verdict.Action `json:"action"`
	Observed verdict.Action `json:"observed"`
	// Reason says in a few words what led to the action.
	Reason string `json:"reason,omitempty"`
	// Forced is the symbol that forced the action, "" where none did.
	Forced string `json:"forced,omitempty"`
	// Score is the sum of the findings' scores.
	Score float64 `json:"score"`
	// Thresholds applied to the score.
	Thresholds Thresholds `json:"thresholds"`
	// Reply given where the action refuses the message.
	Reply *verdict.Reply `json:"reply,omitempty"`
	// Findings, the most important first. At most MaxFindings are kept.
	Findings []verdict.Finding `json:"findings,omitempty"`
	// Incomplete says that at least one check failed or was late.
	Incomplete bool `json:"incomplete,omitempty"`
	// Skipped says that content was not scored, for the Reason given.
	Skipped bool `json:"skipped,omitempty"`
}

// CheckTime is how long one check took.
type CheckTime struct {
	Name  string        `json:"name"`
	Took  time.Duration `json:"took_ns"`
	Error string        `json:"error,omitempty"`
}

// Verdict is the one for the whole message: the first. It is the zero Verdict
// for an entry without any.
func (e *Entry) Verdict() Verdict {
	if len(e.Verdicts) == 0 {
		return Verdict{Thresholds: Thresholds(verdict.NoThresholds())}
	}
	return e.Verdicts[0]
}
