package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MIMEStructure looks at how the parts of a message are put together.
func MIMEStructure() check.Check {
	return check.New(check.Info{
		Name: "mime_structure", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "MIME_HTML_ONLY", Group: "headers", Score: 0.2, Description: "The only text is HTML"},
			{Name: "MIME_MA_MISSING_TEXT", Group: "headers", Score: 2, Description: "multipart/alternative offers no plain text"},
			{Name: "MIME_MA_MISSING_HTML", Group: "headers", Score: 1, Description: "multipart/alternative offers nothing besides plain text"},
			{Name: "MIME_ODD_MULTIPART", Group: "mime", Score: 2.5, Description: "A multipart of a kind that no mail program writes"},
			{Name: "CTYPE_MIXED_BOGUS", Group: "mime", Score: 1, Description: "multipart/mixed with nothing but one text"},
			{Name: "CTYPE_MISSING_DISPOSITION", Group: "mime", Score: 4, Description: "Binary data that is neither an attachment nor part of the text"},
			{Name: "HAS_ATTACHMENT", Group: "body", Description: "The message has attachments"},
		},
	}, mimeStructure)
}

func mimeStructure(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	if texts := m.Texts(); len(texts) > 0 && onlyHTML(texts) {
		out.Add("MIME_HTML_ONLY", partName(texts[0]))
	}
	for _, p := range m.Parts() {
		switch {
		case p.Is("multipart/alternative"):
			alternative(p, out)
		case p.Is("application/octet-stream"):
			disposition(p, out)
		case p.Multipart() && oddMultipart(p):
			out.Add("MIME_ODD_MULTIPART", p.Header().Value("Content-Type"))
		}
		if p.IsAttachment() && !signaturePart(p) {
			out.Add("HAS_ATTACHMENT", attachmentName(p))
		}
	}
	if root := m.Root(); root.Is("multipart/mixed") && bogusMixed(root) {
		out.Add("CTYPE_MIXED_BOGUS", root.Header().Value("Content-Type"))
	}
	return nil
}

func onlyHTML(texts []*message.Part) bool {
	for _, p := range texts {
		if !p.Is("text/html") {
			return false
		}
	}
	return true
}

// alternative reports a multipart/alternative that gives no choice (RFC 2046
// section 5.1.4).
func alternative(p *message.Part, out *check.Report) {
	if len(p.Children()) == 0 {
		return // broken, and reported as such
	}
	plain, rich := choices(p)
	if !plain {
		out.Add("MIME_MA_MISSING_TEXT", partName(p))
	}
	if !rich {
		out.Add("MIME_MA_MISSING_HTML", partName(p))
	}
}

// choices tells whether a multipart/alternative has a plain text and
// something richer.
func choices(p *message.Part) (plain, rich bool) {
	for _, c := range p.Children() {
		switch {
		case c.Multipart():
			deepPlain, deepRich := choices(c)
			plain, rich = plain || deepPlain, rich || deepRich
		case c.Is("text/plain"):
			plain = true
		default:
			rich = true
		}
	}
	return plain, rich
}

func disposition(p *message.Part, out *check.Report) {
	switch parent := p.Parent(); {
	case p.Disposition() == "attachment", p.ContentID() != "", p.Parent() == nil:
	case parent.Is("multipart/encrypted"), parent.Is("multipart/signed"):
	case p.Disposition() == "inline" && p.Filename() != "": // mail programs offer it by its name
	default:
		out.Add("CTYPE_MISSING_DISPOSITION", attachmentName(p))
	}
}

// bogusMixed tells whether a multipart/mixed mixes nothing: at most one text
// beside other multiparts of text.
func bogusMixed(root *message.Part) bool {
	texts := 0
	for _, c := range root.Children() {
		switch {
		case c.Is("multipart/alternative"), c.Is("text/plain") && !c.IsAttachment(), c.Is("text/html") && !c.IsAttachment():
			texts++
		default:
			return false
		}
	}
	return texts == 1
}

// oddMultipart tells whether a multipart is of a kind that no mail program
// writes. Mail programs show its parts all the same, filters may not: a digest
// is made of messages (RFC 2046 section 5.1.5), form data is of the web.
func oddMultipart(p *message.Part) bool {
	switch strings.TrimPrefix(p.MediaType(), "multipart/") {
	case "mixed", "alternative", "related", "report", "signed", "encrypted", "parallel", "appledouble", "voice-message", "multilingual":
		return false
	case "digest":
		return len(p.Children()) > 0 && p.Children()[0].Is("text/*")
	}
	return true
}

// signaturePart tells whether a part is a signature, which few people would
// call an attachment.
func signaturePart(p *message.Part) bool {
	return p.Is("application/pgp-signature") || p.Is("application/pkcs7-signature") || p.Is("application/x-pkcs7-signature")
}

// attachmentName names an attachment in evidence.
func attachmentName(p *message.Part) string {
	if name := p.Filename(); name != "" {
		return name + ", " + partName(p)
	}
	return partName(p)
}
