package message

import "strings"

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
	if h := p.header.First("Content-Transfer-Encoding"); h != nil {
		p.readEncoding(h)
	}
	if h := p.header.First("Content-Disposition"); h != nil {
		word, params := p.parameters(h)
		f.disposition = strings.ToLower(word)
		f.filename = params.get("filename")
	}
	if f.filename == "" {
		f.filename = f.params.get("name")
	}
}

// readContentType reads the declared type. Of several fields readers take
// different ones; the first that names a multipart with a boundary shows most.
func (p *Part) readContentType(fallback string) {
	f := &p.fields
	f.mediaType = fallback
	first := p.header.First("Content-Type")
	if first == nil {
		return
	}
	p.useContentType(first, fallback)
	if p.header.Count("Content-Type") == 1 {
		return
	}
	for _, h := range p.header.All("Content-Type")[1:] {
		if f.multipart() && f.params.get("boundary") != "" {
			return
		}
		kept := *f
		p.useContentType(h, fallback)
		if !f.multipart() || f.params.get("boundary") == "" {
			*f = kept
		}
	}
}

// useContentType reads one Content-Type field.
func (p *Part) useContentType(h *Field, fallback string) {
	f := &p.fields
	word, params := p.parameters(h)
	f.params = params
	f.declared = true
	f.mediaType = mediaTypeOf(word)
	if f.mediaType != "" {
		return
	}
	p.m.defect(BadContentType, h.Offset(), p.header.part, h.Value())
	switch lower := strings.ToLower(word); {
	case params.get("boundary") != "":
		f.mediaType = "multipart/mixed"
	case strings.HasPrefix(lower, "multipart"):
		f.mediaType = "multipart/mixed"
	case lower == "html":
		f.mediaType = "text/html"
	case strings.HasPrefix(lower, "text") || lower == "":
		f.mediaType, f.declared = fallback, false
	default:
		f.mediaType = "application/octet-stream"
	}
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

// readEncoding reads the transfer encoding.
func (p *Part) readEncoding(h *Field) {
	word, _ := p.parameters(h)
	word = strings.ToLower(strings.Trim(word, "\"' \t"))
	enc, exact := transferOf(word)
	p.fields.encodingWord, p.fields.encoding = word, enc
	if !exact {
		p.m.defect(UnknownEncoding, h.Offset(), p.header.part, h.Value())
	}
}
