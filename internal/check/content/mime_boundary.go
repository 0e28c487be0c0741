package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// MIMEBoundary looks for boundaries that feign those of Outlook Express,
// which are made of the time: bulk mailers carry one frozen in them.
func MIMEBoundary() check.Check {
	return check.New(check.Info{
		Name: "mime_boundary", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "SUSPICIOUS_BOUNDARY", Group: "mua", Score: 5, Description: "Boundary with a time that bulk mailers carry frozen in them"},
			{Name: "SUSPICIOUS_BOUNDARY2", Group: "mua", Score: 4, Description: "Boundary with the frozen time of one bulk mailer"},
			{Name: "SUSPICIOUS_BOUNDARY3", Group: "mua", Score: 3, Description: "Boundary that resembles none of a real mail program"},
			{Name: "SUSPICIOUS_BOUNDARY4", Group: "mua", Score: 4, Description: "Boundary with a time of 2004 in a later message"},
		},
	}, mimeBoundary)
}

func mimeBoundary(_ context.Context, tx *check.Transaction, out *check.Report) error {
	root := tx.Message.Root()
	if !root.Multipart() {
		return nil
	}
	b := root.Param("boundary")
	if symbol := frozenBoundary(tx, b); symbol != "" {
		out.Add(symbol, b)
	}
	return nil
}

// nextPart begins the boundaries of Outlook Express; after it come four
// characters, "_", the upper half of a Windows file time in hexadecimal, ".",
// and its lower half.
const nextPart = "----=_NextPart_000_"

func frozenBoundary(tx *check.Transaction, boundary string) string {
	rest, ok := strings.CutPrefix(boundary, nextPart)
	if !ok {
		if oddBoundary(boundary) {
			return "SUSPICIOUS_BOUNDARY3"
		}
		return ""
	}
	if len(rest) != len("XXXX_XXXXXXXX.XXXXXXXX") || rest[4] != '_' || rest[13] != '.' {
		return ""
	}
	switch time := rest[5:13]; time {
	case "00EBFFA4", "0102FFA4", "32C6FFA4", "3302FFA4":
		return "SUSPICIOUS_BOUNDARY"
	case "01C6527E":
		return "SUSPICIOUS_BOUNDARY2"
	default:
		// The upper half changes every seven minutes; 01C4 were the years
		// 2003 and 2004.
		if d, ok := tx.Message.Date(); ok && strings.HasPrefix(time, "01C4") && d.Year() >= 2005 {
			return "SUSPICIOUS_BOUNDARY4"
		}
	}
	return ""
}

// oddBoundary recognises "-----000-00dd-01Cxxxxx-xxxxxxxx".
func oddBoundary(b string) bool {
	const form = "-----000-00dd-01Cxxxxx-xxxxxxxx"
	if len(b) != len(form) {
		return false
	}
	for i := range len(form) {
		switch c := b[i]; form[i] {
		case 'd':
			if c < '0' || c > '9' {
				return false
			}
		case 'x':
			if (c < '0' || c > '9') && (c < 'A' || c > 'F') {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	return true
}
