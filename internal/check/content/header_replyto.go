package content

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Bounds on an address (RFC 5321 section 4.5.3.1).
const (
	maxLocalPart = 64
	maxDomain    = 255
)

// ReplyTo compares Reply-To with From and To: an answer that goes elsewhere
// than the reader believes is the heart of much fraud.
func ReplyTo() check.Check {
	return check.New(check.Info{
		Name:  "reply_to",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("HAS_REPLYTO", 0, "There is a Reply-To field"),
			headerSymbol("REPLYTO_UNPARSEABLE", 1, "The Reply-To field cannot be understood"),
			headerSymbol("REPLYTO_INVALID", 1, "The Reply-To address is not valid"),
			headerSymbol("REPLYTO_LOCALPART_LONG", 2, "The local part of Reply-To is longer than 64 characters"),
			headerSymbol("REPLYTO_DOMAIN_LONG", 2, "The domain of Reply-To is longer than 255 characters"),
			headerSymbol("REPLYTO_EQ_FROM", 0, "Reply-To is the same as From"),
			headerSymbol("REPLYTO_ADDR_EQ_FROM", 0, "Reply-To has the From address under another name"),
			headerSymbol("REPLYTO_DOM_EQ_FROM_DOM", 0, "Reply-To is in the From domain"),
			headerSymbol("REPLYTO_DOM_NEQ_FROM_DOM", 0, "Reply-To is in another domain than From"),
			headerSymbol("REPLYTO_DOM_EQ_TO_DOM", 0, "Reply-To is in the To domain"),
			headerSymbol("REPLYTO_DOM_NEQ_TO_DOM", 0, "Reply-To is in another domain than To"),
			headerSymbol("REPLYTO_DN_EQ_FROM_DN", 0, "Reply-To has the From display name at another address"),
			headerSymbol("REPLYTO_EMAIL_HAS_TITLE", 2, "The display name in Reply-To begins with a title such as Mr or Dr"),
			// rspamd: 5. Lists and self-made forms do it too, as often as spam.
			headerSymbol("REPLYTO_EQ_TO_ADDR", 2.5, "Reply-To is the recipient's own address"),
			// rspamd: 6. Capped: no single heuristic reaches the junk threshold of 6.
			headerSymbol("SPOOF_REPLYTO", 4, "Mail that claims to be from the recipient's own domain wants its answer elsewhere"),
			groupSymbol("freemail", "FREEMAIL_REPLYTO", 0, "Reply-To is a free mailbox"),
			headerSymbol("FREEMAIL_REPLYTO_NEQ_FROM_DOM", 3, "From and Reply-To are free mailboxes of different providers"),
			headerSymbol("REPLYTO_FREEMAIL_FROM_OTHER", 1.5, "From is an organization's address, but answers go to a free mailbox"),
		},
	}, replyTo)
}

func replyTo(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	f := m.Header().First("Reply-To")
	if f == nil {
		return nil
	}
	out.Add("HAS_REPLYTO", f.Text())
	reply := firstOf(m.ReplyTo())
	if reply == nil {
		out.Add("REPLYTO_UNPARSEABLE", f.Value())
		return nil
	}
	reportReplyForm(reply, out)
	if reply.Address.Domain == "" {
		return nil
	}
	if addr.Freemail(reply.Address.Domain) {
		out.Add("FREEMAIL_REPLYTO", reply.Address.Domain)
	}
	if from := author(m); from != nil {
		reportReplyFrom(reply, from, out)
		if !reportReplySpoof(tx, reply, from, out) {
			reportReplyFreemail(m, reply, from, out)
		}
	}
	if to := firstOf(m.To()); to != nil {
		reportReplyRecipient(m, reply, to, out)
	}
	return nil
}

