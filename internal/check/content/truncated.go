package content

import (
	"context"
	"strconv"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Truncated tells that only the beginning of a message was examined, since it
// is larger than the door takes.
func Truncated() check.Check {
	return check.New(check.Info{
		Name: "truncated", Stage: check.Message, Trusted: true,
		Symbols: []verdict.Symbol{
			{Name: "MESSAGE_TRUNCATED", Group: defectGroup, Description: "The message is larger than the door takes: its end was not examined"},
		},
	}, truncated)
}

func truncated(_ context.Context, tx *check.Transaction, out *check.Report) error {
	if tx.Session.Truncated {
		out.Add("MESSAGE_TRUNCATED", strconv.Itoa(len(tx.Message.Raw()))+" bytes were examined")
	}
	return nil
}

// oursToBreak are the defects that come of our own cutting a message short:
// the sender is not to blame for them.
var oursToBreak = map[message.DefectKind]bool{
	message.Truncated: true, message.UnclosedMultipart: true, message.TruncatedBase64: true,
	message.BoundaryNotFound: true, message.EmptyMultipart: true, message.BadUUEncode: true,
}
