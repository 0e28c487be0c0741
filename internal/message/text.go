package message

import (
	"bytes"
	"strings"
)

// Text is the decoded text as UTF-8 for text parts, "" for others. For HTML
// it is the source.
func (p *Part) Text() string {
	if !p.Is("text/*") && !p.isText() || p.inFile {
		return ""
	}
	p.textOnce.Do(p.makeText)
	return p.text
}

// makeText decodes the text at first need.
func (p *Part) makeText() {
	data := p.Decoded()
	if limit := p.m.limits.TextBytes; len(data) > limit {
		p.m.defect(TextTooLong, p.body, p.path, "")
		data = data[:limit]
	}
	label := p.Charset()
	if p.isHTML() && (label == "" || label == "us-ascii") {
		if meta := metaCharset(data); meta != "" {
			label = meta
		}
	}
	text, problem := decodeCharset(label, data)
	switch problem {
	case charsetUnknown:
		p.m.defect(UnknownCharset, p.body, p.path, label)
	case charsetWrong:
		p.m.defect(WrongCharset, p.body, p.path, label)
	}
	if strings.IndexByte(text, 0) >= 0 {
		p.m.defect(NulByte, p.body+max(0, bytes.IndexByte(p.Raw(), 0)), p.path, "")
		text = strings.ReplaceAll(text, "\x00", "")
	}
	p.text = text
}

// isHTML tells whether the part is read as HTML.
func (p *Part) isHTML() bool {
	switch p.fields.mediaType {
	case "text/html", "application/xhtml+xml", "text/xhtml":
		return true
	}
	return false
}

// Visible is what a reader sees of a text part: the text itself, for HTML
// without tags and without what is hidden. Lines end in LF. Uuencoded files
// within a plain text are left out.
func (p *Part) Visible() string {
	if p.isHTML() {
		if h := p.HTML(); h != nil {
			return h.Visible
		}
		return ""
	}
	p.uuOnce.Do(p.findFiles)
	return p.shown
}

// plainLines makes every line end LF.
func plainLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

// uuFiles gives the files uuencoded within a plain text.
func (p *Part) uuFiles() []*Part {
	if p.isHTML() {
		return nil
	}
	p.uuOnce.Do(p.findFiles)
	return p.files
}

// findFiles looks for uuencoded files in the text and leaves them out of what
// is shown.
func (p *Part) findFiles() {
	text := p.Text()
	if !strings.Contains(text, "begin") {
		p.shown = plainLines(text)
		return
	}
	src := []byte(text)
	var shown strings.Builder
	at := 0
	for {
		f, ok := nextUUFile(src, at)
		if !ok || len(p.files) >= p.m.limits.Parts {
			break
		}
		shown.Write(src[at:f.start])
		at = f.end
		p.m.defect(UUEncoded, p.body, p.path, f.name)
		if f.broken {
			p.m.defect(BadUUEncode, p.body, p.path, f.name)
		}
		p.files = append(p.files, p.filePart(f))
	}
	shown.Write(src[at:])
	p.shown = plainLines(shown.String())
	p.findYEnc()
}

// findYEnc looks for a yEnc file, whose octets only the undecoded text has.
func (p *Part) findYEnc() {
	src := p.Decoded()
	i := bytes.Index(src, []byte("\n=ybegin "))
	if i < 0 {
		return
	}
	data, _ := decodeYEnc(src[i:])
	line, _ := lineAt(src, i+1)
	_, name, _ := bytes.Cut(line, []byte(" name="))
	p.m.defect(UUEncoded, p.body, p.path, string(name))
	p.files = append(p.files, p.filePart(uuFile{name: strings.TrimSpace(string(name)), data: data}))
}

// filePart makes a part of a file found in the text of p.
func (p *Part) filePart(f uuFile) *Part {
	got := p.m.reserve(len(f.data))
	return &Part{
		m: p.m, header: &Header{m: p.m, part: p.path}, parent: p, path: p.path, depth: p.depth + 1,
		start: p.start, body: p.body, end: p.end, file: f.data[:got], inFile: true,
		fields: mimeFields{
			mediaType: "application/octet-stream", encodingWord: "x-uuencode", encoding: uuencode,
			disposition: "attachment", filename: f.name,
		},
	}
}

// metaCharset gives the charset that a meta element at the beginning of an
// HTML text declares.
func metaCharset(data []byte) string {
	const window = 2048
	head := bytes.ToLower(data[:min(len(data), window)])
	for {
		i := bytes.Index(head, []byte("<meta"))
		if i < 0 {
			return ""
		}
		head = head[i+5:]
		tag := head
		if end := bytes.IndexByte(head, '>'); end >= 0 {
			tag = head[:end]
		}
		if _, value, ok := bytes.Cut(tag, []byte("charset=")); ok {
			value = bytes.TrimLeft(value, "\"' ")
			if end := bytes.IndexAny(value, "\"' ;/"); end >= 0 {
				value = value[:end]
			}
			if name := string(value); !strings.HasPrefix(name, "utf-16") {
				return name
			}
		}
	}
}

// HTML is the examined HTML of a text/html part, nil for other parts.
func (p *Part) HTML() *HTML {
	if !p.isHTML() {
		return nil
	}
	p.htmlOnce.Do(func() {
		p.html = examineHTML(p.Text(), p.m.limits)
		if p.html.cut {
			p.m.defect(TextTooLong, p.body, p.path, "tokens of HTML")
		}
		for i := range p.html.Links {
			p.html.Links[i].Part = p
		}
	})
	return p.html
}
