package content

import (
	"context"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Freemail tells which addresses in the header are free mailboxes. It weighs
// nothing by itself; composites use it.
func Freemail() check.Check {
	const group = "freemail"
	return check.New(check.Info{
		Name:  "freemail",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			groupSymbol(group, "FREEMAIL_FROM", 0, "From is a free mailbox"),
			groupSymbol(group, "FREEMAIL_TO", 0, "A To address is a free mailbox"),
			groupSymbol(group, "FREEMAIL_CC", 0, "A Cc address is a free mailbox"),
		},
	}, freemail)
}

func freemail(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	reportFreemail(m.From(), "FREEMAIL_FROM", out)
	reportFreemail(m.To(), "FREEMAIL_TO", out)
	reportFreemail(m.Cc(), "FREEMAIL_CC", out)
	return nil
}

// reportFreemail reports free mailboxes, as many as evidence is kept of.
func reportFreemail(boxes []message.Mailbox, symbol string, out *check.Report) {
	found := 0
	for i := range boxes {
		if addr.Freemail(boxes[i].Address.Domain) {
			out.Add(symbol, boxes[i].Address.String())
			if found++; found >= check.MaxEvidence {
				return
			}
		}
	}
}
