package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// ReceivedSecurity tells how well the steps of the message were protected and
// whether its sender logged in somewhere.
func ReceivedSecurity() check.Check {
	return check.New(check.Info{
		Name: "received_security", Stage: check.Header,
		Symbols: []verdict.Symbol{
			{Name: "RCVD_TLS_ALL", Group: "headers", Description: "Every step of the message was encrypted"},
			{Name: "RCVD_TLS_LAST", Group: "headers", Description: "The last step was encrypted, an earlier one was not"},
			{Name: "RCVD_NO_TLS_LAST", Group: "headers", Score: 0.1, Description: "The last step was not encrypted"},
			{Name: "RCVD_VIA_SMTP_AUTH", Group: "headers", Description: "The sender logged in at some step"},
		},
	}, receivedSecurity)
}

func receivedSecurity(_ context.Context, tx *check.Transaction, out *check.Report) error {
	way := hops(tx)
	last, all := -1, true
	for i := range way {
		h := &way[i]
		if h.auth {
			out.Add("RCVD_VIA_SMTP_AUTH", h.evidence())
		}
		if withinHost(h) {
			continue // a step within one host needs no encryption
		}
		if last < 0 {
			last = i
		}
		all = all && h.tls
	}
	switch {
	case last < 0:
	case all:
		out.Add("RCVD_TLS_ALL")
	case way[last].tls:
		out.Add("RCVD_TLS_LAST")
	default:
		out.Add("RCVD_NO_TLS_LAST", way[last].evidence())
	}
	return nil
}

// withinHost tells whether a step stayed on one host.
func withinHost(h *hop) bool {
	return h.ip.IsLoopback() || strings.EqualFold(h.by, "localhost") || h.field != nil && h.field.From == ""
}
