package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// GTUBE finds the generic test for unsolicited bulk mail: a line with which
// anybody can see what becomes of spam, without sending any. The line as
// SpamAssassin published it is to be rejected; with another first letter it
// asks for another action. rspamd reports all of them as GTUBE; here each has
// its own symbol, so that each can be given its own action.
func GTUBE() check.Check {
	return check.New(check.Info{
		Name: "gtube", Stage: check.Message,
		Trusted: true, // who tests the filter does so from inside, too
		Symbols: []verdict.Symbol{
			{Name: "GTUBE", Group: "misc", Description: "Test line that asks to be rejected"},
			{Name: "GTUBE_ADD_HEADER", Group: "misc", Description: "Test line that asks for the spam header"},
			{Name: "GTUBE_REWRITE_SUBJECT", Group: "misc", Description: "Test line that asks for a marked subject"},
			{Name: "GTUBE_NO_ACTION", Group: "misc", Description: "Test line that asks to be let through"},
		},
	}, gtube)
}

// gtubeTail is the test line without its first letter.
const gtubeTail = "JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

func gtube(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		reportGTUBE(p, p.Visible(), out)
	}
	return nil
}

func reportGTUBE(p *message.Part, text string, out *check.Report) {
	for {
		i := strings.Index(text, gtubeTail)
		if i < 0 {
			return
		}
		if symbol := gtubeSymbol(text[:i]); symbol != "" {
			out.Add(symbol, partName(p))
		}
		text = text[i+len(gtubeTail):]
	}
}

// gtubeSymbol tells by the letter before the tail which line it is.
func gtubeSymbol(before string) string {
	if before == "" {
		return ""
	}
	switch before[len(before)-1] {
	case 'X':
		return "GTUBE"
	case 'Y':
		return "GTUBE_ADD_HEADER"
	case 'Z':
		return "GTUBE_REWRITE_SUBJECT"
	case 'A':
		return "GTUBE_NO_ACTION"
	}
	return ""
}
