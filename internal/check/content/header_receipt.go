package content

import (
	"context"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/verdict"
)

// ReadReceipt looks at requests for a receipt (RFC 8098): an honest one goes
// back to the one who wrote.
func ReadReceipt() check.Check {
	return check.New(check.Info{
		Name:  "read_receipt",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("HEADER_FORGED_MDN", 2, "The receipt is to go to another address than the envelope sender's"),
			headerSymbol("HEADER_RCONFIRM_MISMATCH", 2, "The reading confirmation is to go to another address than From"),
			groupSymbol("freemail", "FREEMAIL_MDN", 0, "The receipt is to go to a free mailbox"),
		},
	}, readReceipt)
}

func readReceipt(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	if f := h.First("Disposition-Notification-To"); f != nil {
		if to, ok := addressWithin(f.Value()); ok {
			reportReceiptTo(tx, to, out)
		}
	}
	if f := h.First("X-Confirm-Reading-To"); f != nil {
		to, ok := addressWithin(f.Value())
		if from := author(tx.Message); ok && from != nil && !from.Address.Equal(to) {
			out.Add("HEADER_RCONFIRM_MISMATCH", "to "+to.String(), "From "+from.Address.String())
		}
	}
	return nil
}

// reportReceiptTo compares where a receipt goes with who sent the message.
// The author's own address is excused as well: newsletters have envelope
// senders of their own.
func reportReceiptTo(tx *check.Transaction, to addr.Address, out *check.Report) {
	if addr.Freemail(to.Domain) {
		out.Add("FREEMAIL_MDN", to.String())
	}
	sender := tx.Session.Sender
	if sender.IsZero() || sender.Equal(to) || anyAddress(tx.Message.From(), to) {
		return
	}
	out.Add("HEADER_FORGED_MDN", "to "+to.String(), "envelope sender "+sender.String())
}
