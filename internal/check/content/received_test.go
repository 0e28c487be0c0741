package content

import (
	"net/netip"
	"strings"
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
	"postern/internal/session"
)

// way makes a mail with these trace fields and nothing else of a way.
func way(t *testing.T, received ...string) string {
	t.Helper()
	_, rest, ok := strings.Cut(checktest.Clean, "(UTC)\n")
	if !ok {
		t.Fatal("the clean mail has no trace field")
	}
	var b strings.Builder
	for _, r := range received {
		b.WriteString("Received: " + r + "\n")
	}
	return b.String() + rest
}

// ownHop is what our own server writes of the delivery of the usual session.
const ownHop = "from mail.example.com (mail.example.com [192.0.2.1])\n\tby mx.example.net (Postfix) with ESMTPS id 4A1B2C3D4E\n\tfor <bob@example.net>; Mon,  2 Mar 2026 11:59:58 +0000 (UTC)"

// earlier is a step before it.
const earlier = "from [10.0.0.5] (pc.example.com [198.51.100.7])\n\tby mail.example.com (Postfix) with ESMTPSA id 5B1B2C3D4E\n\tfor <bob@example.net>; Mon,  2 Mar 2026 11:59:31 +0000 (UTC)"

func TestHopsAreTheSameByEveryDoor(t *testing.T) {
	// A milter sees the message without the server's own trace field, a
	// scanner with it.
	tls := func(s *session.Session) { s.TLS = &session.TLS{Version: "TLSv1.3"} }
	for _, tc := range []struct {
		name     string
		received []string
		session  func(*session.Session)
		want     int
	}{
		{"scanner", []string{ownHop, earlier}, func(*session.Session) {}, 2},
		{"milter", []string{earlier}, tls, 2},
		{"milter, nothing before", nil, tls, 1},
		{"client not known", []string{earlier}, func(s *session.Session) { s.Client.IP = netip.Addr{} }, 1},
		{"nothing known", nil, func(s *session.Session) { s.Client.IP = netip.Addr{} }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := checktest.Session()
			tc.session(s)
			text := strings.ReplaceAll(way(t, tc.received...), "\n", "\r\n")
			got := hops(&check.Transaction{Session: s, Message: message.Parse([]byte(text), message.DefaultLimits())})
			if len(got) != tc.want {
				t.Fatalf("%d steps, want %d: %+v", len(got), tc.want, got)
			}
			if s.Client.IP.IsValid() && (got[0].helo != "mail.example.com" || !got[0].tls) {
				t.Errorf("newest step %+v", got[0])
			}
		})
	}
}

func TestReceivedCount(t *testing.T) {
	many := func(n int) []string {
		all := []string{ownHop}
		for len(all) < n {
			all = append(all, earlier)
		}
		return all
	}
	cases := []checktest.Case{
		{Name: "nothing known", Symbol: "RCVD_COUNT_ZERO", Fires: true, Message: way(t), Session: func(s *session.Session) { s.Client.IP = netip.Addr{} }},
		{Name: "the session's step", Symbol: "RCVD_COUNT_ONE", Fires: true, Message: way(t)},
		{Name: "one step", Symbol: "ONCE_RECEIVED", Fires: true, Message: way(t)},
		{Name: "one step told by the header", Symbol: "ONCE_RECEIVED", Fires: true, Message: way(t, ownHop)},
		{Name: "two steps", Symbol: "ONCE_RECEIVED", Message: way(t, ownHop, earlier)},
		{Name: "logged in", Symbol: "ONCE_RECEIVED", Message: way(t, ownHop), Session: func(s *session.Session) { s.User = "bob" }},
		{Name: "dial-up", Symbol: "ONCE_RECEIVED_STRICT", Fires: true, Message: way(t), Session: func(s *session.Session) { s.Client.Name = "192-0-2-1.dyn.isp.example" }},
		{Name: "dial-up before", Symbol: "ONCE_RECEIVED_STRICT", Message: way(t, ownHop, "from pc (192-0-2-9.dyn.isp.example [192.0.2.9]) by mail.example.com with ESMTPSA id 1; Mon, 2 Mar 2026 11:59:31 +0000")},
		{Name: "mail program", Symbol: "DIRECT_TO_MX", Fires: true, Message: "X-Mailer: Some Program 1.0\n" + way(t), Evidence: "Some Program"},
		{Name: "mail program behind a server", Symbol: "DIRECT_TO_MX", Message: "X-Mailer: Some Program 1.0\n" + way(t, ownHop, earlier)},
	}
	for _, d := range receivedDegrees {
		if d.least > 0 {
			cases = append(cases, checktest.Case{Name: "least", Symbol: d.symbol, Fires: true, Message: way(t, many(d.least)...)})
		}
		other := 30
		if d.least == 12 {
			other = 11
		}
		cases = append(cases, checktest.Case{Name: "another number", Symbol: d.symbol, Message: way(t, many(other)...)})
	}
	checktest.Run(t, ReceivedCount(), cases)
}

