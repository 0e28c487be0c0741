package message

import (
	"bytes"
	"sync"
)

// headerFacts keeps what is made of the header at first need.
type headerFacts struct {
	examined sync.Once
}

// examineHeaders looks at all headers for defects that are found only when
// values are decoded.
func (m *Message) examineHeaders() {
	m.facts.examined.Do(func() {
		for _, h := range m.headers {
			h.examine()
		}
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
	for i := range h.fields {
		f := &h.fields[i]
		if some, valid := f.eightBit(); some && !valid {
			h.m.defect(EightBitHeader, f.start, h.part, f.Name())
		}
		if bytes.Contains(f.RawValue(), []byte("=?")) || f.end-f.start > h.m.limits.FieldBytes {
			f.Text()
		}
	}
}

// examineOnce notes each field after the first of those names.
func (h *Header) examineOnce(names []string, kind DefectKind) {
	for _, name := range names {
		all := h.All(name)
		for i := 1; i < len(all); i++ {
			h.m.defect(kind, all[i].start, h.part, name)
		}
	}
}
