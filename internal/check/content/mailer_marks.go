package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MailerMarks looks for marks of single mailers that contradict what the
// message says elsewhere.
func MailerMarks() check.Check {
	return check.New(check.Info{
		Name: "mailer_marks", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "FORGED_MUA_THEBAT_BOUN", Group: "headers", Score: 2, Description: "Feigns The Bat!, but the boundary is not its own"},
			{Name: "FORGED_MSGID_YAHOO", Group: "headers", Score: 2, Description: "Message-ID of Yahoo in a message from elsewhere"},
			{Name: "REPTO_QUOTE_YAHOO", Group: "headers", Score: 2, Description: "Quoted name in Reply-To, which Yahoo does not write"},
			{Name: "HAS_INTERSPIRE_SIG", Group: "headers", Score: 1, Description: "Sent with Interspire, a program for mass mailing"},
		},
	}, mailerMarks)
}

func mailerMarks(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	id := m.MessageID()
	fromYahoo := yahooSender(m)
	if suffixFold(id, "@yahoo.com") && !fromYahoo && len(m.From()) > 0 {
		out.Add("FORGED_MSGID_YAHOO", "Message-ID: "+id, "From: "+m.Header().Value("From"))
	}
	if reply := m.Header().Value("Reply-To"); strings.HasPrefix(reply, `"`) && (fromYahoo || suffixFold(id, "@yahoo.com")) {
		out.Add("REPTO_QUOTE_YAHOO", "Reply-To: "+reply)
	}
	if mailer := m.Header().Value("X-Mailer"); strings.HasPrefix(mailer, "The Bat! (v1.") {
		b := m.Root().Param("boundary")
		if b != "" && !strings.HasPrefix(b, "----------") && !m.Header().Has("X-Mailman-Version") {
			out.Add("FORGED_MUA_THEBAT_BOUN", mailer, "boundary "+b)
		}
	}
	if evidence := interspire(m); evidence != "" {
		out.Add("HAS_INTERSPIRE_SIG", evidence)
	}
	return nil
}

func yahooSender(m *message.Message) bool {
	for _, f := range m.From() {
		if f.Address.Domain == "yahoo.com" {
			return true
		}
	}
	return false
}

// interspire recognises the fields that program adds, or its address for
// unsubscribing.
func interspire(m *message.Message) string {
	h := m.Header()
	if h.Has("X-Mailer-LID") && h.Has("X-Mailer-RecptId") && h.Has("X-Mailer-SID") && h.Has("X-Mailer-Sent-By") {
		return "X-Mailer-LID: " + h.Value("X-Mailer-LID")
	}
	list := h.Value("List-Unsubscribe")
	if i := strings.Index(list, "/unsubscribe.php?M="); i >= 0 && strings.Contains(list[i:], "&C=") && strings.Contains(list[i:], "&L=") && strings.Contains(list[i:], "&N=") {
		return "List-Unsubscribe: " + list
	}
	return ""
}
