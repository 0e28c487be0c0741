package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MailingList recognises mail that came by a mailing list, and by which
// software. It proves nothing (anybody can write these fields) and therefore
// weighs little; composites use it to excuse what lists do to mail.
func MailingList() check.Check {
	return check.New(check.Info{
		Name:  "mailing_list",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("MAILLIST", -0.2, "The message seems to come by a mailing list"),
			headerSymbol("HAS_LIST_UNSUB", -0.01, "There is a List-Unsubscribe field"),
			headerSymbol("PRECEDENCE_BULK", 0, "The message calls itself bulk, list or junk mail"),
			headerSymbol("PREVIOUSLY_DELIVERED", 0, "The message was delivered before, to a list or a forwarding address"),
		},
	}, mailingList)
}

func mailingList(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	if software := listSoftware(h); software != "" {
		out.Add("MAILLIST", software, h.Value("List-Id"))
	}
	if f := h.First("List-Unsubscribe"); f != nil {
		out.Add("HAS_LIST_UNSUB", f.Value())
	}
	if f := h.First("Precedence"); f != nil && bulkPrecedence(f.Value()) {
		out.Add("PRECEDENCE_BULK", f.Value())
	}
	if f := h.First("Delivered-To"); f != nil {
		out.Add("PREVIOUSLY_DELIVERED", f.Value())
	}
	return nil
}

func bulkPrecedence(value string) bool {
	return strings.EqualFold(value, "bulk") || strings.EqualFold(value, "list") || strings.EqualFold(value, "junk")
}

// sendsForList tells whether the message bears a list's marks: checks that
// compare addresses leave such mail alone, since lists set Reply-To and From
// as they like.
func sendsForList(m *message.Message) bool {
	h := m.Header()
	return h.Has("List-Id") || h.Has("List-Post") || h.Has("Mailing-List") || listSoftware(h) != ""
}

// listSoftware names the software of the list that sent the message by the
// fields it leaves; "" when it does not come by a list.
func listSoftware(h *message.Header) string {
	switch {
	case h.Has("X-Mailman-Version") || h.Has("X-Mailman-Rule-Misses"):
		return "Mailman"
	case h.Has("X-Google-Group-Id") || strings.HasSuffix(trimID(h.Value("List-Id")), ".googlegroups.com"):
		return "Google Groups"
	case strings.Contains(h.Value("Mailing-List"), "ezmlm"):
		return "ezmlm"
	case h.Has("X-Sympa-To") || h.Has("X-Loop") && h.Has("List-Owner") && h.Has("X-No-Archive"):
		return "Sympa"
	case h.Has("X-Listserver"):
		return "CommuniGate Pro"
	case h.Has("X-LISTSERV") || strings.HasPrefix(h.Value("Comments"), "To: ") && h.Has("List-Owner"):
		return "LISTSERV"
	case h.Has("X-Mlmmj-Version") || strings.Contains(h.Value("X-Mailing-List"), "mlmmj"):
		return "mlmmj"
	case h.Has("X-Discourse-Post-Id"):
		return "Discourse"
	case majordomo(h):
		return "Majordomo"
	}
	return listByRFC(h)
}

// trimID takes the description and the angle brackets off a List-Id.
func trimID(value string) string {
	_, id, ok := strings.Cut(value, "<")
	if !ok {
		return value
	}
	id, _, _ = strings.Cut(id, ">")
	return strings.ToLower(strings.TrimSpace(id))
}

// majordomo leaves only the owner's address as Sender and the precedence, as
// smaller lists' software also does.
func majordomo(h *message.Header) bool {
	if !bulkPrecedence(h.Value("Precedence")) {
		return false
	}
	sender := h.Value("Sender")
	return hasPrefixFold(sender, "owner-") || containsFold(sender, "-owner@") || containsFold(h.Value("X-Mailing-List"), "@")
}

// listByRFC recognises the fields of RFC 2919 and RFC 2369. List-Unsubscribe
// alone is a newsletter's.
func listByRFC(h *message.Header) string {
	if h.Has("List-Post") && (h.Has("List-Id") || h.Has("List-Help") || h.Has("List-Subscribe")) {
		return "RFC 2369 fields"
	}
	if h.Has("List-Id") && h.Has("List-Unsubscribe") && bulkPrecedence(h.Value("Precedence")) {
		return "RFC 2919 fields"
	}
	return ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
