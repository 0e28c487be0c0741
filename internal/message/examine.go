package message

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// addressFields are the fields of which the mailboxes are kept.
var addressFields = [...]string{"From", "To", "Cc", "Reply-To", "Sender"}

// headerFacts keeps what is made of the header at first need.
type headerFacts struct {
	examined  sync.Once
	mailboxes [len(addressFields)]struct {
		once sync.Once
		list []Mailbox
	}
	date struct {
		once sync.Once
		time time.Time
		ok   bool
	}
	received receivedFacts
	id       struct {
		once sync.Once
		text string
	}
}

// Subject is the decoded, unfolded subject; "" when there is none.
func (m *Message) Subject() string { return m.header.Text("Subject") }

// From, To, Cc, ReplyTo and Sender give the mailboxes of those fields (of all
// fields of that name in order), groups flattened.
func (m *Message) From() []Mailbox    { return m.mailboxes(0) }
func (m *Message) To() []Mailbox      { return m.mailboxes(1) }
func (m *Message) Cc() []Mailbox      { return m.mailboxes(2) }
func (m *Message) ReplyTo() []Mailbox { return m.mailboxes(3) }
func (m *Message) Sender() []Mailbox  { return m.mailboxes(4) }

// mailboxes parses the fields of addressFields[i] at first need.
func (m *Message) mailboxes(i int) []Mailbox {
	facts := &m.facts.mailboxes[i]
	facts.once.Do(func() {
		for _, f := range m.header.All(addressFields[i]) {
			list, bad := parseMailboxes(f.legible(f.Value()), m.limits.Addresses-len(facts.list))
			if bad != "" {
				m.defect(BadAddress, f.start, f.h.part, f.Name()+": "+bad)
			}
			facts.list = append(facts.list, list...)
			if len(facts.list) >= m.limits.Addresses {
				break
			}
		}
	})
	return facts.list
}

// Date is the time in the Date field; ok is false when there is none or it
// cannot be understood.
func (m *Message) Date() (t time.Time, ok bool) {
	facts := &m.facts.date
	facts.once.Do(func() {
		f := m.header.First("Date")
		if f == nil {
			return
		}
		if facts.time, facts.ok = ParseDate(f.Value()); !facts.ok {
			m.defect(BadDate, f.start, f.h.part, f.Value())
		}
	})
	return facts.time, facts.ok
}

// MessageID is the first Message-ID without angle brackets and blanks; ""
// when there is none.
func (m *Message) MessageID() string {
	facts := &m.facts.id
	facts.once.Do(func() {
		f := m.header.First("Message-ID")
		if f == nil {
			return
		}
		ids := ParseIDs(f.Value())
		if len(ids) > 0 {
			facts.text = cleanText(ids[0])
		}
		if len(ids) != 1 || !validID(f.Value(), ids[0]) {
			m.defect(BadMessageID, f.start, f.h.part, f.Value())
		}
	})
	return facts.text
}

// ParseIDs gives the identifiers in a field such as References (RFC 5322
// section 3.6.4) without their angle brackets; where there are no brackets,
// the words.
func ParseIDs(value string) []string {
	var ids []string
	for rest := value; ; {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		id, next, ok := strings.Cut(after, ">")
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
		if !ok {
			break
		}
		rest = next
	}
	if ids == nil && strings.IndexByte(value, '<') < 0 {
		ids = strings.Fields(value)
	}
	return ids
}

// validID tells whether a field's value is <left@right> and nothing else but
// a comment after it.
func validID(value, id string) bool {
	if i := strings.IndexByte(value, '('); i > 0 && commentEnd(value, i) == len(value) {
		value = strings.TrimRight(value[:i], " \t")
	}
	at := strings.LastIndexByte(id, '@')
	if len(value) != len(id)+2 || value[0] != '<' || at <= 0 || at == len(id)-1 {
		return false
	}
	quoted := id[0] == '"' && id[at-1] == '"' && at > 1
	return !strings.ContainsAny(id[at:], " \t<>") && (quoted || !strings.ContainsAny(id[:at], " \t<>"))
}

// examineHeaders looks at all headers for defects that are found only when
// values are decoded.
func (m *Message) examineHeaders() {
	m.facts.examined.Do(func() {
		for _, h := range m.headers {
			h.examine()
		}
		for i := range addressFields {
			m.mailboxes(i)
		}
		m.Date()
		m.MessageID()
	})
}

// onceFields may stand only once in a header (RFC 5322 section 3.6).
var onceFields = []string{"Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject"}

// onceMIMEFields may stand only once in a header or part (RFC 2045).
var onceMIMEFields = []string{"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"}

// examine notes the defects of one header that need its values.
func (h *Header) examine() {
	if h.part == "" {
		h.examineOnce(onceFields, DuplicateField)
	}
	h.examineOnce(onceMIMEFields, DuplicateMIMEField)
	raw := h.m.raw[h.start:h.end]
	ascii, words := isASCIIBytes(raw), bytes.Contains(raw, []byte("=?"))
	if ascii && !words && len(raw) <= h.m.limits.FieldBytes {
		return
	}
	for i := range h.fields {
		f := &h.fields[i]
		if some, valid := f.eightBit(); some && !valid {
			h.m.defect(EightBitHeader, f.start, h.part, f.Name())
		}
		if bytes.Contains(f.RawValue(), []byte("=?")) || int(f.end) > h.m.limits.FieldBytes {
			f.Text()
		}
	}
}

// examineOnce notes each field after the first of those names.
func (h *Header) examineOnce(names []string, kind DefectKind) {
	for _, name := range names {
		if h.Count(name) < 2 {
			continue
		}
		all := h.All(name)
		for i := 1; i < len(all); i++ {
			h.m.defect(kind, all[i].start, h.part, name)
		}
	}
}
