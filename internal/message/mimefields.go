package message

import (
	"bytes"
	"strings"
)

// mimeFields is what the MIME fields of a part's header say (RFC 2045, RFC
// 2183), as mail readers understand it.
type mimeFields struct {
	mediaType    string
	declared     bool
	params       params
	encodingWord string
	encoding     transfer
	disposition  string
	filename     string
	// boundary stands in Content-Type or else, where no reader should look
	// for it, in Content-Disposition.
	boundary    string
	hasBoundary bool
}

// multipart tells whether the type is a multipart one.
func (f *mimeFields) multipart() bool { return strings.HasPrefix(f.mediaType, "multipart/") }

// message tells whether the body is a whole message with a header of its own.
func (f *mimeFields) message() bool {
	switch f.mediaType {
	case "message/rfc822", "message/global", "message/news":
		return true
	}
	return false
}

// readFields fills p.fields from the header. fallback is the type of a part
// that declares none: message/rfc822 within a digest (RFC 2046 section
// 5.1.5), else text/plain.
func (p *Part) readFields(fallback string) {
	f := &p.fields
	p.readContentType(fallback)
	f.boundary, f.hasBoundary = f.params.lookup("boundary")
	p.readEncodings()
	if h := p.mimeField("Content-Disposition"); h != nil {
		word, params := p.parameters(h)
		f.disposition = strings.ToLower(word)
		f.filename = params.get("filename")
		if !f.hasBoundary && f.multipart() {
			f.boundary, f.hasBoundary = params.lookup("boundary")
			if f.hasBoundary {
				p.m.defect(SuspectBoundary, h.Offset(), p.header.part, "in Content-Disposition")
			}
		}
	}
	if f.filename == "" {
		f.filename = f.params.get("name")
	}
}

// mimeField gives the first field of that name, also one whose name has a
// comment in it, as in Content-(x)Type; nil when there is none.
func (p *Part) mimeField(name string) *Field {
	if h := p.header.First(name); h != nil || !p.commented {
		return h
	}
	for i := range p.header.fields {
		h := &p.header.fields[i]
		own := h.Name()
		if strings.IndexByte(own, '(') > 0 && strings.EqualFold(withoutComments(own), name) {
			p.m.defect(SpaceBeforeColon, h.Offset(), p.header.part, own)
			return h
		}
	}
	return nil
}

// withoutComments takes comments out of a field's name.
func withoutComments(name string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(name, '(')
		if i < 0 {
			b.WriteString(name)
			return strings.TrimSpace(b.String())
		}
		b.WriteString(name[:i])
		name = name[commentEnd(name, i):]
	}
}

// hasComment tells whether the name of a field of h has a comment in it.
func hasComment(h *Header) bool {
	for i := range h.fields {
		f := &h.fields[i]
		if bytes.IndexByte(f.part(0, f.nameEnd), '(') >= 0 {
			return true
		}
	}
	return false
}

// readContentType reads the declared type. Of several fields readers take
// different ones; the first that names a multipart with a boundary shows most.
func (p *Part) readContentType(fallback string) {
	f := &p.fields
	f.mediaType = fallback
	p.commented = hasComment(p.header)
	first := p.mimeField("Content-Type")
	if first == nil {
		return
	}
	p.useContentType(first, fallback)
	if p.header.Count("Content-Type") < 2 {
		return
	}
	for _, h := range p.header.All("Content-Type")[1:] {
		if f.multipart() && p.occurs(f.params.get("boundary")) {
			return
		}
		kept := *f
		p.useContentType(h, fallback)
		if !f.multipart() || kept.multipart() && !p.occurs(f.params.get("boundary")) {
			*f = kept
		}
	}
}

// occurs tells whether lines near the beginning of the body begin with that
// boundary.
func (p *Part) occurs(boundary string) bool {
	const window = 64 << 10
	body := p.m.raw[p.body:]
	body = body[:min(len(body), window)]
	text := []byte("--" + boundary)
	return boundary != "" && (bytes.HasPrefix(body, text) || bytes.Contains(body, append([]byte{'\n'}, text...)))
}

