package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// Bounce recognises delivery reports (RFC 3464) and older forms of them.
func Bounce() check.Check {
	return check.New(check.Info{
		Name:  "bounce",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("BOUNCE", -0.1, "The message is a delivery report"),
			headerSymbol("SUBJ_BOUNCE_WORDS", 0, "The subject reads like that of a delivery report"),
		},
	}, bounce)
}

func bounce(_ context.Context, tx *check.Transaction, out *check.Report) error {
	words := bounceWords(subjectOf(tx))
	if words != "" {
		out.Add("SUBJ_BOUNCE_WORDS", words)
	}
	if why := bounceBy(tx, words != ""); why != "" {
		out.Add("BOUNCE", why)
	}
	return nil
}

// bounceBy says by what a delivery report is recognised; "" when it is none.
// A real one has the null sender, unless no envelope is known.
func bounceBy(tx *check.Transaction, words bool) string {
	if tx.Session.HasSender && !tx.Session.Bounce() && !isDaemon(tx.Session.Sender.Local) {
		return ""
	}
	m := tx.Message
	h := m.Header()
	if f := h.First("Content-Type"); f != nil && hasPrefixFold(f.Value(), "multipart/report") {
		if v := f.Value(); containsFold(v, "delivery-status") || words {
			return v
		}
	}
	if f := h.First("X-Failed-Recipients"); f != nil {
		return "X-Failed-Recipients: " + f.Value()
	}
	if from := author(m); words && from != nil && isDaemon(from.Address.Local) {
		return "From: " + from.Address.String()
	}
	return ""
}

// isDaemon tells whether a local part is one that reports come from.
func isDaemon(local string) bool {
	return strings.EqualFold(local, "mailer-daemon") || strings.EqualFold(local, "postmaster")
}

// bounceSubjects are words that mail servers use in the subject of reports,
// in small letters.
var bounceSubjects = [...]string{
	"mail delivery fail", "mail delivery sys", "delivery status notif", "delivery fail", "failure notice",
	"returned mail", "returned to sender", "undeliver", "undelivered mail", "mail system error",
	"non delivery", "non-delivery", "delivery report", "message delayed", "mail could not be delivered",
	"could not send message", "unzustellbar", "nicht zustellbar", "non remis", "delivery has failed",
}

// maxBounceSubject bounds what is examined of a subject.
const maxBounceSubject = 120

// bounceWords finds such words in a subject; "" when there are none.
func bounceWords(text string) string {
	if len(text) > maxBounceSubject {
		text = text[:maxBounceSubject]
	}
	text = strings.ToLower(text)
	for _, words := range bounceSubjects {
		if strings.Contains(text, words) {
			return words
		}
	}
	return ""
}
