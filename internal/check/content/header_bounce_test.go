package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestBounce(t *testing.T) {
	report := mailWith("Content-Type: multipart/report; report-type=delivery-status; boundary=x")
	failed := mailWith("From: Mail Delivery <MAILER-DAEMON@example.com>", "Subject: Undelivered Mail Returned to Sender")
	checktest.Run(t, Bounce(), append(quietOnClean(Bounce()), []checktest.Case{
		{Name: "report", Symbol: "BOUNCE", Fires: true, Session: sentBy("", ""), Message: report},
		{Name: "report of a person", Symbol: "BOUNCE", Message: report},
		{Name: "qmail", Symbol: "BOUNCE", Fires: true, Session: sentBy("", ""), Message: failed},
		{Name: "exim", Symbol: "BOUNCE", Fires: true, Session: sentBy("", ""), Message: mailWith("X-Failed-Recipients: x@example.org")},
		{Name: "answer with null sender", Symbol: "BOUNCE", Session: sentBy("", ""), Message: mailWith("Subject: I am away")},
		{Name: "words", Symbol: "SUBJ_BOUNCE_WORDS", Fires: true, Message: failed, Evidence: "returned to sender"},
	}...))
}