// useContentType reads one Content-Type field.
func (p *Part) useContentType(h *Field, fallback string) {
	f := &p.fields
	word, params := p.parameters(h)
	f.params = params
	f.declared = true
	f.mediaType = mediaTypeOf(word)
	bounded := params.get("boundary") != ""
	if f.mediaType != "" && (!bounded || knownKind(f.mediaType)) {
		return
	}
	p.m.defect(BadContentType, h.Offset(), p.header.part, h.Value())
	switch lower := strings.ToLower(word); {
	case bounded, strings.HasPrefix(lower, "multipart"):
		f.mediaType = "multipart/mixed"
	case lower == "html":
		f.mediaType = "text/html"
	case strings.HasPrefix(lower, "text") || lower == "":
		f.mediaType, f.declared = fallback, false
	default:
		f.mediaType = "application/octet-stream"
	}
}

// knownKind tells whether the type is of a kind that is registered.
func knownKind(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	switch kind {
	case "text", "image", "audio", "video", "application", "message", "multipart", "font", "model", "chemical":
		return true
	}
	return strings.HasPrefix(kind, "x-")
}

// parameters parses a field with parameters and notes what is broken in it.
func (p *Part) parameters(h *Field) (word string, ps params) {
	word, ps, flaws := parseParams(h.Value(), p.m.limits.ParamsPerPart)
	if flaws.bad != "" {
		p.m.defect(BadParameter, h.Offset(), p.header.part, flaws.bad)
	}
	if flaws.duplicate != "" {
		p.m.defect(DuplicateParameter, h.Offset(), p.header.part, flaws.duplicate)
	}
	return word, ps
}

// mediaTypeOf gives word in lower case if it is type/subtype, else "".
func mediaTypeOf(word string) string {
	word = strings.ToLower(word)
	kind, sub, ok := strings.Cut(word, "/")
	kind, sub = strings.TrimSpace(kind), strings.TrimSpace(sub)
	if !ok || kind == "" || sub == "" || strings.ContainsAny(kind, " \t()<>@,;:\\\"[]?=") {
		return ""
	}
	if len(kind)+1+len(sub) != len(word) {
		return kind + "/" + sub
	}
	return word
}

// readEncodings reads the transfer encoding. Where a field repeats, or says
// nothing that all readers understand, the content decides which one it is.
func (p *Part) readEncodings() {
	h := p.mimeField("Content-Transfer-Encoding")
	if h == nil {
		return
	}
	word, enc, exact := p.readEncoding(h)
	p.fields.encodingWord, p.fields.encoding = word, enc
	p.doubtful = !exact
	if p.header.Count("Content-Transfer-Encoding") < 2 {
		return
	}
	for _, h := range p.header.All("Content-Transfer-Encoding")[1:] {
		if _, other, _ := p.readEncoding(h); other != enc {
			p.doubtful = true
		}
	}
}

// readEncoding reads one field.
func (p *Part) readEncoding(h *Field) (word string, enc transfer, exact bool) {
	value := h.Value()
	word, _ = p.parameters(h)
	word = strings.ToLower(strings.Trim(word, "\"' \t"))
	enc, exact = transferOf(word)
	if enc == unknownEncoding {
		if other, _ := transferOf(strings.ToLower(value)); other != unknownEncoding {
			enc = other
		}
	}
	if !exact {
		p.m.defect(UnknownEncoding, h.Offset(), p.header.part, value)
	}
	return word, enc, exact
}

// settleEncoding decides a doubtful transfer encoding by the content.
func (p *Part) settleEncoding() {
	if !p.doubtful {
		return
	}
	raw := p.Raw()
	switch {
	case looksBase64(raw):
		p.fields.encoding = base64Encoding
	case looksQuotedPrintable(raw):
		p.fields.encoding = quotedPrintable
	}
}
