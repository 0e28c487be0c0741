package message

import (
	"bytes"
	"strconv"
	"strings"
)

// builder makes the tree of parts in one walk over the message: it looks for
// the delimiters of all open multiparts at once, so that no byte is searched
// once more for each level.
type builder struct {
	m      *Message
	top    *Message // the outermost message, which lists all parts
	open   []boundary
	bareCR bool
	full   bool // the bound on parts is reached
}

// newBuilder prepares to build the tree of m within top.
func newBuilder(m, top *Message) *builder {
	return &builder{m: m, top: top, bareCR: hasBareCR(m.raw)}
}

// hasBareCR tells whether a CR without LF stands anywhere.
func hasBareCR(raw []byte) bool {
	for i := bytes.IndexByte(raw, '\r'); i >= 0; {
		if i+1 >= len(raw) || raw[i+1] != '\n' {
			return true
		}
		next := bytes.IndexByte(raw[i+1:], '\r')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// newPart adds a part to the tree, nil when there are too many.
func (b *builder) newPart(parent *Part, path string) *Part {
	if len(b.top.parts) >= max(b.m.limits.Parts, 1) {
		if !b.full {
			b.m.defect(TooManyParts, parent.body, parent.path, "")
		}
		b.full = true
		return nil
	}
	p := &Part{m: b.m, parent: parent, path: path}
	if parent != nil {
		p.depth = parent.depth + 1
		parent.children = append(parent.children, p)
	}
	b.top.parts = append(b.top.parts, p)
	return p
}

// entity parses the header and the body that begin at start, up to the next
// delimiter of an open multipart, which it gives.
func (b *builder) entity(p *Part, start int, fallback string) delimiter {
	limit := b.headerLimit(start)
	p.start = start
	p.header, p.body = parseHeader(b.m, start, limit, p.path)
	p.readFields(fallback)
	if (p.parent == nil || p.parent.fields.message()) && !p.fields.multipart() {
		p.path = join(p.path, 1)
	}
	switch {
	case p.fields.multipart() && b.mayNest(p):
		return b.multipart(p)
	case p.fields.message() && b.mayNest(p):
		return b.nested(p)
	}
	d := b.nextDelimiter(p.body)
	p.end = b.bodyEnd(p.body, d.start)
	p.settleEncoding()
	return d
}

// join appends a number to a path.
func join(path string, n int) string {
	if path == "" {
		return strconv.Itoa(n)
	}
	return path + "." + strconv.Itoa(n)
}

// mayNest tells whether parts may stand within p.
func (b *builder) mayNest(p *Part) bool {
	if p.depth < b.m.limits.Depth {
		return true
	}
	b.m.defect(TooDeep, p.start, p.path, "")
	return false
}

// nested parses the message in the body of p.
func (b *builder) nested(p *Part) delimiter {
	if p.fields.encoding != identity {
		d := b.nextDelimiter(p.body)
		p.end = b.bodyEnd(p.body, d.start)
		b.m.defect(EncodedMultipart, p.start, p.path, p.fields.encodingWord)
		b.decodedMessage(p)
		return d
	}
	child := b.newPart(p, p.path)
	if child == nil {
		return b.skip(p)
	}
	start := p.body
	if rest := b.m.raw[start:]; bytes.HasPrefix(rest, []byte("From ")) || bytes.HasPrefix(rest, []byte(">From ")) {
		_, start = b.line(start)
	}
	d := b.entity(child, start, "text/plain")
	p.end = b.bodyEnd(p.body, d.start)
	return d
}

// skip leaves the rest of the message within p, unparsed.
func (b *builder) skip(p *Part) delimiter {
	p.end = len(b.m.raw)
	return delimiter{level: -1, start: p.end, end: p.end}
}

// multipart parses the parts of p.
func (b *builder) multipart(p *Part) delimiter {
	text := b.declaredBoundary(p)
	if text == nil {
		d := b.nextDelimiter(p.body)
		p.end = b.bodyEnd(p.body, d.start)
		return b.recover(p, d)
	}
	d, found := b.parts(p, text)
	if !found {
		return b.recover(p, d)
	}
	return d
}

// declaredBoundary gives the boundary parameter without trailing blanks,
// nil when there is none that can be used.
func (b *builder) declaredBoundary(p *Part) []byte {
	value := strings.TrimRight(p.fields.boundary, " \t\r\n")
	switch {
	case !p.fields.hasBoundary:
		b.m.defect(MissingBoundary, p.start, p.path, "")
		return nil
	case value == "":
		b.m.defect(EmptyBoundary, p.start, p.path, "")
		return nil
	}
	if len(value) > 70 {
		b.m.defect(SuspectBoundary, p.start, p.path, value)
	}
	for i := range b.open {
		if string(b.open[i].text) == value {
			b.m.defect(RepeatedBoundary, p.start, p.path, value)
			break
		}
	}
	return []byte(value)
}

// parts parses the parts that the boundary text delimits. found is false
// when it never occurs before the delimiter given.
func (b *builder) parts(p *Part, text []byte) (d delimiter, found bool) {
	level := len(b.open)
	b.open = append(b.open, boundary{text: text, part: p})
	fallback := "text/plain"
	if p.fields.mediaType == "multipart/digest" {
		fallback = "message/rfc822"
	}
	closed := false
	d = b.nextDelimiter(p.body)
	for d.level == level {
		if d.closing {
			if !found && contentField(b.m.raw[p.body:]) {
				// The first part stands where the preamble should.
				b.m.defect(SuspectBoundary, p.body, p.path, "the first delimiter is missing")
				d.start, d.end, d.closing = p.body, p.body, false
				continue
			}
			closed = true
			found = found || len(p.children) > 0
			d = b.nextDelimiter(d.end)
			continue
		}
		if closed {
			b.m.defect(SuspectBoundary, d.start, p.path, "goes on after its closing boundary")
			closed = false
		}
		found = true
		child := b.newPart(p, join(p.path, len(p.children)+1))
		if child == nil {
			d = b.skip(p)
			break
		}
		d = b.entity(child, d.end, fallback)
	}
	b.open = b.open[:level]
	p.end = b.bodyEnd(p.body, d.start)
	if found && !closed && !b.full {
		b.m.defect(UnclosedMultipart, p.end, p.path, "")
	}
	if closed && len(p.children) == 0 {
		b.m.defect(EmptyMultipart, p.start, p.path, "")
	}
	return d, found
}

// recover finds the parts of a multipart whose boundary is missing or never
// occurs: they may be encoded, or visible all the same. d is the delimiter
// that follows p.
func (b *builder) recover(p *Part, d delimiter) delimiter {
	if p.parent != nil && p.parent.fields.message() && len(bytes.TrimSpace(b.m.raw[p.body:p.end])) == 0 {
		return d // a report that returns the header of a message only
	}
	if p.fields.boundary != "" {
		b.m.defect(BoundaryNotFound, p.start, p.path, p.fields.boundary)
	}
	if p.fields.encoding == base64Encoding || p.fields.encoding == quotedPrintable {
		b.m.defect(EncodedMultipart, p.start, p.path, p.fields.encodingWord)
		if b.decodedParts(p) {
			return d
		}
	}
	text := guessBoundary(b.m.raw[p.body:p.end])
	if text == nil {
		return d
	}
	// The region is walked once more, but only by what was not found in it.
	after, _ := b.parts(p, text)
	return after
}

// decodedMessage parses the message in the decoded body of p.
func (b *builder) decodedMessage(p *Part) {
	inner := b.inner(p)
	child := inner.newPart(p, p.path)
	if child == nil {
		return
	}
	inner.entity(child, 0, "text/plain")
	b.adopt(inner)
}

// adopt takes over what a builder over decoded bytes has found.
func (b *builder) adopt(inner *builder) {
	b.full = inner.full
	b.top.headers = append(b.top.headers, inner.m.headers...)
}

// decodedParts parses the parts in the decoded body of the multipart p.
func (b *builder) decodedParts(p *Part) bool {
	inner := b.inner(p)
	text := []byte(strings.TrimRight(p.fields.boundary, " \t\r\n"))
	if len(text) == 0 {
		text = guessBoundary(inner.m.raw)
	}
	if len(text) == 0 {
		return false
	}
	body, end := p.body, p.end
	p.body = 0
	_, found := inner.parts(p, text)
	p.body, p.end = body, end
	b.adopt(inner)
	return found
}

// inner prepares a builder over the decoded body of p.
func (b *builder) inner(p *Part) *builder {
	m := &Message{raw: p.Decoded(), limits: b.m.limits, outer: b.m, outerOffset: p.body}
	in := newBuilder(m, b.top)
	in.full = b.full
	return in
}
