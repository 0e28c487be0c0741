package message

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// Header is a list of header fields in the order in which they stand.
type Header struct {
	m    *Message
	part string
	// start and end bound the header within the message, without the empty
	// line that ends it.
	start, end int
	fields     []Field
	// heads holds by bucket of the name's hash the index of the first field
	// plus one; Field.next chains the others in order.
	heads [headBuckets]int32
	// mu makes sure that each field is decoded, and its defects are noted,
	// only once; cells keep the results.
	mu    sync.Mutex
	cells []fieldCell
}

// headBuckets is the number of hash buckets, a power of two.
const headBuckets = 32

// fieldCell keeps what was made of one field at first need.
type fieldCell struct {
	value, text atomic.Pointer[string]
}

// Fields gives all fields in order.
func (h *Header) Fields() []Field { return h.fields }

// First gives the first field of that name, compared without regard to case;
// nil when there is none.
func (h *Header) First(name string) *Field {
	hash := hashName(name)
	for i := h.heads[hash%headBuckets]; i != 0; i = h.fields[i-1].next {
		if f := &h.fields[i-1]; f.hash == hash && f.Is(name) {
			return f
		}
	}
	return nil
}

// All gives all fields of that name in order.
func (h *Header) All(name string) []*Field {
	n := h.Count(name)
	if n == 0 {
		return nil
	}
	all := make([]*Field, 0, n)
	hash := hashName(name)
	for i := h.heads[hash%headBuckets]; i != 0; i = h.fields[i-1].next {
		if f := &h.fields[i-1]; f.hash == hash && f.Is(name) {
			all = append(all, f)
		}
	}
	return all
}

// Count tells how many fields have that name.
func (h *Header) Count(name string) int {
	n := 0
	hash := hashName(name)
	for i := h.heads[hash%headBuckets]; i != 0; i = h.fields[i-1].next {
		if f := &h.fields[i-1]; f.hash == hash && f.Is(name) {
			n++
		}
	}
	return n
}

// Has tells whether there is a field of that name.
func (h *Header) Has(name string) bool { return h.First(name) != nil }

// Text gives the decoded value of the first field of that name, or "".
func (h *Header) Text(name string) string {
	if f := h.First(name); f != nil {
		return f.Text()
	}
	return ""
}

// Value gives the unfolded raw value of the first field of that name, or "".
func (h *Header) Value(name string) string {
	if f := h.First(name); f != nil {
		return f.Value()
	}
	return ""
}

// hashName is FNV-1a over the name, letters folded; it is for buckets only.
func hashName[T string | []byte](name T) uint32 {
	hash := uint32(2166136261)
	for i := 0; i < len(name); i++ {
		hash = (hash ^ uint32(name[i]|0x20)) * 16777619
	}
	return hash
}

// index fills the chains of fields by name, from the last to the first so
// that each chain runs in order.
func (h *Header) index() {
	for i := len(h.fields) - 1; i >= 0; i-- {
		f := &h.fields[i]
		bucket := &h.heads[f.hash%headBuckets]
		f.next = *bucket
		*bucket = int32(i + 1)
	}
	h.cells = make([]fieldCell, len(h.fields))
}

// parseHeader splits the header that begins at start and lies before end into
// fields, and gives the offset at which the body begins. part is the path of
// the part it belongs to, for defects.
func parseHeader(m *Message, start, end int, part string) (h *Header, body int) {
	s := headerScan{
		h:   &Header{m: m, part: part, start: start},
		raw: m.raw[:end], pos: start, limits: m.limits, bareCR: crOnly(m.raw[start:end]),
	}
	s.skipEnvelopeLine(start == 0)
	body = s.scan()
	s.h.index()
	s.examineBytes()
	m.headers = append(m.headers, s.h)
	return s.h, body
}

// crOnly tells whether lines end in CR alone: no LF comes in the first part
// of the text but a CR does.
func crOnly(text []byte) bool {
	text = text[:min(len(text), 64<<10)]
	return bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0
}

// examineBytes notes what is wrong with the header's bytes, each once.
func (s *headerScan) examineBytes() {
	h := s.h
	raw := h.m.raw[h.start:h.end]
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		h.m.defect(NulByte, h.start+i, h.part, "")
	}
	if s.longLine >= 0 {
		h.m.defect(LongLine, s.longLine, h.part, "")
	}
	if bytes.Count(raw, []byte{'\r'}) != s.crlf {
		if i := firstBareCR(raw); i >= 0 {
			h.m.defect(BareCR, h.start+i, h.part, "")
		}
	}
	if s.crlf > 0 && s.lf > 0 {
		if i := firstBareLF(raw); i >= 0 {
			h.m.defect(BareLF, h.start+i, h.part, "")
		}
	}
}

// loneEnds finds the first CR without LF and the first LF without CR, -1 for
// none, and tells whether any line ends in CRLF.
func loneEnds(raw []byte) (lone, bare int, crlf bool) {
	pairs := bytes.Count(raw, []byte("\r\n"))
	lone, bare = -1, -1
	if bytes.Count(raw, []byte{'\r'}) != pairs {
		lone = firstBareCR(raw)
	}
	if pairs > 0 && bytes.Count(raw, []byte{'\n'}) != pairs {
		bare = firstBareLF(raw)
	}
	return lone, bare, pairs > 0
}

// firstBareCR finds the first CR that no LF follows.
func firstBareCR(raw []byte) int {
	for i, c := range raw {
		if c == '\r' && (i+1 == len(raw) || raw[i+1] != '\n') {
			return i
		}
	}
	return -1
}

// firstBareLF finds the first LF that no CR precedes.
func firstBareLF(raw []byte) int {
	for i, c := range raw {
		if c == '\n' && (i == 0 || raw[i-1] != '\r') {
			return i
		}
	}
	return -1
}
