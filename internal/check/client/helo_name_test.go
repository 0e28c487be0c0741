package client

import (
	"net/netip"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

// called makes a session whose client says name in HELO.
func called(name string) func(*session.Session) {
	return func(s *session.Session) { s.HELO = name }
}

// named makes a session whose client has that reverse name.
func named(name string) func(*session.Session) {
	return func(s *session.Session) { s.Client.Name, s.Client.ReverseName = name, name }
}

func TestNames(t *testing.T) {
	cases := []checktest.Case{
		{Name: "private address", Symbol: "HFILTER_HELO_BADIP", Fires: true, Session: called("192.168.1.4"), Evidence: "192.168.1.4"},
		{Name: "loopback literal", Symbol: "HFILTER_HELO_BADIP", Fires: true, Session: called("[127.0.0.1]")},
		{Name: "broken literal", Symbol: "HFILTER_HELO_BADIP", Fires: true, Session: called("[1.2.3]")},
		{Name: "loopback over IPv6", Symbol: "HFILTER_HELO_BADIP", Fires: true, Session: called("[IPv6:::1]")},
		{Name: "private client", Symbol: "HFILTER_HELO_BADIP", Session: func(s *session.Session) {
			s.HELO, s.Client.IP = "192.168.1.4", netip.MustParseAddr("192.168.1.4")
		}},
		{Name: "logged in", Symbol: "HFILTER_HELO_BADIP", Session: func(s *session.Session) { s.HELO, s.User = "[192.168.1.4]", "alice" }},
		{Name: "name", Symbol: "HFILTER_HELO_BADIP"},
		{Name: "bare address", Symbol: "HFILTER_HELO_BAREIP", Fires: true, Session: called("8.8.4.4")},
		{Name: "literal", Symbol: "HFILTER_HELO_BAREIP", Fires: true, Session: called("[8.8.4.4]")},
		{Name: "IPv6 literal", Symbol: "HFILTER_HELO_BAREIP", Fires: true, Session: called("[IPv6:2a00:1450::8]")},
		{Name: "name with numbers", Symbol: "HFILTER_HELO_BAREIP", Session: called("8-8-4-4.example.net")},
		{Name: "no dot", Symbol: "HFILTER_HELO_NOT_FQDN", Fires: true, Session: called("COMPUTER")},
		{Name: "blank", Symbol: "HFILTER_HELO_NOT_FQDN", Fires: true, Session: called("my computer.example.net")},
		{Name: "hyphen at the end", Symbol: "HFILTER_HELO_NOT_FQDN", Fires: true, Session: called("a-.example.net")},
		{Name: "numeric top level", Symbol: "HFILTER_HELO_NOT_FQDN", Fires: true, Session: called("host.1234")},
		{Name: "underscore", Symbol: "HFILTER_HELO_NOT_FQDN", Session: called("my_host.example.net")},
		{Name: "dot at the end", Symbol: "HFILTER_HELO_NOT_FQDN", Session: called("mail.example.net.")},
		{Name: "not said", Symbol: "HFILTER_HELO_NOT_FQDN", Session: called("")},
		{Name: "worse reverse name", Symbol: "HFILTER_HELO_2", Session: func(s *session.Session) {
			s.HELO = "host-192-0-2-1.isp.example"
			named("adsl-192-0-2-1.isp.example")(s)
		}},
		{Name: "same as HELO", Symbol: "HFILTER_HOSTNAME_4", Session: func(s *session.Session) {
			s.HELO = "adsl-192-0-2-1.isp.example"
			named(s.HELO)(s)
		}},
		{Name: "local network", Symbol: "HFILTER_HELO_5", Fires: true, Session: called("speedport.lan")},
		{Name: "unverified reverse name", Symbol: "HFILTER_HOSTNAME_5", Fires: true, Session: func(s *session.Session) {
			s.Client.Name, s.Client.ReverseName = "", "192-0-2-1.dyn.isp.example"
		}},
	}
	for degree, name := range []string{
		1: "customer-77.isp.example", 2: "host-192-0-2-1.isp.example", 3: "abc.dynamic.isp.example",
		4: "adsl-192-0-2-1.isp.example", 5: "192-0-2-1.dyn.isp.example",
	} {
		if degree == 0 {
			continue
		}
		cases = append(cases,
			checktest.Case{Name: "fires", Symbol: heloByDegree[degree], Fires: true, Session: called(name), Evidence: name},
			checktest.Case{Name: "ordinary", Symbol: heloByDegree[degree]},
			checktest.Case{Name: "fires", Symbol: hostByDegree[degree], Fires: true, Session: named(name), Evidence: name},
			checktest.Case{Name: "ordinary", Symbol: hostByDegree[degree]})
	}
	checktest.Run(t, Names(), cases)
}