// reportReplyForm reports how the address is written.
func reportReplyForm(reply *message.Mailbox, out *check.Report) {
	a := reply.Address
	if !reply.Valid {
		out.Add("REPLYTO_INVALID", reply.Raw)
	}
	if len(a.Local) > maxLocalPart {
		out.Add("REPLYTO_LOCALPART_LONG", a.Local)
	}
	if len(a.Domain) > maxDomain {
		out.Add("REPLYTO_DOMAIN_LONG", a.Domain)
	}
	if beginsWithTitle(reply.Name) {
		out.Add("REPLYTO_EMAIL_HAS_TITLE", reply.Name)
	}
}

// reportReplyFrom compares Reply-To with From.
func reportReplyFrom(reply, from *message.Mailbox, out *check.Report) {
	sameName := reply.Name != "" && strings.EqualFold(reply.Name, from.Name)
	switch same := reply.Address.Equal(from.Address); {
	case same && (sameName || reply.Name == from.Name):
		out.Add("REPLYTO_EQ_FROM")
	case same:
		out.Add("REPLYTO_ADDR_EQ_FROM")
	case sameName:
		out.Add("REPLYTO_DN_EQ_FROM_DN", reply.Name)
	}
	if reply.Address.Domain == from.Address.Domain {
		out.Add("REPLYTO_DOM_EQ_FROM_DOM")
	} else {
		out.Add("REPLYTO_DOM_NEQ_FROM_DOM", "Reply-To "+reply.Address.Domain, "From "+from.Address.Domain)
	}
}

// reportReplyFreemail reports answers that go to free mailboxes elsewhere.
func reportReplyFreemail(m *message.Message, reply, from *message.Mailbox, out *check.Report) {
	there, here := reply.Address.Domain, from.Address.Domain
	if !addr.Freemail(there) || there == here || sendsForList(m) || relayedAs(m, from) {
		return
	}
	evidence := []string{"From " + from.Address.String(), "Reply-To " + reply.Address.String()}
	if addr.Freemail(here) {
		// The same person at the same provider's other domain is no news.
		if !strings.EqualFold(reply.Address.Local, from.Address.Local) {
			out.Add("FREEMAIL_REPLYTO_NEQ_FROM_DOM", evidence...)
		}
		return
	}
	out.Add("REPLYTO_FREEMAIL_FROM_OTHER", evidence...)
}

// reportReplySpoof reports mail that claims to come from the recipient's own
// domain while the answer leaves it, and tells whether it did.
func reportReplySpoof(tx *check.Transaction, reply, from *message.Mailbox, out *check.Report) bool {
	m, domain := tx.Message, from.Address.Domain
	if domain == "" || addr.SameRegistrable(reply.Address.Domain, domain) || addr.Freemail(domain) {
		return false
	}
	if !anyDomain(m.To(), domain) && !anyRecipient(tx, domain) {
		return false
	}
	if sendsForList(m) || relayedAs(m, from) || anyAddress(m.To(), reply.Address) || anyAddress(m.Cc(), reply.Address) ||
		tx.Session.Authenticated() {
		return false
	}
	out.Add("SPOOF_REPLYTO", "From and recipient "+domain, "Reply-To "+reply.Address.String())
	return true
}

// relayedAs tells whether a list wrote its own address into From and the
// author into Reply-To ("Alice via Dev" <dev@lists.example>), as far as that
// shows when somebody took the list's fields off.
func relayedAs(m *message.Message, from *message.Mailbox) bool {
	return strings.Contains(from.Name, " via ") && (anyAddress(m.To(), from.Address) || anyAddress(m.Cc(), from.Address))
}

// reportReplyRecipient compares Reply-To with the first To address.
func reportReplyRecipient(m *message.Message, reply, to *message.Mailbox, out *check.Report) {
	if reply.Address.Domain == to.Address.Domain {
		out.Add("REPLYTO_DOM_EQ_TO_DOM")
	} else {
		out.Add("REPLYTO_DOM_NEQ_TO_DOM", "Reply-To "+reply.Address.Domain, "To "+to.Address.Domain)
	}
	if anyAddress(m.To(), reply.Address) && !anyAddress(m.From(), reply.Address) && !sendsForList(m) && len(m.ReplyTo()) == 1 {
		out.Add("REPLYTO_EQ_TO_ADDR", reply.Address.String())
	}
}
