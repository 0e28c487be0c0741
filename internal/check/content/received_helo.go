package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// ReceivedHELO looks at what hosts called themselves along the way.
func ReceivedHELO() check.Check {
	return check.New(check.Info{
		Name: "received_helo", Stage: check.Header,
		Symbols: []verdict.Symbol{
			{Name: "RCVD_HELO_USER", Group: "headers", Score: 3, Description: `A host on the way calls itself "User", as a spam program does`},
			{Name: "RECEIVED_HELO_LOCALHOST", Group: "headers", Description: `A host on the way calls itself "localhost"`},
			{Name: "FAKE_RECEIVED_mail_ru", Group: "headers", Score: 4, Description: "A host calls itself mail.ru, for a sender elsewhere"},
			{Name: "FAKE_RECEIVED_smtp_yandex_ru", Group: "headers", Score: 4, Description: "A host calls itself smtp.yandex.ru and is not"},
		},
	}, receivedHELO)
}

func receivedHELO(_ context.Context, tx *check.Transaction, out *check.Report) error {
	way := hops(tx)
	for i := range way {
		h := &way[i]
		if symbol := heloSymbol(tx, h); symbol != "" {
			out.Add(symbol, h.evidence())
		}
	}
	return nil
}

func heloSymbol(tx *check.Transaction, h *hop) string {
	switch strings.ToLower(h.helo) {
	case "user":
		return "RCVD_HELO_USER"
	case "localhost", "localhost.localdomain":
		if h.ip.IsValid() && !h.ip.IsLoopback() {
			return "RECEIVED_HELO_LOCALHOST"
		}
	case "mail.ru":
		if !fromDomain(tx, "mail.ru") {
			return "FAKE_RECEIVED_mail_ru"
		}
	case "smtp.yandex.ru":
		if !yandexName(h.name) {
			return "FAKE_RECEIVED_smtp_yandex_ru"
		}
	}
	return ""
}

// fromDomain tells whether envelope and From both name that domain.
func fromDomain(tx *check.Transaction, domain string) bool {
	if tx.Session.HasSender && tx.Session.Sender.Domain != domain {
		return false
	}
	for _, m := range tx.Message.From() {
		if m.Address.Domain == domain {
			return true
		}
	}
	return false
}

func yandexName(name string) bool {
	return suffixFold(name, ".yandex.ru") || suffixFold(name, ".yandex.net")
}
