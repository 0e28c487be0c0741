// Package message parses one mail in one pass over the received bytes,
// without copying them: header fields, the MIME tree, text, links and
// attachments. Parsing never fails. What is broken becomes a Defect with its
// place, and what mail readers would show in spite of it is found anyway.
package message

import (
	"time"
)

// Subject is the decoded, unfolded subject; "" when there is none.
func (m *Message) Subject() string { return m.header.Text("Subject") }

// Received gives the trace fields, the newest (topmost) first.
func (m *Message) Received() []Received { return nil }

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
