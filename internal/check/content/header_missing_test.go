package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestMissingFields(t *testing.T) {
	checktest.Run(t, MissingFields(), append(quietOnClean(MissingFields()), []checktest.Case{
		{Name: "no From", Symbol: "MISSING_FROM", Fires: true, Message: mailWith("-From")},
		{Name: "no To", Symbol: "MISSING_TO", Fires: true, Message: mailWith("-To")},
		{Name: "no Subject", Symbol: "MISSING_SUBJECT", Fires: true, Message: mailWith("-Subject")},
		{Name: "empty Subject is there", Symbol: "MISSING_SUBJECT", Message: mailWith("Subject:")},
		{Name: "empty Subject", Symbol: "EMPTY_SUBJECT", Fires: true, Message: mailWith("Subject:  ")},
		{Name: "no Subject is not an empty one", Symbol: "EMPTY_SUBJECT", Message: mailWith("-Subject")},
		{Name: "no Date", Symbol: "MISSING_DATE", Fires: true, Message: mailWith("-Date")},
		{Name: "no Message-ID", Symbol: "MISSING_MID", Fires: true, Message: mailWith("-Message-ID")},
		{Name: "other spelling", Symbol: "MISSING_MID", Message: mailWith("-Message-ID", "Message-Id: <1@example.com>")},
		{Name: "nothing", Symbol: "MISSING_ESSENTIAL_HEADERS", Fires: true,
			Message: mailWith("-From", "-To", "-Subject", "-Date", "-Message-ID")},
		{Name: "one left", Symbol: "MISSING_ESSENTIAL_HEADERS", Message: mailWith("-To", "-Subject", "-Date", "-Message-ID")},
	}...))
}
