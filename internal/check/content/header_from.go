package content

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// From looks at how the author's address is written in From.
func From() check.Check {
	return check.New(check.Info{
		Name:  "from",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("FROM_INVALID", 2, "The From field holds no valid address"),
			headerSymbol("FROM_COMMA_BEFORE_ADDR", 2, "A comma parts name and address in From, which hides the address from simple filters"),
			headerSymbol("FROM_HAS_DN", 0, "The From address has a display name"),
			headerSymbol("FROM_NO_DN", 0, "The From address has no display name"),
			headerSymbol("FROM_DN_EQ_ADDR", 1, "The display name in From repeats the address"),
			headerSymbol("R_NO_SPACE_IN_FROM", 1, "Nothing parts display name and address in From"),
			groupSymbol("compromised_hosts", "FROM_SERVICE_ACCT", 1,
				"From, Sender or Reply-To is the account of a service such as a web server"),
			groupSymbol("compromised_hosts", "WWW_DOT_DOMAIN", 0.5,
				"From, Sender, Reply-To or the envelope sender is at a www host"),
		},
	}, fromCheck)
}

func fromCheck(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	if f := m.Header().First("From"); f != nil {
		reportFromForm(m, f, out)
	}
	reportServiceAccounts(tx, out)
	return nil
}

// reportFromForm reports how the first address in From is written.
func reportFromForm(m *message.Message, f *message.Field, out *check.Report) {
	from := author(m)
	if first := firstOf(m.From()); first == nil || !first.Valid {
		out.Add("FROM_INVALID", f.Value())
	}
	if from == nil {
		return
	}
	switch name := strings.TrimSpace(from.Name); {
	case name == "":
		out.Add("FROM_NO_DN")
	case strings.EqualFold(strings.Trim(name, `"'<>`), from.Address.String()):
		out.Add("FROM_DN_EQ_ADDR", from.Raw)
		fallthrough
	default:
		out.Add("FROM_HAS_DN")
	}
	i := strings.LastIndexByte(from.Raw, '<')
	if i < 1 {
		return
	}
	if !strings.ContainsRune(" \t\r\n<,;:", rune(from.Raw[i-1])) {
		out.Add("R_NO_SPACE_IN_FROM", from.Raw)
	}
	if strings.HasSuffix(strings.TrimRight(from.Raw[:i], " \t\r\n_"), ",") {
		out.Add("FROM_COMMA_BEFORE_ADDR", from.Raw)
	}
}

// reportServiceAccounts reports addresses that web servers and the like write
// when a script of theirs sends mail.
func reportServiceAccounts(tx *check.Transaction, out *check.Report) {
	m := tx.Message
	for _, boxes := range [...][]message.Mailbox{m.From(), m.Sender(), m.ReplyTo()} {
		if box := firstOf(boxes); box != nil {
			if isServiceAccount(box.Address.Local) {
				out.Add("FROM_SERVICE_ACCT", box.Address.String())
			}
			reportWWW(box.Address, out)
		}
	}
	reportWWW(tx.Session.Sender, out)
}

func reportWWW(a addr.Address, out *check.Report) {
	if strings.HasPrefix(a.Domain, "www.") {
		out.Add("WWW_DOT_DOMAIN", a.String())
	}
}
