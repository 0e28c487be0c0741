package content

import (
	"context"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MIMEEncoding looks at whether texts are encoded as they need to be. Bulk
// mailers encode plain English in base64 to hide it from simple filters.
func MIMEEncoding() check.Check {
	return check.New(check.Info{
		Name: "mime_encoding", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "MIME_BASE64_TEXT", Group: "mime", Score: 0.1, Description: "A text is encoded in base64"},
			// Lowered from 1: programs of today do it to be on the safe side.
			{Name: "MIME_BASE64_TEXT_BOGUS", Group: "mime", Score: 0.5, Description: "A text of ASCII only is encoded in base64"},
			{Name: "R_BAD_CTE_7BIT", Group: "headers", Score: 3.5, Description: "A text has 8-bit characters and is not declared 8bit"},
		},
	}, mimeEncoding)
}

func mimeEncoding(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		switch p.Encoding() {
		case "base64":
			out.Add("MIME_BASE64_TEXT", partName(p))
			if ascii(p.Decoded()) {
				out.Add("MIME_BASE64_TEXT_BOGUS", partName(p))
			}
		case "", "7bit":
			if !ascii(p.Raw()) {
				out.AddWeighted("R_BAD_CTE_7BIT", sevenBitWeight(p), partName(p), "charset "+p.Charset())
			}
		}
	}
	return nil
}

// sevenBitWeight is low where the charset says already what is meant.
func sevenBitWeight(p *message.Part) float64 {
	if p.Charset() == "utf-8" || p.Encoding() == "" {
		return 0.3
	}
	return 1
}

// asciiBound bounds the bytes of a text that are looked through.
const asciiBound = 64 << 10

// ascii tells whether data, or its beginning, has 7-bit octets only.
func ascii(data []byte) bool {
	for _, c := range data[:min(len(data), asciiBound)] {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
