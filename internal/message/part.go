package message

import (
	"strings"
	"sync"
)

// Part is one MIME part.
type Part struct {
	m        *Message // whose bytes the offsets mean
	header   *Header
	parent   *Part
	children []*Part
	path     string
	depth    int
	// start is where the header begins, body where the body does, and end
	// where it ends, before the line end that belongs to the delimiter.
	start, body, end int
	fields           mimeFields
	// commented tells that names of fields have comments in them, doubtful
	// that readers differ about the transfer encoding.
	commented, doubtful bool
	// file holds the content of a file found inside another part's text.
	file []byte
	// inFile tells that file is the content.
	inFile bool

	decodeOnce, textOnce, htmlOnce, linkOnce, typeOnce, uuOnce sync.Once
	decoded                                                    []byte
	text                                                       string
	html                                                       *HTML
	links                                                      []Link
	detected                                                   string
	files                                                      []*Part
	// shown is the text of a text part without uuencoded files.
	shown string
}

// Header is the part's own header; empty, not nil, when it has none.
func (p *Part) Header() *Header { return p.header }

// Parent is the enclosing part, nil for the root.
func (p *Part) Parent() *Part { return p.parent }

// Children are the parts within a multipart, and the one root part of the
// message within a message/rfc822.
func (p *Part) Children() []*Part { return p.children }

// Path names the place in the tree as IMAP does, such as "1.2"; "" is the
// root of a multipart message. The multipart root of a nested message has the
// path of the part that holds the message.
func (p *Part) Path() string { return p.path }

// Depth is 0 for the root.
func (p *Part) Depth() int { return p.depth }

// MediaType is the declared type in lower case, such as "text/html";
// "text/plain" when none is declared. Declared tells whether one is.
func (p *Part) MediaType() string { return p.fields.mediaType }
func (p *Part) Declared() bool    { return p.fields.declared }

// Is compares MediaType; "text/*" matches every subtype.
func (p *Part) Is(mediaType string) bool {
	if prefix, ok := strings.CutSuffix(mediaType, "*"); ok {
		return strings.HasPrefix(p.fields.mediaType, prefix)
	}
	return p.fields.mediaType == mediaType
}

// Param gives a parameter of Content-Type decoded (RFC 2231, RFC 2047), ""
// when there is none. Names are in lower case.
func (p *Part) Param(name string) string { return p.fields.params.get(name) }

// Charset is the declared charset in lower case, "" when there is none.
func (p *Part) Charset() string { return strings.ToLower(p.Param("charset")) }

// Encoding is the declared content transfer encoding in lower case, "" when
// there is none.
func (p *Part) Encoding() string { return p.fields.encodingWord }

// Disposition is "attachment", "inline" or another word of
// Content-Disposition in lower case; "" when there is none.
func (p *Part) Disposition() string { return p.fields.disposition }

// Filename is the decoded name from Content-Disposition's filename or
// Content-Type's name; "" when there is none.
func (p *Part) Filename() string { return p.fields.filename }

// ContentID is the value of Content-ID without brackets.
func (p *Part) ContentID() string {
	return strings.Trim(p.header.Value("Content-ID"), "<> \t")
}

// Multipart tells whether the part has children by its type.
func (p *Part) Multipart() bool { return p.fields.multipart() }

// Raw is the part's body as received.
func (p *Part) Raw() []byte {
	if p.inFile {
		return p.file
	}
	return p.m.raw[p.body:p.end]
}

// Decoded is the body with the transfer encoding taken off, up to
// Limits.DecodedBytes. For identity encodings it is Raw.
func (p *Part) Decoded() []byte {
	if p.inFile || p.fields.encoding == identity || len(p.children) > 0 && p.children[0].m == p.m {
		return p.Raw()
	}
	p.decodeOnce.Do(p.decode)
	return p.decoded
}

// decode takes the transfer encoding off at first need.
func (p *Part) decode() {
	raw := p.Raw()
	if p.fields.encoding == unknownEncoding {
		p.decoded = raw
		return
	}
	limit := p.m.reserve(len(raw))
	out, fault, cut := decodeTransfer(p.fields.encoding, raw, limit)
	p.m.release(limit - len(out))
	if fault.at >= 0 {
		end := min(len(raw), fault.at+detailBytes)
		p.m.defect(fault.kind, p.body+fault.at, p.path, string(raw[fault.at:end]))
	}
	if cut {
		p.m.defect(TooMuchDecoded, p.body, p.path, "")
	}
	p.decoded = out
}

// leaf tells whether the part has no parts in it.
func (p *Part) leaf() bool { return len(p.children) == 0 }

// isText tells whether a mail reader shows the part as text. A multipart in
// which no parts can be told apart is shown as plain text.
func (p *Part) isText() bool {
	if !p.leaf() || p.inFile || p.IsAttachment() {
		return false
	}
	return p.Is("text/*") || p.Multipart() && p.end > p.body
}

// IsAttachment tells whether a mail reader offers the part as a file. A text
// with a name but no Content-Disposition is shown if it is plain or where a
// body stands; readers differ.
func (p *Part) IsAttachment() bool {
	f := &p.fields
	switch {
	case p.inFile:
		return true
	case !p.leaf() || p.Multipart():
		return false
	case f.disposition == "attachment":
		return true
	case !p.Is("text/*"):
		return true
	case f.filename == "" || p.parent == nil || f.disposition == "inline":
		return false
	}
	return f.disposition != "" || f.mediaType != "text/plain" && !p.parent.Is("multipart/alternative") && !p.parent.Is("multipart/related")
}
