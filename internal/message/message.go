package message

import (
	"sync"
	"sync/atomic"
)

// Message is one parsed mail. All its methods are safe for concurrent use;
// what is costly is made at first need and kept.
type Message struct {
	raw    []byte
	limits Limits
	// outer is the message in whose decoded part this one stands, nil for a
	// received message; outerOffset is that part's place in it.
	outer       *Message
	outerOffset int

	parts   []*Part   // in document order
	header  *Header   // the outermost
	headers []*Header // of all parts, in order
	flaws   defectLog
	facts   headerFacts

	// spent counts the decoded bytes of all parts.
	spent atomic.Int64

	textsOnce, attachmentsOnce, linksOnce, bodyOnce sync.Once
	texts, attachments                              []*Part
	links                                           []Link
}

// Parse parses the message in raw, which must not change afterwards. Lines
// may end in CRLF, LF or CR.
func Parse(raw []byte, limits Limits) *Message {
	m := &Message{raw: raw, limits: limits}
	b := newBuilder(m, m)
	b.entity(b.newPart(nil, ""), 0, "text/plain")
	m.header = m.parts[0].header
	return m
}

// Raw gives the received bytes.
func (m *Message) Raw() []byte { return m.raw }

// Header is the message's own header.
func (m *Message) Header() *Header { return m.header }

// Root is the message's outermost part; never nil.
func (m *Message) Root() *Part { return m.parts[0] }

// Parts gives all parts in document order, the root first, with multiparts
// and the parts of nested messages.
func (m *Message) Parts() []*Part { return m.parts }

// Texts gives the text parts a mail reader shows (text/plain, text/html and
// the like that are not attachments), in document order.
func (m *Message) Texts() []*Part {
	m.textsOnce.Do(func() {
		for _, p := range m.parts {
			if p.isText() {
				m.texts = append(m.texts, p)
			}
		}
	})
	return m.texts
}

// Attachments gives the leaf parts that are not shown as text: attachments,
// inline images, and files found inside others' text (uuencode).
func (m *Message) Attachments() []*Part {
	m.attachmentsOnce.Do(func() {
		for _, p := range m.parts {
			switch {
			case p.isText():
				m.attachments = append(m.attachments, p.uuFiles()...)
			case p.leaf() && !p.Multipart():
				m.attachments = append(m.attachments, p)
			}
		}
	})
	return m.attachments
}

// top is the received message that m stands in.
func (m *Message) top() *Message {
	for m.outer != nil {
		m = m.outer
	}
	return m
}

// reserve takes up to n bytes from what may still be decoded and tells how
// many it got; release gives back what was not used. Decoding never makes
// more bytes than there were, but for a few.
func (m *Message) reserve(n int) int {
	t := m.top()
	left := int64(t.limits.DecodedBytes) - t.spent.Add(int64(n))
	if left >= 0 {
		return n
	}
	got := max(0, int64(n)+left)
	t.spent.Add(got - int64(n))
	return int(got)
}

func (m *Message) release(n int) { m.top().spent.Add(int64(-n)) }

// examineBody looks at everything in the body that is looked at only at need
// and may be broken.
func (m *Message) examineBody() {
	m.bodyOnce.Do(func() {
		if len(m.parts) == 0 {
			return // only a header was parsed
		}
		m.examineLines()
		for _, p := range m.parts {
			if p.leaf() {
				p.examine()
			}
		}
		m.Links()
	})
}
