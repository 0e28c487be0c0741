package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestForwarding(t *testing.T) {
	checktest.Run(t, Forwarding(), append(quietOnClean(Forwarding()), []checktest.Case{
		{Name: "SRS0", Symbol: "FWD_SRS", Fires: true, Session: sentBy("SRS0=HHH=TT=example.com=alice", "fwd.example")},
		{Name: "like SRS", Symbol: "FWD_SRS", Session: sentBy("srs0", "fwd.example")},
		{Name: "Google", Symbol: "FWD_GOOGLE", Fires: true, Session: sentBy("me+caf_=bob=example.net", "gmail.com"),
			Message: mailWith("X-Forwarded-To: bob@example.net", "X-Google-DKIM-Signature: v=1")},
		{Name: "sender alone", Symbol: "FWD_GOOGLE", Session: sentBy("me+caf_=bob=example.net", "gmail.com")},
		{Name: "Sieve", Symbol: "FWD_SIEVE", Fires: true, Message: mailWith("X-Sieve-Redirected-From: me@example.org")},
		{Name: "Yandex", Symbol: "FWD_YANDEX", Fires: true, Message: mailWith("X-Yandex-Forward: 0123abc")},
		{Name: "Mail.ru", Symbol: "FWD_MAILRU", Fires: true, Message: mailWith("X-MailRu-Forward: 1")},
		{Name: "cPanel", Symbol: "FWD_CPANEL", Fires: true,
			Message: mailWith("X-Get-Message-Sender-Via: host.example: redirect/forwarder owner me@example.org -> bob@example.net")},
		{Name: "Delivered-To another", Symbol: "FORWARDED", Fires: true, Evidence: "me@example.org",
			Message: mailWith("Delivered-To: me@example.org")},
		{Name: "Resent-To", Symbol: "FORWARDED", Fires: true, Message: mailWith("Resent-To: bob@example.net")},
		{Name: "Delivered-To the recipient", Symbol: "FORWARDED", Message: mailWith("Delivered-To: bob@example.net")},
		{Name: "list", Symbol: "FORWARDED", Message: mailWith("Delivered-To: dev@example.org", "X-Mailman-Version: 3")},
	}...))
}
