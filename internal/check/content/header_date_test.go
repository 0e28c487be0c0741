package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestDate(t *testing.T) {
	checktest.Run(t, Date(), append(quietOnClean(Date()), []checktest.Case{
		{Name: "words", Symbol: "INVALID_DATE", Fires: true, Message: mailWith("Date: some time ago"), Evidence: "some time ago"},
		{Name: "none", Symbol: "INVALID_DATE", Message: mailWith("-Date")},
		{Name: "two days ahead", Symbol: "DATE_IN_FUTURE", Fires: true,
			Message: mailWith("Date: Wed, 4 Mar 2026 12:30:00 +0000"), Evidence: "ahead by 48h30m0s"},
		{Name: "a slow clock's zone", Symbol: "DATE_IN_FUTURE", Message: mailWith("Date: Tue, 3 Mar 2026 11:00:00 +0000")},
		{Name: "two days back", Symbol: "DATE_IN_PAST", Fires: true, Message: mailWith("Date: Sat, 28 Feb 2026 11:00:00 +0000")},
		{Name: "queued for hours", Symbol: "DATE_IN_PAST", Message: mailWith("Date: Mon, 2 Mar 2026 02:00:00 +0000")},
		{Name: "beyond Tonga", Symbol: "DATE_ZONE_UNLIKELY", Fires: true, Message: mailWith("Date: Mon, 2 Mar 2026 12:00:00 +1900")},
		{Name: "odd minutes", Symbol: "DATE_ZONE_UNLIKELY", Fires: true, Message: mailWith("Date: Mon, 2 Mar 2026 12:00:00 +0137")},
		{Name: "Nepal", Symbol: "DATE_ZONE_UNLIKELY", Message: mailWith("Date: Mon, 2 Mar 2026 12:00:00 +0545")},
	}...))
}
