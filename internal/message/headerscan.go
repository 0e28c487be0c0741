package message

import "bytes"

// headerScan is one walk over the lines of a header.
type headerScan struct {
	h      *Header
	raw    []byte // up to the end of the part
	pos    int
	limits Limits
	// bareCR tells that lines end in CR alone.
	bareCR bool
	// longLine is where the first line stands that is too long, -1 for none;
	// crlf and lf count lines by how they end.
	longLine, crlf, lf int
	// full is set when a bound is reached: further fields are not kept.
	full bool
}

// maxLine is the longest line RFC 5322 section 2.1.1 allows, without its end.
const maxLine = 998

// lookahead is how many lines after a junk line are looked at to tell a
// broken header from the body.
const lookahead = 8

// lineKind is what a line within a header is.
type lineKind uint8

const (
	lineEmpty lineKind = iota
	lineFold
	lineField
	lineJunk
)

// skipEnvelopeLine passes the byte order mark and the "From " line of mbox
// files, which some senders leave at the top of the message.
func (s *headerScan) skipEnvelopeLine(top bool) {
	if !top {
		return
	}
	if bytes.HasPrefix(s.raw, []byte("\xef\xbb\xbf")) {
		s.pos += 3
	}
	rest := s.raw[s.pos:]
	if !bytes.HasPrefix(rest, []byte("From ")) && !bytes.HasPrefix(rest, []byte(">From ")) {
		return
	}
	end, next := s.line(s.pos)
	if kind, _, _ := s.classify(s.pos, end); kind == lineField && rest[0] == 'F' {
		return // "From : a@example.com", a field that some readers show
	}
	s.pos = next
}

// line gives the end of the line at pos without its line end, and where the
// next line begins. Several CR before one LF are one line end.
func (s *headerScan) line(pos int) (end, next int) {
	if s.bareCR {
		i := bytes.IndexByte(s.raw[pos:], '\r')
		if i < 0 {
			return len(s.raw), len(s.raw)
		}
		return pos + i, pos + i + 1
	}
	i := bytes.IndexByte(s.raw[pos:], '\n')
	if i < 0 {
		return len(s.raw), len(s.raw)
	}
	end = pos + i
	for end > pos && s.raw[end-1] == '\r' {
		end--
	}
	return end, pos + i + 1
}

// scan reads all fields and gives where the body begins.
func (s *headerScan) scan() (body int) {
	s.longLine = -1
	if s.h.part == "" {
		s.h.fields = make([]Field, 0, 32)
	}
	for s.pos < len(s.raw) {
		lineEnd, next := s.line(s.pos)
		kind, nameEnd, colon := s.classify(s.pos, lineEnd)
		switch kind {
		case lineEmpty:
			s.finish(s.pos)
			return next
		case lineField:
			s.field(nameEnd, colon, lineEnd, next)
		case lineFold:
			s.fold(lineEnd, next)
		case lineJunk:
			if !s.headerGoesOn(next) {
				s.h.m.defect(NoBlankLine, s.pos, s.h.part, string(s.raw[s.pos:min(lineEnd, s.pos+detailBytes)]))
				s.finish(s.pos)
				return s.pos
			}
			s.h.m.defect(JunkHeaderLine, s.pos, s.h.part, string(s.raw[s.pos:min(lineEnd, s.pos+detailBytes)]))
		}
		s.countLine(lineEnd, next)
		s.pos = next
	}
	if n := len(s.raw); s.h.part == "" && n > 0 && s.raw[n-1] != '\n' && s.raw[n-1] != '\r' {
		s.h.m.defect(Truncated, n, s.h.part, "within the header")
	}
	s.finish(len(s.raw))
	return len(s.raw)
}

// countLine notes how long the line at the position is and how it ends.
func (s *headerScan) countLine(lineEnd, next int) {
	if lineEnd-s.pos > maxLine && s.longLine < 0 {
		s.longLine = s.pos
	}
	switch {
	case next == lineEnd+2:
		s.crlf++
	case next == lineEnd+1 && !s.bareCR:
		s.lf++
	}
}

// finish ends the header at that offset.
func (s *headerScan) finish(end int) {
	s.h.end = end
	if s.h.part == "" && len(s.h.fields) == 0 {
		s.h.m.defect(EmptyHeader, s.h.start, s.h.part, "")
	}
}

