package client

import (
	"net/netip"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

func TestReverseName(t *testing.T) {
	none := func(s *session.Session) { s.Client.Name, s.Client.ReverseName = "", "" }
	unproved := func(s *session.Session) { s.Client.Name = "" }
	failed := func(s *session.Session) { none(s); s.Client.NameFailed = true }
	checktest.Run(t, ReverseName(), []checktest.Case{
		{Name: "no name", Symbol: "RDNS_NONE", Fires: true, Session: none, Evidence: "192.0.2.1"},
		{Name: "verified name", Symbol: "RDNS_NONE"},
		{Name: "nobody asked", Symbol: "RDNS_NONE", Session: func(s *session.Session) { none(s); s.Client.NameKnown = false }},
		{Name: "lookup failed", Symbol: "RDNS_NONE", Session: failed},
		{Name: "private network", Symbol: "RDNS_NONE", Session: func(s *session.Session) { none(s); s.Client.IP = netip.MustParseAddr("10.1.2.3") }},
		{Name: "logged in", Symbol: "RDNS_NONE", Session: func(s *session.Session) { none(s); s.User = "alice" }},
		{Name: "over a socket", Symbol: "RDNS_NONE", Session: func(s *session.Session) { none(s); s.Client.Local = true }},
		{Name: "address not known", Symbol: "RDNS_NONE", Session: func(s *session.Session) { none(s); s.Client.IP = netip.Addr{} }},
		{Name: "lookup failed", Symbol: "RDNS_DNSFAIL", Fires: true, Session: failed},
		{Name: "no name", Symbol: "RDNS_DNSFAIL", Session: none},
		{Name: "name does not lead back", Symbol: "HFILTER_HOSTNAME_UNKNOWN", Fires: true, Session: unproved, Evidence: "mail.example.com"},
		{Name: "no name", Symbol: "HFILTER_HOSTNAME_UNKNOWN", Session: none},
		{Name: "verified name", Symbol: "HFILTER_HOSTNAME_UNKNOWN"},
	})
}
