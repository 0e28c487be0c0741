package content

import (
	"net/netip"
	"strings"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
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
		{Name: "archived mail, judged as of its arrival", Symbol: "DATE_IN_PAST",
			Message: strings.ReplaceAll(checktest.Clean, "2 Mar 2026", "2 Mar 2021")},
		{Name: "the client's own trace field is not believed", Symbol: "DATE_IN_PAST", Fires: true,
			Message: strings.ReplaceAll(checktest.Clean, "2 Mar 2026", "2 Mar 2021"),
			Session: func(s *session.Session) { s.Client.IP = netip.MustParseAddr("192.0.2.77") }},
		{Name: "an archived file of which nothing is known", Symbol: "DATE_IN_PAST",
			Message: strings.ReplaceAll(checktest.Clean, "2 Mar 2026", "2 Mar 2021"),
			Session: func(s *session.Session) { s.Client = session.Client{} }},
		{Name: "beyond Tonga", Symbol: "DATE_ZONE_UNLIKELY", Fires: true, Message: mailWith("Date: Mon, 2 Mar 2026 12:00:00 +1900")},
		{Name: "odd minutes", Symbol: "DATE_ZONE_UNLIKELY", Fires: true, Message: mailWith("Date: Mon, 2 Mar 2026 12:00:00 +0137")},
		{Name: "Nepal", Symbol: "DATE_ZONE_UNLIKELY", Message: mailWith("Date: Mon, 2 Mar 2026 12:00:00 +0545")},
	}...))
}
