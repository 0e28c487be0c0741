package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestFromName(t *testing.T) {
	checktest.Run(t, FromName(), append(quietOnClean(FromName()), []checktest.Case{
		{Name: "other address", Symbol: "FROM_NEQ_DISPLAY_NAME", Fires: true,
			Message: mailWith(`From: "ceo@bank.example" <x@evil.example>`), Evidence: "ceo@bank.example"},
		{Name: "other host of the same owner", Symbol: "FROM_NEQ_DISPLAY_NAME",
			Message: mailWith(`From: "a@example.com" <a@mail.example.com>`)},
		{Name: "no domain", Symbol: "FROM_NEQ_DISPLAY_NAME", Message: mailWith(`From: "Alice @ Home" <a@example.com>`)},
		{Name: "list wrote itself into From", Symbol: "FROM_NEQ_DISPLAY_NAME",
			Message: mailWith(`From: "a@one.example via Dev" <dev@lists.example>`, "List-Id: <dev.lists.example>", "List-Post: <mailto:dev@lists.example>")},
		{Name: "recipient's domain", Symbol: "SPOOF_DISPLAY_NAME", Fires: true,
			Message: mailWith(`From: "it@example.net" <x@evil.example>`), Evidence: "x@evil.example"},
		{Name: "somebody else's domain", Symbol: "SPOOF_DISPLAY_NAME",
			Message: mailWith(`From: "it@bank.example" <x@evil.example>`)},
		{Name: "brand", Symbol: "FROM_NAME_OTHER_DOMAIN", Fires: true,
			Message: mailWith(`From: "shop4you.com Service" <x@evil.org>`), Evidence: "name shop4you.com"},
		{Name: "own domain", Symbol: "FROM_NAME_OTHER_DOMAIN", Message: mailWith(`From: "Example.com Service" <x@mail.example.com>`)},
		{Name: "person with initials", Symbol: "FROM_NAME_OTHER_DOMAIN", Message: mailWith(`From: "J.Li" <x@example.org>`)},
		{Name: "file name", Symbol: "FROM_NAME_OTHER_DOMAIN", Message: mailWith(`From: "report.txt bot" <x@example.org>`)},
		{Name: "blanks", Symbol: "FROM_NAME_EXCESS_SPACE", Fires: true, Message: mailWith(`From: "Alice     Example" <a@example.com>`)},
		{Name: "Mrs", Symbol: "FROM_NAME_HAS_TITLE", Fires: true, Message: mailWith(`From: Mrs. Grace Example <a@example.com>`)},
		{Name: "Barrister", Symbol: "FROM_NAME_HAS_TITLE", Fires: true, Message: mailWith(`From: BARRISTER John <a@example.com>`)},
		{Name: "Drew", Symbol: "FROM_NAME_HAS_TITLE", Message: mailWith(`From: Drew Example <a@example.com>`)},
		{Name: "web address", Symbol: "R_HTTP_URL_IN_FROM", Fires: true, Message: mailWith(`From: "http://x.example" <a@example.com>`)},
		{Name: "encoded colon", Symbol: "R_HTTP_URL_IN_FROM", Fires: true, Message: mailWith(`From: "https%3A//x.example" <a@example.com>`)},
		{Name: "the word", Symbol: "R_HTTP_URL_IN_FROM", Message: mailWith(`From: "http server" <a@example.com>`)},
	}...))
}

func TestAddressWithin(t *testing.T) {
	for text, want := range map[string]string{
		"ceo@bank.example":            "ceo@bank.example",
		"'ceo@Bank.Example' via list": "ceo@bank.example",
		"meet @ noon, a.b@c.example.": "a.b@c.example",
		"a@b":                         "",
		"@":                           "",
		"":                            "",
		"tail@":                       "",
	} {
		a, ok := addressWithin(text)
		if a.String() != want || ok != (want != "") {
			t.Errorf("addressWithin(%q) = %q, %v, want %q", text, a, ok, want)
		}
	}
}
