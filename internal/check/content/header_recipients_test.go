package content

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

// manyTo gives a To field with n addresses made by format.
func manyTo(format string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return mailWith("To: " + strings.Join(all, ",\n "))
}

func TestRecipients(t *testing.T) {
	checktest.Run(t, Recipients(), append(quietOnClean(Recipients(), "RCPT_COUNT_ONE", "TO_DN_ALL"), []checktest.Case{
		{Name: "nobody", Symbol: "RCPT_COUNT_ZERO", Fires: true, Message: mailWith("-To")},
		{Name: "one", Symbol: "RCPT_COUNT_ONE", Fires: true},
		{Name: "two", Symbol: "RCPT_COUNT_ONE", Message: mailWith("Cc: carol@example.net")},
		{Name: "To and Cc", Symbol: "RCPT_COUNT_TWO", Fires: true, Message: mailWith("Cc: carol@example.net")},
		{Name: "4", Symbol: "RCPT_COUNT_THREE", Fires: true, Message: manyTo("a%d@example.net", 4)},
		{Name: "6", Symbol: "RCPT_COUNT_FIVE", Fires: true, Message: manyTo("a%d@example.net", 6)},
		{Name: "11", Symbol: "RCPT_COUNT_SEVEN", Fires: true, Message: manyTo("a%d@example.net", 11)},
		{Name: "50", Symbol: "RCPT_COUNT_TWELVE", Fires: true, Message: manyTo("a%d@example.net", 50)},
		{Name: "51", Symbol: "RCPT_COUNT_GT_50", Fires: true, Message: manyTo("a%d@example.net", 51)},
		{Name: "one with a name", Symbol: "TO_DN_ALL", Fires: true},
		{Name: "none", Symbol: "TO_DN_ALL", Message: mailWith("To: bob@example.net")},
		{Name: "one of two", Symbol: "TO_DN_SOME", Fires: true, Message: mailWith("Cc: carol@example.net")},
		{Name: "none", Symbol: "TO_DN_NONE", Fires: true, Message: mailWith("To: bob@example.net")},
		{Name: "repeated", Symbol: "TO_DN_EQ_ADDR_ALL", Fires: true, Message: mailWith(`To: "bob@example.net" <bob@example.net>`)},
		{Name: "one of two", Symbol: "TO_DN_EQ_ADDR_SOME", Fires: true,
			Message: mailWith(`To: "bob@example.net" <bob@example.net>, C <carol@example.net>`)},
		{Name: "the word", Symbol: "TO_DN_RECIPIENTS", Fires: true, Message: mailWith("To: Recipients <x@example.org>")},
		{Name: "colleague", Symbol: "TO_DOM_EQ_FROM_DOM", Fires: true, Message: mailWith("Cc: carol@example.com")},
		{Name: "to self", Symbol: "TO_EQ_FROM", Fires: true, Message: mailWith("To: Alice@example.com")},
		{Name: "blanks", Symbol: "TO_WRAPPED_IN_SPACES", Fires: true, Message: mailWith("To: Bob < bob@example.net >")},
		{Name: "undisclosed", Symbol: "R_UNDISC_RCPT", Fires: true, Message: mailWith("To: undisclosed-recipients:;")},
		{Name: "as an address", Symbol: "R_UNDISC_RCPT", Fires: true, Message: mailWith("To: Undisclosed Recipients <x@example.org>")},
		{Name: "but Cc", Symbol: "R_UNDISC_RCPT", Message: mailWith("To: undisclosed-recipients:;", "Cc: bob@example.net")},
		{Name: "sorted", Symbol: "SORTED_RECIPS", Fires: true, Message: manyTo("a%d@example.net", 8)},
		{Name: "six sorted", Symbol: "SORTED_RECIPS", Message: manyTo("a%d@example.net", 6)},
		{Name: "the same again and again", Symbol: "SORTED_RECIPS",
			Message: mailWith("To: " + strings.TrimSuffix(strings.Repeat("a@example.net, ", 8), ", "))},
		{Name: "alike", Symbol: "SUSPICIOUS_RECIPS", Fires: true, Message: manyTo("robert%d@example.net", 9)},
		{Name: "different people", Symbol: "SUSPICIOUS_RECIPS",
			Message: mailWith("To: zoe@a.example, al@b.example, bob@c.example, eve@d.example, ann@e.example, joe@f.example, kim@g.example")},
		{Name: "info", Symbol: "INFO_TO_INFO_LU", Fires: true,
			Message: mailWith("From: info@example.com", "To: info@example.net", "List-Unsubscribe: <mailto:u@example.com>")},
		{Name: "info without unsubscribing", Symbol: "INFO_TO_INFO_LU", Message: mailWith("From: info@example.com", "To: info@example.net")},
	}...))
}
