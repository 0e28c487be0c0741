// Package session describes who is talking to the mail server and what was
// said so far in one delivery attempt: the connection, HELO, TLS, login,
// sender and recipients. A door fills it stage by stage; checks only read it.
package session

import (
	"net/netip"
	"strings"
	"time"

	"postern/internal/addr"
)

// Session is one delivery attempt, whatever door it came by.
type Session struct {
	// Door is the name of the door it came by, such as "milter".
	Door string
	// Started is when the connection, or for doors without one the request,
	// began.
	Started time.Time
	// Client is the host that delivers the message.
	Client Client
	// HELO is the argument of HELO or EHLO, "" when not said or not known.
	HELO string
	// TLS describes the encryption, nil for a plain connection or when the
	// door does not know.
	TLS *TLS
	// User is the authenticated user's name, "" for none.
	User string
	// AuthMethod is the SASL mechanism, such as "PLAIN".
	AuthMethod string
	// AuthSender is the sender that a relaying client named as the one it
	// authenticated (AUTH= of MAIL FROM, RFC 4954 section 5).
	AuthSender string
	// Protocol is "SMTP" after HELO and "ESMTP" after EHLO; "" when not known.
	Protocol string
	// ServerIP and ServerPort are where the client connected to; invalid and
	// 0 when not known.
	ServerIP   netip.Addr
	ServerPort uint16
	// Instance names the delivery attempt: the mail server gives all
	// questions about one message the same one. "" when not known.
	Instance string
	// Pipelined tells that the client spoke before its turn (RFC 2920
	// section 3.1): it sent commands together that may not be.
	Pipelined bool
	// Size is the message's size in bytes: announced at MAIL, real at the end
	// of data; 0 when not known.
	Size int64
	// RecipientCount is how many recipients the message has, where the door
	// was told the number and not the recipients; 0 means to count them.
	RecipientCount int
	// HasSender tells whether MAIL was seen; Sender is empty for bounces too.
	HasSender bool
	// Sender is the envelope sender of MAIL FROM.
	Sender addr.Address
	// SenderArgs are the ESMTP parameters of MAIL FROM, such as "SIZE=1000".
	SenderArgs []string
	// Recipients are those accepted so far, in order.
	Recipients []Recipient
	// QueueID is the mail server's name for the message.
	QueueID string
	// MTAName is the mail server's own host name (milter macro j).
	MTAName string
	// Daemon is the name of the server's listener (macro {daemon_name}).
	Daemon string
	// Subject overrides the message's subject where the door was told one.
	Subject string
	// Profile names the settings the client asked for, whoever the recipients
	// are (rspamd's Settings-ID); "" to choose by recipient.
	Profile string
	// PerRecipient tells that the door can give each recipient a verdict of
	// its own at the end of data.
	PerRecipient bool
	// Truncated tells that the message was larger than the door takes: the
	// end of it was left out.
	Truncated bool
	// Macros are further facts the door was told by name, such as the
	// milter's macros; keys have no braces.
	Macros map[string]string
}

// Client is the host that delivers the message.
type Client struct {
	// IP is its address; invalid when not known. IPv4 is never 4-in-6.
	IP netip.Addr
	// Port it connects from; 0 when not known.
	Port uint16
	// Name is its verified reverse name: the PTR name whose own addresses
	// include IP. "" when there is none.
	Name string
	// ReverseName is the PTR name, verified or not. "" when there is none.
	ReverseName string
	// NameKnown tells that the door looked the name up, so that an empty
	// Name means "has none" and not "nobody asked".
	NameKnown bool
	// NameFailed tells that looking up the name failed for now.
	NameFailed bool
	// Local tells that it came over a Unix socket or from the server itself.
	Local bool
}

// TLS describes an encrypted connection.
type TLS struct {
	Version, Cipher         string
	Bits                    string
	CertSubject, CertIssuer string
	// CertFingerprint and KeyFingerprint are the digests of the client's
	// certificate and of its public key, as the mail server writes them; ""
	// without a certificate.
	CertFingerprint, KeyFingerprint string
	// CertVerified tells that the client's certificate was verified.
	CertVerified bool
}

// Recipient is one envelope recipient.
type Recipient struct {
	// Address of RCPT TO.
	Address addr.Address
	// Args are the ESMTP parameters, such as "NOTIFY=NEVER".
	Args []string
}

// Bounce tells whether the envelope sender is the null sender <>.
func (s *Session) Bounce() bool { return s.HasSender && s.Sender.IsZero() }

// Authenticated tells whether the client logged in.
func (s *Session) Authenticated() bool { return s.User != "" }

// ResetMessage forgets everything said of a message and keeps what was said
// of the connection, as after RSET.
func (s *Session) ResetMessage() {
	s.HasSender = false
	s.Sender = addr.Address{}
	s.SenderArgs = nil
	s.Recipients = nil
	s.QueueID = ""
	s.Subject = ""
	s.Profile = ""
	s.AuthSender = ""
	s.Instance = ""
	s.Size = 0
	s.RecipientCount = 0
}

// RecipientTotal is how many recipients the message has so far.
func (s *Session) RecipientTotal() int { return max(s.RecipientCount, len(s.Recipients)) }

// SenderArg gives the value of the ESMTP parameter of MAIL FROM with that
// keyword, compared without regard to case.
func (s *Session) SenderArg(keyword string) (string, bool) {
	for _, a := range s.SenderArgs {
		k, v, _ := strings.Cut(a, "=")
		if strings.EqualFold(k, keyword) {
			return v, true
		}
	}
	return "", false
}
