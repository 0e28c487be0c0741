package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

func TestBodyAmount(t *testing.T) {
	const url = "https://www.example.org/some/where?really=long"
	checktest.Run(t, BodyAmount(), []checktest.Case{
		{Name: "blank", Symbol: "COMPLETELY_EMPTY", Fires: true, Message: textMail(" \n\n")},
		{Name: "a word", Symbol: "COMPLETELY_EMPTY", Message: textMail("Yes\n")},
		{Name: "a picture", Symbol: "COMPLETELY_EMPTY", Message: htmlMail(`<img src="cid:a">`)},
		{Name: "a file", Symbol: "COMPLETELY_EMPTY", Message: multipart("mixed", file("application/pdf", "a.pdf", "%PDF-1.4"))},
		{Name: "a few words", Symbol: "SINGLE_SHORT_PART", Fires: true, Message: textMail("Please call me.\n"), Evidence: "call me"},
		{Name: "a letter", Symbol: "SINGLE_SHORT_PART"},
		{Name: "with a file", Symbol: "SINGLE_SHORT_PART", Message: multipart("mixed", plainPart, file("application/pdf", "a.pdf", "%PDF-1.4"))},
		{Name: "link", Symbol: "HFILTER_URL_ONLY", Fires: true, Message: textMail(url + "\n")},
		{Name: "two links", Symbol: "HFILTER_URL_ONLY", Fires: true, Message: textMail(url + "\n" + url + "2\n")},
		{Name: "link in HTML", Symbol: "HFILTER_URL_ONLY", Fires: true, Message: htmlMail(`<a href="` + url + `">` + url + `</a>`)},
		{Name: "link with words", Symbol: "HFILTER_URL_ONLY", Message: textMail("Here are the minutes of our meeting: " + url + "\n")},
		{Name: "words as a link", Symbol: "HFILTER_URL_ONLY", Message: htmlMail(`<a href="` + url + `">the minutes</a>`)},
		{Name: "link", Symbol: "HFILTER_URL_ONELINE", Fires: true, Message: textMail(url + "\n")},
		{Name: "two lines", Symbol: "HFILTER_URL_ONELINE", Message: textMail(url + "\n" + url + "2\n")},
	})
}

func TestPartsDiffer(t *testing.T) {
	const said = "Dear Bob, here are the minutes of our meeting of yesterday, about which Carol will tell you everything that matters when you come back from your holidays in Norway next week, I think."
	const other = "Cheap watches and pills without prescription are offered now only, order before midnight and receive twice what others paid, guaranteed delivery worldwide, certainly discreet packaging included always."
	both := func(plain, html string) string {
		return multipart("alternative", part{plainPart.header, plain}, part{htmlPart.header, "<p>" + html + "</p>"})
	}
	checktest.Run(t, PartsDiffer(), []checktest.Case{
		{Name: "other words", Symbol: "R_PARTS_DIFFER", Fires: true, Message: both(said, other), Evidence: "%"},
		{Name: "same words", Symbol: "R_PARTS_DIFFER", Message: both(said, strings.ReplaceAll(said, " our ", " <b>our</b> "))},
		{Name: "more in HTML", Symbol: "R_PARTS_DIFFER", Message: both(said, said+" "+other)},
		{Name: "hint instead of text", Symbol: "R_PARTS_DIFFER", Message: both("Your mail program cannot show HTML.", other)},
		{Name: "one text", Symbol: "R_PARTS_DIFFER"},
	})
}

func TestBitcoin(t *testing.T) {
	const (
		genesis = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
		script  = "3P14159f73E4gFr7JterCCQh9QjiTjiZrG"
		segwit  = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
		taproot = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
	)
	pay := func(address string) string { return textMail("Please pay to " + address + ".\n") }
	checktest.Run(t, Bitcoin(), []checktest.Case{
		{Name: "key hash", Symbol: "BITCOIN_ADDR", Fires: true, Message: pay(genesis), Evidence: genesis},
		{Name: "script hash", Symbol: "BITCOIN_ADDR", Fires: true, Message: pay(script)},
		{Name: "witness", Symbol: "BITCOIN_ADDR", Fires: true, Message: pay(segwit)},
		{Name: "witness in capitals", Symbol: "BITCOIN_ADDR", Fires: true, Message: pay(strings.ToUpper(segwit))},
		{Name: "taproot", Symbol: "BITCOIN_ADDR", Fires: true, Message: pay(taproot)},
		{Name: "further down", Symbol: "BITCOIN_ADDR", Fires: true, Message: textMail(strings.Repeat("word ", 501) + script + "\n")},
		{Name: "wrong sum", Symbol: "BITCOIN_ADDR", Message: pay(genesis[:len(genesis)-1] + "b")},
		{Name: "wrong witness sum", Symbol: "BITCOIN_ADDR", Message: pay(segwit[:len(segwit)-1] + "5")},
		{Name: "part of a longer word", Symbol: "BITCOIN_ADDR", Message: pay(genesis + genesis)},
		{Name: "digits", Symbol: "BITCOIN_ADDR", Message: pay("1111111111111111111111111111111111")},
		{Name: "clean", Symbol: "BITCOIN_ADDR"},
		{Name: "extortion", Symbol: "LEAKED_PASSWORD_SCAM_RE", Fires: true, Message: textMail("I know your Password. Send money to my wallet " + genesis + " now.\n"), Evidence: "password"},
		{Name: "invoice", Symbol: "LEAKED_PASSWORD_SCAM_RE", Message: pay(genesis)},
		{Name: "password alone", Symbol: "LEAKED_PASSWORD_SCAM_RE", Message: textMail("I forgot my password.\n")},
	})
}
