package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestFreemail(t *testing.T) {
	checktest.Run(t, Freemail(), append(quietOnClean(Freemail()), []checktest.Case{
		{Name: "Gmail", Symbol: "FREEMAIL_FROM", Fires: true, Message: mailWith("From: a@gmail.com"), Evidence: "a@gmail.com"},
		{Name: "Yahoo", Symbol: "FREEMAIL_TO", Fires: true, Message: mailWith("To: a@yahoo.co.uk")},
		{Name: "GMX", Symbol: "FREEMAIL_CC", Fires: true, Message: mailWith("Cc: a@gmx.net")},
	}...))
}
