// Package message parses one mail in one pass over the received bytes,
// without copying them: header fields, the MIME tree, text, links and
// attachments. Parsing never fails. What is broken becomes a Defect with its
// place, and what mail readers would show in spite of it is found anyway.
package message

import (
	"time"

	"postern/internal/addr"
)

// Parse parses the message in raw, which must not change afterwards. Lines
// may end in CRLF, LF or CR.
func Parse(raw []byte, limits Limits) *Message {
	m := &Message{raw: raw, limits: limits}
	m.header, _ = parseHeader(m, 0, len(raw), "")
	return m
}

// Message is one parsed mail. All its methods are safe for concurrent use;
// what is costly is made at first need and kept.
type Message struct {
	raw     []byte
	limits  Limits
	header  *Header
	headers []*Header // of all parts, in order
	flaws   defectLog
	facts   headerFacts
}

// Raw gives the received bytes.
func (m *Message) Raw() []byte { return m.raw }

// Header is the message's own header.
func (m *Message) Header() *Header { return m.header }

// Root is the message's outermost part; never nil.
func (m *Message) Root() *Part { return nil }

// Parts gives all parts in document order, the root first, with multiparts
// and the parts of nested messages.
func (m *Message) Parts() []*Part { return nil }

// Texts gives the text parts a mail reader shows (text/plain, text/html and
// the like that are not attachments), in document order.
func (m *Message) Texts() []*Part { return nil }

// Attachments gives the leaf parts that are not shown as text: attachments,
// inline images, and files found inside others' text (uuencode).
func (m *Message) Attachments() []*Part { return nil }

// Links gives all links of all text parts, bounded by the limits.
func (m *Message) Links() []Link { return nil }

// examineBody looks at the parts for defects that are found only when they
// are decoded.
func (m *Message) examineBody() {}

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

// Part is one MIME part.
type Part struct{}

// Header is the part's own header; empty, not nil, when it has none.
func (p *Part) Header() *Header { return nil }

// Parent is the enclosing part, nil for the root.
func (p *Part) Parent() *Part { return nil }

// Children are the parts within a multipart, and the one root part of the
// message within a message/rfc822.
func (p *Part) Children() []*Part { return nil }

// Path names the place in the tree as IMAP does, such as "1.2"; "" is the
// root of a multipart message.
func (p *Part) Path() string { return "" }

// Depth is 0 for the root.
func (p *Part) Depth() int { return 0 }

// MediaType is the declared type in lower case, such as "text/html";
// "text/plain" when none is declared. Declared tells whether one is.
func (p *Part) MediaType() string { return "" }
func (p *Part) Declared() bool    { return false }

// Is compares MediaType; "text/*" matches every subtype.
func (p *Part) Is(mediaType string) bool { return false }

// Param gives a parameter of Content-Type decoded (RFC 2231, RFC 2047), ""
// when there is none. Names are in lower case.
func (p *Part) Param(name string) string { return "" }

// Charset is the declared charset in lower case, "" when there is none.
func (p *Part) Charset() string { return "" }

// Encoding is the declared content transfer encoding in lower case, "" when
// there is none.
func (p *Part) Encoding() string { return "" }

// Disposition is "attachment", "inline" or another word of
// Content-Disposition in lower case; "" when there is none.
func (p *Part) Disposition() string { return "" }

// Filename is the decoded name from Content-Disposition's filename or
// Content-Type's name; "" when there is none.
func (p *Part) Filename() string { return "" }

// ContentID is the value of Content-ID without brackets.
func (p *Part) ContentID() string { return "" }

// Multipart tells whether the part has children by its type.
func (p *Part) Multipart() bool { return false }

// Raw is the part's body as received.
func (p *Part) Raw() []byte { return nil }

// Decoded is the body with the transfer encoding taken off, up to
// Limits.DecodedBytes. For identity encodings it is Raw.
func (p *Part) Decoded() []byte { return nil }

// Text is the decoded text as UTF-8 for text parts, "" for others. For HTML
// it is the source.
func (p *Part) Text() string { return "" }

// Visible is what a reader sees of a text part: the text itself, for HTML
// without tags and without what is hidden.
func (p *Part) Visible() string { return "" }

// HTML is the examined HTML of a text/html part, nil for other parts.
func (p *Part) HTML() *HTML { return nil }

// DetectedType is the media type by content, such as "application/pdf";
// "application/octet-stream" when unknown.
func (p *Part) DetectedType() string { return "" }

// IsAttachment tells whether a mail reader offers the part as a file.
func (p *Part) IsAttachment() bool { return false }

// HTML is what was found in one HTML text.
type HTML struct {
	// Visible is the text a reader sees; Hidden what stands in the document
	// but is not seen (display:none, zero font, same colour, off screen,
	// title, comments left out).
	Visible, Hidden string
	// Title is the text of <title>.
	Title string
	// Links of this document in order; Images, Forms likewise.
	Links  []Link
	Images []Image
	Forms  []Form
	// The following count elements by the trick they use to hide text that
	// has at least one letter or digit.
	HiddenDisplay, ZeroFont, TinyFont, LowContrast, OffScreen int
	// ExternalCSS and MetaRefresh hold the addresses those elements name;
	// BaseHref that of <base>.
	ExternalCSS, MetaRefresh []string
	BaseHref                 string
	// Scripts, Frames (iframe, frame, object, embed) and DataURIs are counts.
	Scripts, Frames, DataURIs int
	// Tags counts elements by name in lower case.
	Tags map[string]int
	// Unbalanced counts end tags without a start and the other way round.
	Unbalanced int
}

// Link is a hyperlink: where it goes and what the reader sees of it.
type Link struct {
	// URL as it stands in the source, decoded; Target normalised, with a
	// scheme, percent-escapes of unreserved characters undone, and the host
	// in lower case ASCII.
	URL, Target string
	// Scheme, Host (ASCII, lower case, no port) and Port of Target.
	Scheme, Host, Port string
	// Text is what the reader sees, "" for a bare link in plain text.
	Text string
	// Kind tells where it was found.
	Kind LinkKind
	// Part it was found in; nil for links in the header.
	Part *Part
	// Schemeless tells that the source had no scheme, such as "www.a.example".
	Schemeless bool
	// User is the user information before @, a well-known trick.
	User string
}

// LinkKind tells where a link was found.
type LinkKind uint8

// The places links are found in.
const (
	LinkText   LinkKind = iota // in plain text
	LinkAnchor                 // a href, area href
	LinkImage                  // img src, background
	LinkForm                   // form action
	LinkOther                  // link, iframe, meta refresh, script, css
)

// Image is an img element.
type Image struct {
	Src, Alt      string
	Width, Height int // in pixels; -1 when not declared
	Hidden        bool
	Linked        bool // within an anchor
}

// Form is a form element.
type Form struct {
	Action   string
	Method   string
	Inputs   int
	Password bool // has an input of type password
}
