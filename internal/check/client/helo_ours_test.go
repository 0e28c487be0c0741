package client

import (
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

func TestImpostor(t *testing.T) {
	address := func(s *session.Session) {
		s.HELO = "[203.0.113.9]"
		s.Macros = map[string]string{"daemon_addr": "203.0.113.9"}
	}
	own := ImpostorOptions{Names: []string{"Mail2.Example.Net."}, Addresses: []string{"203.0.113.10"}}
	checktest.Run(t, Impostor(own), []checktest.Case{
		{Name: "mail server's name", Symbol: "HELO_IS_OURS", Fires: true, Session: called("MX.example.net"), Evidence: "MX.example.net"},
		{Name: "configured name", Symbol: "HELO_IS_OURS", Fires: true, Session: called("mail2.example.net")},
		{Name: "our address", Symbol: "HELO_IS_OURS", Fires: true, Session: address},
		{Name: "our other address", Symbol: "HELO_IS_OURS", Fires: true, Session: called("[203.0.113.10]")},
		{Name: "the client's own address", Symbol: "HELO_IS_OURS", Session: called("[192.0.2.1]")},
		{Name: "proved name", Symbol: "HELO_IS_OURS", Session: func(s *session.Session) {
			s.HELO = "mx.example.net"
			named(s.HELO)(s)
		}},
		{Name: "ourselves", Symbol: "HELO_IS_OURS", Session: func(s *session.Session) { s.HELO, s.Client.Local = "mx.example.net", true }},
		{Name: "logged in", Symbol: "HELO_IS_OURS", Session: func(s *session.Session) { s.HELO, s.User = "mx.example.net", "bob" }},
		{Name: "own name", Symbol: "HELO_IS_OURS"},
		{Name: "recipient's domain", Symbol: "HELO_IS_RCPT_DOMAIN", Fires: true, Session: called("example.net")},
		{Name: "host in the recipient's domain", Symbol: "HELO_IS_RCPT_DOMAIN", Session: called("www.example.net")},
		{Name: "not said", Symbol: "HELO_IS_RCPT_DOMAIN", Session: called("")},
	})
}
