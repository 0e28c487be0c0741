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
	} else if p.fields.encoding == identity {
		p.examineIdentity(data)
	}
	if i := undeclaredPart(p.Raw()); i >= 0 {
		p.m.defect(SuspectBoundary, p.body+i, p.path, "")
	}
	if len(data) == 0 || !p.fields.declared {
		return
	}
	if detected := p.DetectedType(); mismatch(p.fields.mediaType, detected) {
		p.m.defect(TypeMismatch, p.body, p.path, p.fields.mediaType+" is "+detected)
	}
}

// examineIdentity notes what shows that an attachment without a transfer
// encoding lost its header, in part or in whole.
func (p *Part) examineIdentity(data []byte) {
	const window = 400
	head := data[:min(len(data), window)]
	switch {
	case looksBase64(data):
		p.m.defect(UnknownEncoding, p.body, p.path, "base64 that is not declared")
	case !p.Is("message/*") && (contentField(head) || bytes.Contains(bytes.ToLower(head), []byte("\ncontent-transfer-encoding:"))):
		p.m.defect(TypeMismatch, p.body, p.path, "header fields in the body")
	}
}

// undeclaredPart finds a line that begins with a dash and is followed by a
// MIME field: what looks like a delimiter and is none. -1 for none.
func undeclaredPart(raw []byte) int {
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte("\n-"))
		if i < 0 {
			return -1
		}
		line := at + i + 1
		_, at = lineAt(raw, line)
		if contentField(raw[at:]) {
			return line
		}
		at--
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
	m.examineDeclaration()
}

// examineDeclaration notes MIME fields without MIME-Version.
func (m *Message) examineDeclaration() {
	root := m.parts[0]
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
