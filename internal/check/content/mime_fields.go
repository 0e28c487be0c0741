package content

import (
	"bytes"
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MIMEFields looks at how the MIME fields are written.
func MIMEFields() check.Check {
	return check.New(check.Info{
		Name: "mime_fields", Stage: check.Message,
		Symbols: []verdict.Symbol{
			// Lowered from 2: old ham lacks it more often than spam does.
			{Name: "MISSING_MIME_VERSION", Group: "headers", Score: 0.5, Description: "MIME fields without MIME-Version"},
			{Name: "MIME_HEADER_CTYPE_ONLY", Group: "headers", Score: 2, Description: "Content-Type is the only MIME field"},
			{Name: "BROKEN_CONTENT_TYPE", Group: "headers", Score: 1.5, Description: "A part's Content-Type cannot be understood"},
			{Name: "CT_EXTRA_SEMI", Group: "headers", Score: 1, Description: "Content-Type ends in a semicolon"},
			{Name: "CTE_CASE", Group: "headers", Score: 0.5, Description: "Content-Transfer-Encoding is written 7Bit or 8Bit"},
			{Name: "STOX_REPLY_TYPE", Group: "headers", Score: 1, Description: "Content-Type says reply-type=original"},
			{Name: "CD_MM_BODY", Group: "headers", Score: 2, Description: `Content-Description says "Mail message body", as bulk mailers write it`},
			// Lowered from 0.5: ham shows it eight times as often as spam.
			{Name: "R_MISSING_CHARSET", Group: "headers", Description: "A plain text that is not declared 7bit names no charset"},
		},
	}, mimeFields)
}

func mimeFields(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h, root := tx.Message.Header(), tx.Message.Root()
	contentType := h.First("Content-Type")
	encoding := h.First("Content-Transfer-Encoding")
	if !h.Has("MIME-Version") {
		withoutVersion(h, root, contentType, encoding, out)
	}
	if encoding != nil && wrongCase(encoding.Value()) {
		out.Add("CTE_CASE", encoding.Value())
	}
	if contentType != nil {
		contentTypeStyle(contentType, out)
	}
	if d := h.First("Content-Description"); d != nil && hasFold(d.Value(), "mail message body") && !pegasus(tx.Message) {
		out.Add("CD_MM_BODY", d.Value())
	}
	for _, d := range tx.Message.Defects() {
		if d.Kind == message.BadContentType {
			out.Add("BROKEN_CONTENT_TYPE", d.String())
		}
	}
	if missingCharset(root) {
		out.Add("R_MISSING_CHARSET", partName(root))
	}
	return nil
}

// withoutVersion reports MIME fields in a message that does not claim to be
// MIME (RFC 2045 section 4).
func withoutVersion(h *message.Header, root *message.Part, contentType, encoding *message.Field, out *check.Report) {
	if contentType == nil && encoding == nil {
		return
	}
	evidence := encoding
	if contentType != nil {
		evidence = contentType
	}
	out.Add("MISSING_MIME_VERSION", evidence.Name()+": "+evidence.Value())
	if encoding == nil && !h.Has("Content-Disposition") && !root.Is("text/plain") {
		out.Add("MIME_HEADER_CTYPE_ONLY", contentType.Value())
	}
}

// pegasus tells whether Pegasus Mail wrote the message, which describes its
// texts so, too.
func pegasus(m *message.Message) bool { return hasFold(m.Header().Value("X-Mailer"), "pegasus") }

func contentTypeStyle(f *message.Field, out *check.Report) {
	value := f.Value()
	if strings.HasSuffix(value, ";") {
		out.Add("CT_EXTRA_SEMI", value)
	}
	if hasFold(value, "reply-type=original") {
		out.Add("STOX_REPLY_TYPE", value)
	}
}

func wrongCase(encoding string) bool {
	return strings.HasPrefix(encoding, "7B") || strings.HasPrefix(encoding, "8B")
}

// missingCharset tells whether the message is one plain text that must name
// its charset and does not.
func missingCharset(root *message.Part) bool {
	return root.Declared() && root.Is("text/plain") && root.Charset() == "" && root.Encoding() != "7bit" &&
		len(bytes.TrimSpace(root.Raw())) > 0
}
