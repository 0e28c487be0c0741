package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

func TestReplyTo(t *testing.T) {
	reply := func(value string) string { return mailWith("Reply-To: " + value) }
	insider := func(value string, more ...string) string {
		return mailWith(append([]string{"From: Boss <boss@example.net>", "Reply-To: " + value}, more...)...)
	}
	checktest.Run(t, ReplyTo(), append(quietOnClean(ReplyTo()), []checktest.Case{
		{Name: "some", Symbol: "HAS_REPLYTO", Fires: true, Message: reply("x@example.org")},
		{Name: "junk", Symbol: "REPLYTO_UNPARSEABLE", Fires: true, Message: reply("")},
		{Name: "no domain", Symbol: "REPLYTO_INVALID", Fires: true, Message: reply("Alice <alice@>")},
		{Name: "valid", Symbol: "REPLYTO_INVALID", Message: reply("alice@example.org")},
		{Name: "65", Symbol: "REPLYTO_LOCALPART_LONG", Fires: true, Message: reply(strings.Repeat("a", 65) + "@example.com")},
		{Name: "64", Symbol: "REPLYTO_LOCALPART_LONG", Message: reply(strings.Repeat("a", 64) + "@example.com")},
		{Name: "260", Symbol: "REPLYTO_DOMAIN_LONG", Fires: true, Message: reply("a@" + strings.Repeat("abcd.", 51) + "example")},
		{Name: "same", Symbol: "REPLYTO_EQ_FROM", Fires: true, Message: reply("Alice Example <alice@example.com>")},
		{Name: "same without name", Symbol: "REPLYTO_ADDR_EQ_FROM", Fires: true, Message: reply("alice@example.com")},
		{Name: "colleague", Symbol: "REPLYTO_DOM_EQ_FROM_DOM", Fires: true, Message: reply("carol@example.com")},
		{Name: "elsewhere", Symbol: "REPLYTO_DOM_NEQ_FROM_DOM", Fires: true, Message: reply("carol@example.org"), Evidence: "From example.com"},
		{Name: "colleague", Symbol: "REPLYTO_DOM_NEQ_FROM_DOM", Message: reply("carol@example.com")},
		{Name: "To domain", Symbol: "REPLYTO_DOM_EQ_TO_DOM", Fires: true, Message: reply("carol@example.net")},
		{Name: "elsewhere", Symbol: "REPLYTO_DOM_NEQ_TO_DOM", Fires: true, Message: reply("carol@example.org")},
		{Name: "name at another address", Symbol: "REPLYTO_DN_EQ_FROM_DN", Fires: true, Message: reply("Alice Example <ae@example.org>")},
		{Name: "Mrs", Symbol: "REPLYTO_EMAIL_HAS_TITLE", Fires: true, Message: reply("Mrs Grace Example <x@example.org>")},
		{Name: "victim", Symbol: "REPLYTO_EQ_TO_ADDR", Fires: true, Message: reply("bob@example.net")},
		{Name: "list sets it", Symbol: "REPLYTO_EQ_TO_ADDR",
			Message: mailWith("Reply-To: bob@example.net", "List-Id: <bob.example.net>")},
		{Name: "note to self", Symbol: "REPLYTO_EQ_TO_ADDR", Message: mailWith("From: bob@example.net", "Reply-To: bob@example.net")},
		{Name: "insider", Symbol: "SPOOF_REPLYTO", Fires: true, Message: insider("boss@evil.example"), Evidence: "boss@evil.example"},
		{Name: "insider answers at a subdomain", Symbol: "SPOOF_REPLYTO", Message: insider("boss@mail.example.net")},
		{Name: "outsider", Symbol: "SPOOF_REPLYTO", Message: reply("alice@example.org")},
		{Name: "internal list", Symbol: "SPOOF_REPLYTO", Message: insider("l@lists.example", "List-Id: <l.lists.example>")},
		{Name: "list that hides", Symbol: "SPOOF_REPLYTO",
			Message: mailWith("From: Eve via Dev <dev@example.net>", "To: dev@example.net", "Reply-To: eve@example.org")},
		{Name: "guest in Cc", Symbol: "SPOOF_REPLYTO", Message: insider("guest@example.org", "Cc: guest@example.org")},
		{Name: "logged in", Symbol: "SPOOF_REPLYTO", Message: insider("boss@evil.example"),
			Session: func(s *session.Session) { s.User = "boss" }},
		{Name: "Gmail", Symbol: "FREEMAIL_REPLYTO", Fires: true, Message: reply("x@gmail.com")},
		{Name: "no freemail", Symbol: "FREEMAIL_REPLYTO", Message: reply("x@example.org")},
		{Name: "two providers", Symbol: "FREEMAIL_REPLYTO_NEQ_FROM_DOM", Fires: true,
			Message: mailWith("From: a@yahoo.com", "Reply-To: b@gmail.com")},
		{Name: "same person", Symbol: "FREEMAIL_REPLYTO_NEQ_FROM_DOM",
			Message: mailWith("From: a@gmail.com", "Reply-To: a@googlemail.com")},
		{Name: "company", Symbol: "REPLYTO_FREEMAIL_FROM_OTHER", Fires: true, Message: reply("alice1@gmail.com")},
		{Name: "freemail both", Symbol: "REPLYTO_FREEMAIL_FROM_OTHER", Message: mailWith("From: a@gmail.com", "Reply-To: b@gmail.com")},
	}...))
}
