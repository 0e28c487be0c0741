package message

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
		{"no weekday", "1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
		{"wrong weekday", "Mon, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
		{"no seconds", "Tue, 1 Jul 2003 10:52 -0330", "2003-07-01T10:52:00-03:30"},
		{"comments", "Tue, 1 (first (really)) Jul 2003 10:52:37 +0200 (CEST)", "2003-07-01T10:52:37+02:00"},
		{"two digits", "21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"},
		{"two digits, new", "21 Nov 07 09:55:06 GMT", "2007-11-21T09:55:06Z"},
		{"three digits", "21 Nov 103 09:55:06 GMT", "2003-11-21T09:55:06Z"},
		{"rfc 850", "Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"},
		{"asctime", "Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"},
		{"date(1)", "Mon Oct  5 20:29:23 BST 2020", "2020-10-05T20:29:23+01:00"},
		{"javascript", "Tue Jan 05 2021 10:00:00 GMT+0100 (CET)", "2021-01-05T10:00:00+01:00"},
		{"iso", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z"},
		{"iso, zone", "2006-01-02 15:04:05+02:00", "2006-01-02T15:04:05+02:00"},
		{"fraction", "Thu, 02 Apr 2020 07:53:55.516 +0000 (UTC)", "2020-04-02T07:53:55.516Z"},
		{"pm", "Thu, 02 Apr 2020 07:53:55 PM -0500", "2020-04-02T19:53:55-05:00"},
		{"am", "4/2/2020 12:05:00 AM", "2020-04-02T00:05:00Z"},
		{"slashes, day first", "31/12/2003 10:00:00 +0000", "2003-12-31T10:00:00Z"},
		{"dots", "31.12.2003 10:00:00 +0100", "2003-12-31T10:00:00+01:00"},
		{"dots in time", "Tue, 1 Jul 2003 10.52.37 +0200", "2003-07-01T10:52:37+02:00"},
		{"zone joined", "Tue,1 Jul 2003 10:52:37+0200", "2003-07-01T10:52:37+02:00"},
		{"zone without sign", "Tue, 1 Jul 2003 10:52:37 0200", "2003-07-01T10:52:37+02:00"},
		{"two signs", "Tue, 1 Jul 2003 10:52:37 +-0800", "2003-07-01T10:52:37-08:00"},
		{"military", "Tue, 1 Jul 2003 10:52:37 A", "2003-07-01T10:52:37Z"},
		{"unknown zone", "Tue, 1 Jul 2003 10:52:37 XYZ", "2003-07-01T10:52:37Z"},
		{"posix zone", "Thu, 10 Jul 1997 14:53:31 EST5EDT", "1997-07-10T14:53:31-05:00"},
		{"full names", "Tuesday, 1 July 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
		{"month first", "July 1, 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
		{"leap second", "31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z"},
		{"received", "by a with SMTP id 1:2; Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
		{"far zone", "Tue, 1 Jul 2003 10:52:37 -9999", "2003-07-01T10:52:37Z"},
		{"obsolete blanks", "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00"},
		{"three-digit day", "Tue, 029 Apr 2019 23:34:45 -0800", "2019-04-29T23:34:45-08:00"},
		{"empty", "", ""},
		{"no time", "Tue, 1 Jul 2003", ""},
		{"no month", "Tue, 1 2003 10:52:37 +0200", ""},
		{"no year", "Tue, 1 Jul 10:52:37 +0200", ""},
		{"bad day", "32 Jan 2020 00:00 GMT", ""},
		{"31 February", "31 Feb 2020 00:00 GMT", ""},
		{"bad hour", "1 Jan 2020 25:00 GMT", ""},
		{"bad month", "Tue, 7 Bog 2026 19:14:51 +0000", ""},
		{"words", "yesterday at 10:00", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ParseDate(tt.in)
			if ok != (tt.want != "") || ok && got.Format(time.RFC3339Nano) != tt.want {
				t.Errorf("ParseDate(%q) = %v, %v; want %s", tt.in, got, ok, tt.want)
			}
		})
	}
}
