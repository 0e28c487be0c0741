package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestReadReceipt(t *testing.T) {
	checktest.Run(t, ReadReceipt(), append(quietOnClean(ReadReceipt()), []checktest.Case{
		{Name: "elsewhere", Symbol: "HEADER_FORGED_MDN", Fires: true, Evidence: "to x@example.org",
			Message: mailWith("Disposition-Notification-To: <x@example.org>")},
		{Name: "sender", Symbol: "HEADER_FORGED_MDN", Message: mailWith("Disposition-Notification-To: alice@example.com")},
		{Name: "author", Symbol: "HEADER_FORGED_MDN", Session: sentBy("bounce", "example.org"),
			Message: mailWith("Disposition-Notification-To: alice@example.com")},
		{Name: "elsewhere", Symbol: "HEADER_RCONFIRM_MISMATCH", Fires: true, Message: mailWith("X-Confirm-Reading-To: x@example.org")},
		{Name: "author", Symbol: "HEADER_RCONFIRM_MISMATCH", Message: mailWith("X-Confirm-Reading-To: alice@example.com")},
		{Name: "Gmail", Symbol: "FREEMAIL_MDN", Fires: true, Message: mailWith("Disposition-Notification-To: a@gmail.com")},
	}...))
}
