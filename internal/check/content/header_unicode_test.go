package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestDeceptiveText(t *testing.T) {
	from := func(name string) string { return mailWith(`From: "` + name + `" <a@example.com>`) }
	subject := func(s string) string { return mailWith("Subject: " + s) }
	checktest.Run(t, DeceptiveText(), append(quietOnClean(DeceptiveText()), []checktest.Case{
		{Name: "zero width space", Symbol: "FROM_NAME_INVISIBLE_CHARS", Fires: true, Message: from("Pay\u200bPal"), Evidence: `\u200b`},
		{Name: "byte order mark before all", Symbol: "FROM_NAME_INVISIBLE_CHARS", Message: from("\ufeffAlice")},
		{Name: "soft hyphen", Symbol: "SUBJECT_INVISIBLE_CHARS", Fires: true, Message: subject("Your pass\u00adword")},
		{Name: "tag characters", Symbol: "SUBJECT_INVISIBLE_CHARS", Fires: true, Message: subject("in\U000E0041voice")},
		{Name: "Persian", Symbol: "SUBJECT_INVISIBLE_CHARS", Message: subject("می\u200cخواهم")},
		{Name: "family emoji", Symbol: "SUBJECT_INVISIBLE_CHARS", Message: subject("👨\u200d👩\u200d👧 photos")},
		{Name: "override", Symbol: "FROM_NAME_BIDI", Fires: true, Message: from("Alice \u202elaP")},
		{Name: "Hebrew", Symbol: "FROM_NAME_BIDI", Message: from("\u202bשלום\u202c")},
		{Name: "embedding in Latin", Symbol: "SUBJECT_BIDI", Fires: true, Message: subject("invoice \u202bfdp\u202c")},
		{Name: "isolate in Arabic", Symbol: "SUBJECT_BIDI", Message: subject("\u2068فاتورة\u2069 PDF")},
	}...))
}
