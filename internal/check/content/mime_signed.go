package content

import (
	"context"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MIMESecurity recognises signed and encrypted messages (RFC 3156, RFC 8551).
// The signatures are not verified.
func MIMESecurity() check.Check {
	return check.New(check.Info{
		Name: "mime_security", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "ENCRYPTED_PGP", Group: "mime_types", Score: -0.5, Description: "The message is encrypted with PGP"},
			{Name: "ENCRYPTED_SMIME", Group: "mime_types", Score: -0.5, Description: "The message is encrypted with S/MIME"},
			{Name: "SIGNED_PGP", Group: "mime_types", Score: -2, Description: "The message bears a PGP signature"},
			{Name: "SIGNED_SMIME", Group: "mime_types", Score: -2, Description: "The message bears an S/MIME signature"},
			// Lowered from 10: a heuristic must not decide alone.
			{Name: "BOGUS_ENCRYPTED_AND_TEXT", Group: "mime_types", Score: 5, Description: "An encrypted part beside readable text"},
		},
	}, mimeSecurity)
}

func mimeSecurity(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Parts() {
		symbol := securitySymbol(p)
		if symbol == "" {
			continue
		}
		out.Add(symbol, partName(p))
		if symbol[0] == 'E' && besideText(p) {
			out.Add("BOGUS_ENCRYPTED_AND_TEXT", partName(p))
		}
	}
	return nil
}

// securitySymbol names what a part does for security. A signature counts
// only where it stands: as the second part of a multipart/signed.
func securitySymbol(p *message.Part) string {
	signature := p.Parent() != nil && p.Parent().Is("multipart/signed") && len(p.Raw()) > 0
	switch p.MediaType() {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		switch p.Param("smime-type") {
		case "signed-data":
			return "SIGNED_SMIME"
		case "certs-only":
			return ""
		}
		return "ENCRYPTED_SMIME"
	case "application/pgp-encrypted":
		return "ENCRYPTED_PGP"
	case "application/pgp-signature":
		if signature {
			return "SIGNED_PGP"
		}
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		if signature {
			return "SIGNED_SMIME"
		}
	}
	return ""
}

// besideText tells whether a part stands beside a text in the same multipart.
func besideText(p *message.Part) bool {
	if p.Parent() == nil {
		return false
	}
	for _, c := range p.Parent().Children() {
		if c.Is("text/*") && !c.IsAttachment() {
			return true
		}
	}
	return false
}
