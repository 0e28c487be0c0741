package message

import "bytes"

// examine notes the defects of a leaf part that are found only when it is
// decoded.
func (p *Part) examine() {
	data := p.Decoded()
	if p.fields.encodingWord == "7bit" {
		if i := firstEightBit(p.Raw()); i >= 0 {
			p.m.defect(EightBitIn7Bit, p.body+i, p.path, "")
		}
	}
	if p.isText() {
		p.Text()
		p.uuFiles()
	}
	if len(data) == 0 || !p.fields.declared {
		return
	}
	if detected := p.DetectedType(); mismatch(p.fields.mediaType, detected) {
		p.m.defect(TypeMismatch, p.body, p.path, p.fields.mediaType+" is "+detected)
	}
}

// firstEightBit finds the first octet above 127, -1 for none.
func firstEightBit(raw []byte) int {
	for i, c := range raw {
		if c >= 0x80 {
			return i
		}
	}
	return -1
}

// examineLines notes what is wrong with the lines of the body, each once.
func (m *Message) examineLines() {
	root := m.parts[0]
	raw := m.raw[min(root.body, len(m.raw)):]
	at := func(i int) int { return root.body + i }
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		m.defect(NulByte, at(i), root.path, "")
	}
	lone, bare, crlf := loneEnds(raw)
	if lone >= 0 {
		m.defect(BareCR, at(lone), root.path, "")
	}
	if bare >= 0 && crlf {
		m.defect(BareLF, at(bare), root.path, "")
	}
	if i := firstLongLine(raw); i >= 0 {
		m.defect(LongLine, at(i), root.path, "")
	}
	if h := root.header; !h.Has("MIME-Version") && (h.Has("Content-Type") || h.Has("Content-Transfer-Encoding")) {
		m.defect(MissingMIMEVersion, h.start, root.path, "")
	}
}

// firstLongLine finds the first line longer than RFC 5322 section 2.1.1
// allows, -1 for none.
func firstLongLine(raw []byte) int {
	for pos := 0; len(raw)-pos > maxLine; {
		line, next := lineAt(raw, pos)
		if len(line) > maxLine {
			return pos
		}
		pos = next
	}
	return -1
}
