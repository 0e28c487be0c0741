package envelope

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/greylist"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Greylister tells whether a recipient's mail may pass now.
type Greylister interface {
	Ask(ctx context.Context, s *session.Session, recipient addr.Address) greylist.Answer
}

// Greylist asks clients that are new to come back later, for the mail of one
// door: what greylisting daemons do that stand behind a policy port. Its
// refusal bears the symbol of the restriction greylist, GREYLIST, which the
// restrictions declare.
// Local and logged-in clients never wait. waits tells that the greylister asks somebody before it knows.
func Greylist(g Greylister, door string, waits bool) check.Check {
	return check.New(check.Info{
		Name: "greylist", Stage: check.Rcpt, Waits: waits, Decides: true, Door: door,
		Symbols: []verdict.Symbol{
			symbol("greylist", "GREYLIST_PASSED", 0, "The client may pass greylisting"),
		},
	}, func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		if tx.Recipient == nil {
			return nil
		}
		a := g.Ask(ctx, tx.Session, tx.Recipient.Address)
		switch {
		case a.Decision == greylist.Unknown:
			return a.Err
		case a.Decision == greylist.Wait:
			out.Decide("GREYLIST", check.Decision{Action: verdict.Greylist, Reply: GreylistReply(a)}, a.Evidence())
			return nil
		case a.Header != "":
			name, value, _ := strings.Cut(a.Header, ":")
			out.Change(verdict.Change{Op: verdict.Prepend, Name: name, Value: strings.TrimSpace(value)})
		}
		out.Add("GREYLIST_PASSED", a.Evidence())
		return nil
	})
}

// GreylistReply is the SMTP reply of an answer that asks to wait.
func GreylistReply(a greylist.Answer) verdict.Reply {
	r := verdict.Reply{Code: 450, Enhanced: "4.2.0", Text: a.Text}
	if own, err := verdict.ParseReply(a.Action + " " + a.Text); err == nil {
		r.Code, r.Text = own.Code, own.Text
		if own.Enhanced != "" {
			r.Enhanced = own.Enhanced
		}
	}
	return r
}
