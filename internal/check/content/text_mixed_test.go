package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

func TestMixedAlphabets(t *testing.T) {
	from := func(name string) string { return mailWith(`From: "` + name + `" <a@example.com>`) }
	subject := func(s string) string { return mailWith("Subject: " + s) }
	body := func(text string) string {
		head, _, _ := strings.Cut(checktest.Clean, "\n\n")
		return head + "\n\n" + text + "\n"
	}
	checktest.Run(t, MixedAlphabets(), append(quietOnClean(MixedAlphabets()), []checktest.Case{
		{Name: "Cyrillic A", Symbol: "R_MIXED_CHARSET", Fires: true, Message: subject("Your Аpple account"), Evidence: "Аpple"},
		{Name: "in the name", Symbol: "R_MIXED_CHARSET", Fires: true, Message: from("РayРal")},
		{Name: "Russian ending", Symbol: "R_MIXED_CHARSET", Message: subject("Ваша SMSка пришла")},
		{Name: "unit", Symbol: "R_MIXED_CHARSET", Message: subject("100 μF at 5 kΩ")},
		{Name: "two languages", Symbol: "R_MIXED_CHARSET", Message: subject("Новости Linux")},
		{Name: "German", Symbol: "R_MIXED_CHARSET", Message: subject("Größere Mäuse")},
		{Name: "text", Symbol: "R_MIXED_CHARSET", Fires: true, Evidence: "4 words",
			Message: body("yоur раsswоrd wаs stоlen todаy")},
		{Name: "two slips", Symbol: "R_MIXED_CHARSET", Message: body("Привет, cпасибо, вcё хорошо")},
	}...))
}

func TestMixedIn(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "plain": 0, "слово": 0, "раsswоrd": 1, "раsswоrd, Gооgle!": 2, "naïve café": 0, "µF Ω": 0,
	} {
		if _, n := mixedIn(text); n != want {
			t.Errorf("mixedIn(%q) finds %d, want %d", text, n, want)
		}
	}
}