func TestReceivedSecurity(t *testing.T) {
	plain := func(field string) string {
		return strings.ReplaceAll(strings.ReplaceAll(field, "ESMTPSA", "ESMTP"), "ESMTPS", "ESMTP")
	}
	tls := func(s *session.Session) { s.TLS = &session.TLS{Version: "TLSv1.3"} }
	checktest.Run(t, ReceivedSecurity(), []checktest.Case{
		{Name: "all steps", Symbol: "RCVD_TLS_ALL", Fires: true, Message: way(t, ownHop, earlier)},
		{Name: "all steps by milter", Symbol: "RCVD_TLS_ALL", Fires: true, Message: way(t, earlier), Session: tls},
		{Name: "plain step within a host", Symbol: "RCVD_TLS_ALL", Fires: true,
			Message: way(t, ownHop, "from localhost (localhost [127.0.0.1]) by mail.example.com with ESMTP id 1; Mon, 2 Mar 2026 11:59:31 +0000", earlier)},
		{Name: "first step plain", Symbol: "RCVD_TLS_ALL", Message: way(t, ownHop, plain(earlier))},
		{Name: "first step plain", Symbol: "RCVD_TLS_LAST", Fires: true, Message: way(t, ownHop, plain(earlier))},
		{Name: "all steps", Symbol: "RCVD_TLS_LAST", Message: way(t, ownHop, earlier)},
		{Name: "last step plain", Symbol: "RCVD_NO_TLS_LAST", Fires: true, Message: way(t, plain(ownHop), earlier)},
		{Name: "by milter", Symbol: "RCVD_NO_TLS_LAST", Fires: true, Message: way(t, earlier)},
		{Name: "all steps", Symbol: "RCVD_NO_TLS_LAST", Message: way(t, ownHop, earlier)},
		{Name: "nothing known", Symbol: "RCVD_NO_TLS_LAST", Message: way(t), Session: func(s *session.Session) { s.Client.IP = netip.Addr{} }},
		{Name: "submission", Symbol: "RCVD_VIA_SMTP_AUTH", Fires: true, Message: way(t, ownHop, earlier)},
		{Name: "without login", Symbol: "RCVD_VIA_SMTP_AUTH", Message: way(t, ownHop)},
	})
}

func TestReceivedTimes(t *testing.T) {
	at := func(time string) string { return ownHop[:strings.Index(ownHop, ";")+2] + time }
	checktest.Run(t, ReceivedTimes(), []checktest.Case{
		{Name: "backwards", Symbol: "RCVD_TIME_BACKWARDS", Fires: true,
			Message: way(t, at("Mon, 2 Mar 2026 06:00:00 +0000"), earlier), Evidence: "pc.example.com"},
		{Name: "a minute backwards", Symbol: "RCVD_TIME_BACKWARDS", Message: way(t, at("Mon, 2 Mar 2026 11:58:00 +0000"), earlier)},
		{Name: "other zone", Symbol: "RCVD_TIME_BACKWARDS", Message: way(t, at("Mon, 2 Mar 2026 06:59:58 -0500"), earlier)},
		{Name: "no time", Symbol: "RCVD_TIME_BACKWARDS", Message: way(t, at("whenever"), earlier)},
		{Name: "years ahead", Symbol: "RCVD_TIME_FUTURE", Fires: true, Message: way(t, ownHop, at("Mon, 2 Mar 2037 06:00:00 +0000"))},
		{Name: "an hour ahead", Symbol: "RCVD_TIME_FUTURE", Message: way(t, at("Mon, 2 Mar 2026 13:00:00 +0000"))},
	})
}

