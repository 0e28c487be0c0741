package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestMailingList(t *testing.T) {
	list := func(fields ...string) string { return mailWith(fields...) }
	checktest.Run(t, MailingList(), append(quietOnClean(MailingList()), []checktest.Case{
		{Name: "mailman", Symbol: "MAILLIST", Fires: true, Evidence: "Mailman", Message: list("X-Mailman-Version: 2.1.39")},
		{Name: "google groups", Symbol: "MAILLIST", Fires: true, Evidence: "Google Groups", Message: list("List-ID: <dev.googlegroups.com>")},
		{Name: "ezmlm", Symbol: "MAILLIST", Fires: true, Evidence: "ezmlm",
			Message: list("Mailing-List: contact dev-help@example.org; run by ezmlm")},
		{Name: "sympa", Symbol: "MAILLIST", Fires: true, Evidence: "Sympa", Message: list("X-Sympa-To: dev@example.org")},
		{Name: "listserv", Symbol: "MAILLIST", Fires: true, Evidence: "LISTSERV", Message: list("X-LISTSERV: 16.0")},
		{Name: "communigate", Symbol: "MAILLIST", Fires: true, Message: list("X-Listserver: CommuniGate Pro LIST")},
		{Name: "discourse", Symbol: "MAILLIST", Fires: true, Message: list("X-Discourse-Post-Id: 1")},
		{Name: "majordomo", Symbol: "MAILLIST", Fires: true, Evidence: "Majordomo",
			Message: list("Sender: owner-dev@example.org", "Precedence: bulk")},
		{Name: "fields of the RFC", Symbol: "MAILLIST", Fires: true, Evidence: "dev.example.org",
			Message: list("List-Id: Dev <dev.example.org>", "List-Post: <mailto:dev@example.org>")},
		{Name: "newsletter", Symbol: "MAILLIST", Message: list("List-Unsubscribe: <https://example.org/u>")},
		{Name: "some", Symbol: "HAS_LIST_UNSUB", Fires: true, Message: list("List-Unsubscribe: <https://example.org/u>")},
		{Name: "bulk", Symbol: "PRECEDENCE_BULK", Fires: true, Message: list("Precedence: Bulk")},
		{Name: "first class", Symbol: "PRECEDENCE_BULK", Message: list("Precedence: first-class")},
		{Name: "some", Symbol: "PREVIOUSLY_DELIVERED", Fires: true, Message: list("Delivered-To: dev@example.org")},
	}...))
}
