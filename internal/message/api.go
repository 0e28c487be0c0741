// Package message parses one mail in one pass over the received bytes,
// without copying them: header fields, the MIME tree, text, links and
// attachments. Parsing never fails. What is broken becomes a Defect with its
// place, and what mail readers would show in spite of it is found anyway.
package message

import (
	"time"

	"postern/internal/addr"
)

// Subject is the decoded, unfolded subject; "" when there is none.
func (m *Message) Subject() string { return m.header.Text("Subject") }

// From, To, Cc, ReplyTo and Sender give the mailboxes of those fields (of all
// fields of that name in order), groups flattened.
func (m *Message) From() []Mailbox    { return nil }
func (m *Message) To() []Mailbox      { return nil }
func (m *Message) Cc() []Mailbox      { return nil }
func (m *Message) ReplyTo() []Mailbox { return nil }
func (m *Message) Sender() []Mailbox  { return nil }

// Date is the time in the Date field; ok is false when there is none or it
// cannot be understood.
func (m *Message) Date() (t time.Time, ok bool) { return }

// MessageID is the first Message-ID without angle brackets and blanks; ""
// when there is none.
func (m *Message) MessageID() string { return "" }

// Received gives the trace fields, the newest (topmost) first.
func (m *Message) Received() []Received { return nil }

// Mailbox is one mailbox of an address field.
type Mailbox struct {
	// Name is the decoded display name or, where there is none, the comment.
	Name string
	// Address is the addr-spec.
	Address addr.Address
	// Raw is the mailbox as written.
	Raw string
	// Group is the display name of the group it stands in, "" for none.
	Group string
	// Valid tells that Address obeys RFC 5322 with a local part and a domain.
	Valid bool
}

// Received is what one trace field says (RFC 5321 section 4.4), as far as it
// could be understood.
type Received struct {
	Field *Field
	// From is the HELO name; FromName and FromIP are the reverse name and
	// the address that the receiving host noted in the comment.
	From, FromName, FromIP string
	// By is the receiving host, With the protocol such as "ESMTPSA", ID and
	// For what follows those words.
	By, With, ID, For string
	// TLS and Authenticated tell what With or the comments say.
	TLS, Authenticated bool
	// Time after the semicolon; zero when missing or not understood.
	Time time.Time
	// Parsed is false for a field that fits no known form.
	Parsed bool
}
