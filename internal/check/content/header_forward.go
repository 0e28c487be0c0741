package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Forwarding recognises mail that somebody's mailbox passed on. SPF of the
// original sender cannot match on it, which composites take into account.
func Forwarding() check.Check {
	const group = "forwarding"
	return check.New(check.Info{
		Name:  "forwarding",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			groupSymbol(group, "FORWARDED", 0, "The message was forwarded to the recipient"),
			groupSymbol(group, "FWD_CPANEL", 0, "A cPanel host forwarded the message"),
			groupSymbol(group, "FWD_GOOGLE", 0, "Google forwarded the message"),
			groupSymbol(group, "FWD_MAILRU", 0, "Mail.ru forwarded the message"),
			groupSymbol(group, "FWD_SIEVE", 0, "A Sieve script forwarded the message"),
			groupSymbol(group, "FWD_SRS", 0, "The envelope sender was rewritten by SRS"),
			groupSymbol(group, "FWD_YANDEX", 0, "Yandex forwarded the message"),
		},
	}, forwarding)
}

func forwarding(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m, sender := tx.Message, tx.Session.Sender
	h := m.Header()
	if hasPrefixFold(sender.Local, "srs0") || hasPrefixFold(sender.Local, "srs1") {
		if len(sender.Local) > 5 && strings.IndexByte("=+-", sender.Local[4]) >= 0 {
			out.Add("FWD_SRS", sender.String())
		}
	}
	// Google: user+caf_=recipient=example.org@gmail.com
	if strings.Contains(sender.Local, "+caf_=") && h.Has("X-Forwarded-To") && h.Has("X-Google-DKIM-Signature") {
		out.Add("FWD_GOOGLE", sender.String())
	}
	if f := h.First("X-Sieve-Redirected-From"); f != nil {
		out.Add("FWD_SIEVE", f.Value())
	}
	if f := h.First("X-Yandex-Forward"); f != nil {
		out.Add("FWD_YANDEX", f.Value())
	}
	if f := h.First("X-MailRu-Forward"); f != nil {
		out.Add("FWD_MAILRU", f.Value())
	}
	if via := h.Value("X-Get-Message-Sender-Via"); strings.Contains(via, "redirect/forwarder") {
		out.Add("FWD_CPANEL", via)
	}
	if by := forwardedBy(tx, m); by != "" {
		out.Add("FORWARDED", by)
	}
	return nil
}

// forwardedBy names the address that passed the message on, by fields that
// only forwarding leaves, or by a mailbox the message was delivered to that is
// not the recipient's; "" when there is none.
func forwardedBy(tx *check.Transaction, m *message.Message) string {
	if sendsForList(m) {
		return ""
	}
	h := m.Header()
	for _, name := range forwardFields {
		if a, ok := addressWithin(h.Value(name)); ok {
			return name + ": " + a.String()
		}
	}
	for _, name := range mailboxFields {
		if a, ok := addressWithin(h.Value(name)); ok && !isRecipient(tx, a.String()) {
			return name + ": " + a.String()
		}
	}
	return ""
}

// forwardFields are left by forwarding only; mailboxFields name a mailbox
// that the message was delivered to, the recipient's own included.
var (
	forwardFields = [...]string{"X-Forwarded-For", "X-Forwarded-To", "Resent-To"}
	mailboxFields = [...]string{"X-Original-To", "Delivered-To"}
)

// isRecipient tells whether the envelope has that recipient, or none at all.
func isRecipient(tx *check.Transaction, address string) bool {
	for i := range tx.Session.Recipients {
		if strings.EqualFold(tx.Session.Recipients[i].Address.String(), address) {
			return true
		}
	}
	return len(tx.Session.Recipients) == 0
}
