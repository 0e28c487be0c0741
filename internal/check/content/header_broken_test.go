package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

func TestBrokenHeader(t *testing.T) {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	checktest.Run(t, BrokenHeader(), append(quietOnClean(BrokenHeader()), []checktest.Case{
		{Name: "junk line", Symbol: "BROKEN_HEADERS", Fires: true,
			Message: strings.Replace(checktest.Clean, "Subject:", "this is no field\nSubject:", 1)},
		{Name: "folded field", Symbol: "BROKEN_HEADERS", Message: mailWith("Subject: one\n two")},
		{Name: "no header", Symbol: "HEADER_NONE", Fires: true, Message: "\nJust text.\n"},
		{Name: "blank before colon", Symbol: "HEADER_SPACE_BEFORE_COLON", Fires: true,
			Message: strings.Replace(checktest.Clean, "Subject:", "Subject :", 1)},
		{Name: "Latin-1", Symbol: "HEADER_8BIT", Fires: true, Message: mailWith("Subject: caf\xe9")},
		{Name: "UTF-8", Symbol: "HEADER_8BIT", Message: mailWith("Subject: café")},
		{Name: "bad base64", Symbol: "HEADER_BAD_ENCODED_WORD", Fires: true, Message: mailWith("Subject: =?utf-8?B?*****?=")},
		{Name: "good base64", Symbol: "HEADER_BAD_ENCODED_WORD", Message: mailWith("Subject: =?utf-8?B?Y2Fmw6k=?=")},
		{Name: "blank fold", Symbol: "HEADER_BAD_FOLD", Fires: true, Message: mailWith("Subject: one\n \n two")},
		{Name: "NUL", Symbol: "HEADER_NUL", Fires: true, Message: mailWith("Subject: one\x00two")},
		{Name: "NUL in the body", Symbol: "HEADER_NUL", Message: checktest.Clean + "\x00\n"},
		{Name: "bare CR", Symbol: "HEADER_BARE_CR", Fires: true, Raw: true, Message: crlf(mailWith("Subject: one\rtwo"))},
		{Name: "long line", Symbol: "HEADER_LONG_LINE", Fires: true, Message: mailWith("Subject: " + strings.Repeat("a", 1000))},
		{Name: "long line in the body", Symbol: "HEADER_LONG_LINE", Message: checktest.Clean + strings.Repeat("a", 1200) + "\n"},
		{Name: "no address", Symbol: "HEADER_BAD_ADDRESS", Fires: true, Message: mailWith("To: <<>>@@,,")},
		{Name: "too many fields", Symbol: "HEADER_TOO_LARGE", Fires: true,
			Message: mailWith("X-Many: 1" + strings.Repeat("\nX-Many: 1", 2100))},
	}...))
}
