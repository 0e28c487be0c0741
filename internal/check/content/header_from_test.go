package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestFrom(t *testing.T) {
	cases := append(quietOnClean(From(), "FROM_HAS_DN"), []checktest.Case{
		{Name: "no address", Symbol: "FROM_INVALID", Fires: true, Message: mailWith("From: nobody in particular")},
		{Name: "empty", Symbol: "FROM_INVALID", Fires: true, Message: mailWith("From: <>")},
		{Name: "team", Symbol: "FROM_COMMA_BEFORE_ADDR", Fires: true, Message: mailWith("From: Winner Team, <alice@example.com>"),
			Evidence: "alice@example.com"},
		{Name: "surname first", Symbol: "FROM_COMMA_BEFORE_ADDR", Message: mailWith("From: Example, Alice <alice@example.com>")},
		{Name: "no From at all", Symbol: "FROM_INVALID", Message: mailWith("-From")},
		{Name: "name", Symbol: "FROM_HAS_DN", Fires: true},
		{Name: "no name", Symbol: "FROM_HAS_DN", Message: mailWith("From: alice@example.com")},
		{Name: "no name", Symbol: "FROM_NO_DN", Fires: true, Message: mailWith("From: <alice@example.com>")},
		{Name: "name is the address", Symbol: "FROM_DN_EQ_ADDR", Fires: true,
			Message: mailWith(`From: "Alice@example.com" <alice@example.com>`)},
		{Name: "no blank", Symbol: "R_NO_SPACE_IN_FROM", Fires: true, Message: mailWith(`From: "Alice"<alice@example.com>`)},
		{Name: "bare brackets", Symbol: "R_NO_SPACE_IN_FROM", Message: mailWith(`From: <alice@example.com>`)},
		{Name: "web server", Symbol: "FROM_SERVICE_ACCT", Fires: true, Message: mailWith("From: www-data@example.com")},
		{Name: "in Reply-To", Symbol: "FROM_SERVICE_ACCT", Fires: true, Message: mailWith("Reply-To: apache@example.com")},
		{Name: "www host", Symbol: "WWW_DOT_DOMAIN", Fires: true, Message: mailWith("From: a@www.example.com")},
		{Name: "envelope at www host", Symbol: "WWW_DOT_DOMAIN", Fires: true, Session: sentBy("a", "www.example.com")},
	}...)
	checktest.Run(t, From(), cases)
}