// classify tells what the line is. For a field, nameEnd is where the name
// ends and colon where the colon stands.
func (s *headerScan) classify(pos, end int) (kind lineKind, nameEnd, colon int) {
	if pos == end {
		return lineEmpty, 0, 0
	}
	if c := s.raw[pos]; c == ' ' || c == '\t' {
		return lineFold, 0, 0
	}
	i := pos
	for i < end && isNameByte(s.raw[i]) {
		i++
	}
	nameEnd = i
	for i < end && (s.raw[i] == ' ' || s.raw[i] == '\t') {
		i++
	}
	if i < end && s.raw[i] == '(' && nameEnd > pos {
		i = s.comment(i, end)
	}
	if i < end && s.raw[i] == ':' && nameEnd > pos {
		return lineField, nameEnd, i
	}
	return lineJunk, 0, 0
}

// comment gives the place after the comment at i and the blanks that follow:
// RFC 822 allowed it before the colon, and some readers still do.
func (s *headerScan) comment(i, end int) int {
	const longest = 200
	i += commentEnd(string(s.raw[i:min(end, i+longest)]), 0)
	for i < end && (s.raw[i] == ' ' || s.raw[i] == '\t') {
		i++
	}
	return i
}

// isNameByte tells whether c may stand in a field name (RFC 5322 section
// 2.2): printable ASCII without the colon.
func isNameByte(c byte) bool { return c > ' ' && c < 0x7f && c != ':' }

// field adds a field whose first line ends at lineEnd.
func (s *headerScan) field(nameEnd, colon, lineEnd, next int) {
	h := s.h
	if s.full {
		return
	}
	if len(h.fields) >= s.limits.HeaderFields {
		s.full = true
		h.m.defect(TooManyFields, s.pos, h.part, "")
		return
	}
	if next-h.start > s.limits.HeaderBytes {
		s.full = true
		h.m.defect(HeaderTooLong, s.pos, h.part, "")
		return
	}
	if colon != nameEnd {
		h.m.defect(SpaceBeforeColon, s.pos, h.part, string(s.raw[s.pos:colon+1]))
	}
	h.fields = append(h.fields, Field{
		h: h, index: int32(len(h.fields)), hash: hashName(s.raw[s.pos:nameEnd]),
		start: s.pos, nameEnd: uint32(nameEnd - s.pos), value: uint32(colon + 1 - s.pos),
		valueEnd: uint32(lineEnd - s.pos), end: uint32(next - s.pos),
	})
}

// fold adds a line to the field before it.
func (s *headerScan) fold(lineEnd, next int) {
	h := s.h
	blank := len(bytes.Trim(s.raw[s.pos:lineEnd], " \t")) == 0
	if blank || len(h.fields) == 0 {
		h.m.defect(BadFold, s.pos, h.part, "")
	}
	if s.full || len(h.fields) == 0 {
		return
	}
	if next-h.start > s.limits.HeaderBytes {
		s.full = true
		h.m.defect(HeaderTooLong, s.pos, h.part, "")
		return
	}
	f := &h.fields[len(h.fields)-1]
	f.end, f.valueEnd, f.folded = uint32(next-f.start), uint32(lineEnd-f.start), true
}

// headerGoesOn tells whether, after a junk line, further header fields come
// before an empty line. The very next line may be any field; after more junk
// it must have a name that mail uses, or text such as "Note: ..." would count.
func (s *headerScan) headerGoesOn(pos int) bool {
	for n := 0; n < lookahead && pos < len(s.raw); n++ {
		end, next := s.line(pos)
		switch kind, nameEnd, _ := s.classify(pos, end); kind {
		case lineEmpty:
			return false
		case lineField:
			name := s.raw[pos:nameEnd]
			if n == 0 && len(s.h.fields) > 0 || isMailName(name) {
				return true
			}
		}
		pos = next
	}
	return false
}

// isMailName tells whether a field of that name is likely to be meant as a
// header field.
func isMailName(name []byte) bool {
	lower := bytes.ToLower(name)
	switch string(lower) {
	case "from", "to", "cc", "bcc", "date", "subject", "sender", "reply-to", "message-id", "received",
		"return-path", "in-reply-to", "references", "mime-version", "content-type", "precedence",
		"content-transfer-encoding", "content-disposition", "content-id", "content-description",
		"delivered-to", "organization", "importance", "priority", "dkim-signature", "status":
		return true
	}
	return bytes.HasPrefix(lower, []byte("x-")) || bytes.HasPrefix(lower, []byte("list-")) ||
		bytes.HasPrefix(lower, []byte("resent-")) || bytes.HasPrefix(lower, []byte("arc-"))
}