func TestReceivedForged(t *testing.T) {
	const date = "; Mon, 2 Mar 2026 11:59:31 +0000"
	var cases []checktest.Case
	for _, tc := range []struct{ name, symbol, field string }{
		{"no comment", "FORGED_GENERIC_RECEIVED", "from [198.51.100.7] by mail.example.org" + date},
		{"short host", "R_RCVD_SPAMBOTS", "from [198.51.100.7] by mailhost" + date},
		{"id", "FORGED_GENERIC_RECEIVED2", "from [198.51.100.7] by mail.example.org id kQ3vZ81mPx4T" + date},
		{"long id", "FORGED_GENERIC_RECEIVED3", "by 198.51.100.7 with SMTP id KmTqWxNbRtYpLs.1234567890123" + date + " (GMT)"},
		{"localhost", "FORGED_GENERIC_RECEIVED4", "from localhost by mail.example.org" + date},
		{"Postfix", "INVALID_POSTFIX_RECEIVED", "from pc.example.com (pc.example.com [198.51.100.7]) by mail.example.org (Postfix) with ESMTP id 5B1B2C3D4E\n\tfor <bob@example.net>" + date},
		{"two addresses", "RCVD_DOUBLE_IP_SPAM", "from [198.51.100.7] by 203.0.113.8 with HTTP" + date},
		{"two bare addresses", "RCVD_DOUBLE_IP_SPAM", "from 198.51.100.7 by 203.0.113.8" + date},
		{"strongmail", "STRONGMAIL", "from strongmail ([198.51.100.7]) by mail.example.org (-)" + date},
	} {
		cases = append(cases,
			checktest.Case{Name: tc.name, Symbol: tc.symbol, Fires: true, Message: way(t, ownHop, tc.field), Evidence: "2026"},
			checktest.Case{Name: "genuine", Symbol: tc.symbol, Message: way(t, ownHop, earlier)},
			checktest.Case{Name: "genuine with a comment", Symbol: tc.symbol, Message: way(t, ownHop, "from [198.51.100.7] (pc.example.com [198.51.100.7]) by mail.example.org with ESMTP"+date)},
			checktest.Case{Name: "Google", Symbol: tc.symbol, Message: way(t, ownHop, "by 2002:a05:6214:300f:b0:6b5 with SMTP id ke15csp1234567qvb; Mon, 2 Mar 2026 03:59:31 -0800 (PST)")},
			checktest.Case{Name: "local submission", Symbol: tc.symbol, Message: way(t, ownHop, "by mail.example.com (Postfix, from userid 1000) id 5B1B2C3D4E; Mon, 2 Mar 2026 11:59:31 +0000 (UTC)")},
			checktest.Case{Name: "empty", Symbol: tc.symbol, Message: way(t, ownHop, "")})
	}
	checktest.Run(t, ReceivedForged(), cases)
}

func TestReceivedHELO(t *testing.T) {
	from := func(helo, name string) string {
		return way(t, ownHop, "from "+helo+" ("+name+" [198.51.100.7]) by mail.example.com with ESMTP id 1; Mon, 2 Mar 2026 11:59:31 +0000")
	}
	checktest.Run(t, ReceivedHELO(), []checktest.Case{
		{Name: "on the way", Symbol: "RCVD_HELO_USER", Fires: true, Message: from("User", "unknown")},
		{Name: "to us", Symbol: "RCVD_HELO_USER", Fires: true, Message: way(t), Session: func(s *session.Session) { s.HELO = "user" }},
		{Name: "longer name", Symbol: "RCVD_HELO_USER", Message: from("user.example.com", "user.example.com")},
		{Name: "from outside", Symbol: "RECEIVED_HELO_LOCALHOST", Fires: true, Message: from("localhost", "unknown")},
		{Name: "from the host itself", Symbol: "RECEIVED_HELO_LOCALHOST",
			Message: way(t, ownHop, "from localhost (localhost [127.0.0.1]) by mail.example.com with ESMTP id 1; Mon, 2 Mar 2026 11:59:31 +0000")},
		{Name: "sender elsewhere", Symbol: "FAKE_RECEIVED_mail_ru", Fires: true, Message: from("mail.ru", "unknown")},
		{Name: "sender there", Symbol: "FAKE_RECEIVED_mail_ru", Message: strings.Replace(from("mail.ru", "unknown"), "alice@example.com", "alice@mail.ru", 1),
			Session: func(s *session.Session) { s.Sender.Domain = "mail.ru" }},
		{Name: "name elsewhere", Symbol: "FAKE_RECEIVED_smtp_yandex_ru", Fires: true, Message: from("smtp.yandex.ru", "pc.example.com")},
		{Name: "name there", Symbol: "FAKE_RECEIVED_smtp_yandex_ru", Message: from("smtp.yandex.ru", "forward100.mail.yandex.net")},
	})
}
