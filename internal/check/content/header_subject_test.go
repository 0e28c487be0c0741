package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

func TestSubject(t *testing.T) {
	s := func(text string) string { return mailWith("Subject: " + text) }
	checktest.Run(t, Subject(), append(quietOnClean(Subject()), []checktest.Case{
		{Name: "shouting", Symbol: "SUBJ_ALL_CAPS", Fires: true, Message: s("URGENT BUSINESS PROPOSAL")},
		{Name: "Russian", Symbol: "SUBJ_ALL_CAPS", Fires: true, Message: s("=?utf-8?B?0KHQoNCe0KfQndCe0JUg0J/QoNCV0JTQm9Ce0JbQldCd0JjQlQ==?=")},
		{Name: "abbreviation", Symbol: "SUBJ_ALL_CAPS", Message: s("RFC MIME DNS")},
		{Name: "one word", Symbol: "SUBJ_ALL_CAPS", Message: s("CONFIG_PREEMPT_RCU")},
		{Name: "told by the door", Symbol: "SUBJ_ALL_CAPS", Fires: true,
			Session: func(s *session.Session) { s.Subject = "URGENT BUSINESS PROPOSAL" }},
		{Name: "201", Symbol: "LONG_SUBJ", Fires: true, Message: s(strings.Repeat("ab ", 67) + "a")},
		{Name: "200 umlauts", Symbol: "LONG_SUBJ", Message: s(strings.Repeat("ä", 200))},
		{Name: "http", Symbol: "URL_IN_SUBJECT", Fires: true, Message: s("see https://example.org/x")},
		{Name: "www", Symbol: "URL_IN_SUBJECT", Fires: true, Message: s("visit www.example.org now")},
		{Name: "only www", Symbol: "URL_IN_SUBJECT", Fires: true, Message: s("www.example.org")},
		{Name: "the word", Symbol: "URL_IN_SUBJECT", Message: s("how www. works")},
		{Name: "protocol", Symbol: "URL_IN_SUBJECT", Message: s("http proxies")},
		{Name: "blanks", Symbol: "SUBJECT_GAPPY", Fires: true, Message: s("get it F R E E E now"), Evidence: "F R E E E"},
		{Name: "dots", Symbol: "SUBJECT_GAPPY", Fires: true, Message: s("v.i.a.g.r.a")},
		{Name: "abbreviation", Symbol: "SUBJECT_GAPPY", Message: s("U.S.A. and e.g. others")},
		{Name: "list of letters", Symbol: "SUBJECT_GAPPY", Message: s("options a b c d everywhere")},
		{Name: "tracker", Symbol: "SUBJECT_PADDED", Fires: true, Message: s("good news              xkqz123")},
		{Name: "two blanks", Symbol: "SUBJECT_PADDED", Message: s("good  news")},
		{Name: "!", Symbol: "SUBJECT_ENDS_EXCLAIM", Fires: true, Message: s("Hello!")},
		{Name: "within", Symbol: "SUBJECT_ENDS_EXCLAIM", Message: s("Yahoo! news")},
		{Name: "within", Symbol: "SUBJECT_HAS_EXCLAIM", Fires: true, Message: s("Yahoo! news")},
		{Name: "?", Symbol: "SUBJECT_ENDS_QUESTION", Fires: true, Message: s("Really?")},
		{Name: "within", Symbol: "SUBJECT_ENDS_QUESTION", Message: s("Really? Yes")},
		{Name: "within", Symbol: "SUBJECT_HAS_QUESTION", Fires: true, Message: s("Really? Yes")},
		{Name: "blanks", Symbol: "SUBJECT_ENDS_SPACES", Fires: true, Message: s("Hello  ")},
		{Name: "dollars", Symbol: "SUBJECT_HAS_CURRENCY", Fires: true, Message: s("win $ 500")},
		{Name: "euros", Symbol: "SUBJECT_HAS_CURRENCY", Fires: true, Message: s("=?utf-8?Q?500=E2=82=AC?=")},
		{Name: "shell", Symbol: "SUBJECT_HAS_CURRENCY", Message: s("what is $PATH")},
		{Name: "no references", Symbol: "FAKE_REPLY", Fires: true, Message: s("Re: your invoice")},
		{Name: "references", Symbol: "FAKE_REPLY", Message: mailWith("Subject: Re: your invoice", "References: <1@example.net>")},
		{Name: "regards", Symbol: "FAKE_REPLY", Message: s("Regarding you")},
	}...))
}
