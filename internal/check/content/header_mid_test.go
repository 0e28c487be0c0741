package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestMessageID(t *testing.T) {
	id := func(value string) string { return mailWith("Message-ID: " + value) }
	checktest.Run(t, MessageID(), append(quietOnClean(MessageID(), "MID_RHS_MATCH_FROMTLD"), []checktest.Case{
		{Name: "no right side", Symbol: "INVALID_MSGID", Fires: true, Message: id("<4711>")},
		{Name: "blank", Symbol: "INVALID_MSGID", Fires: true, Message: id("<47 11@example.com>")},
		{Name: "colon and two at signs", Symbol: "INVALID_MSGID", Message: id("<a:b@c@example.com>")},
		{Name: "no brackets", Symbol: "MID_MISSING_BRACKETS", Fires: true, Message: id("4711@example.com")},
		{Name: "bare IP", Symbol: "MID_BARE_IP", Fires: true, Message: id("<1@192.0.2.7>")},
		{Name: "name that ends in a digit", Symbol: "MID_BARE_IP", Message: id("<1@host.web2>")},
		{Name: "literal", Symbol: "MID_RHS_IP_LITERAL", Fires: true, Message: id("<1@[192.0.2.7]>")},
		{Name: "From address", Symbol: "MID_CONTAINS_FROM", Fires: true, Message: id("<1.Alice@example.com>")},
		{Name: "To address", Symbol: "MID_CONTAINS_TO", Fires: true, Message: id("<1.bob@example.net>")},
		{Name: "From domain", Symbol: "MID_RHS_MATCH_FROM", Fires: true, Message: id("<1@example.com>")},
		{Name: "From's registrable domain", Symbol: "MID_RHS_MATCH_FROMTLD", Fires: true},
		{Name: "other domain", Symbol: "MID_RHS_MATCH_FROMTLD", Message: id("<1@example.org>")},
		{Name: "To domain", Symbol: "MID_RHS_MATCH_TO", Fires: true, Message: id("<1@example.net>")},
		{Name: "within one domain", Symbol: "MID_RHS_MATCH_TO",
			Message: mailWith("From: carol@example.net", "Message-ID: <1@example.net>")},
		{Name: "one label", Symbol: "MID_RHS_NOT_FQDN", Fires: true, Message: id("<1@desktop>")},
		{Name: "local part on the right", Symbol: "MID_END_EQ_FROM_USER_PART", Fires: true, Message: id("<1@alice>")},
		{Name: "www", Symbol: "MID_RHS_WWW", Fires: true, Message: id("<1@www.example.com>")},
		{Name: "Google", Symbol: "GOOGLE_FORWARDING_MID_MISSING", Fires: true, Message: id("<1.SMTPIN_ADDED_MISSING@mx.google.com>")},
		{Name: "Google", Symbol: "GOOGLE_FORWARDING_MID_BROKEN", Fires: true, Message: id("<1.SMTPIN_ADDED_BROKEN@mx.google.com>")},
	}...))
}

func TestContainsFold(t *testing.T) {
	for _, tc := range []struct {
		s, part string
		want    bool
	}{
		{"abcDEF", "cde", true}, {"abc", "abcd", false}, {"abc", "", false}, {"aab", "ab", true},
	} {
		if got := containsFold(tc.s, tc.part); got != tc.want {
			t.Errorf("containsFold(%q, %q) = %v", tc.s, tc.part, got)
		}
	}
}
