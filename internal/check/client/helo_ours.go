package client

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Impostor finds strangers that call themselves by our own name or address,
// or by the domain of one of our recipients: bots do, hoping to be taken for
// one of us. names are further names of our own besides the mail server's.
func Impostor(names ...string) check.Check {
	own := make([]string, len(names))
	for i, n := range names {
		own[i] = strings.ToLower(strings.TrimSuffix(n, "."))
	}
	return check.New(check.Info{
		Name:  "helo_impostor",
		Stage: check.Message, // recipients are known only then
		Symbols: []verdict.Symbol{
			{Name: "HELO_IS_OURS", Group: group, Score: 4, Description: "A stranger says our own name or address in HELO"},
			{Name: "HELO_IS_RCPT_DOMAIN", Group: group, Score: 2.5, Description: "A stranger says a recipient's domain in HELO"},
		},
	}, func(_ context.Context, tx *check.Transaction, out *check.Report) error {
		impostor(tx.Session, own, out)
		return nil
	})
}

func impostor(s *session.Session, own []string, out *check.Report) {
	if s.HELO == "" || !foreign(s) {
		return
	}
	name := strings.ToLower(strings.TrimSuffix(s.HELO, "."))
	if name == strings.ToLower(s.Client.Name) {
		return // it proved that the name is its own
	}
	if ip, _, ok := heloAddress(s.HELO); ok {
		if ip.IsValid() && ip != s.Client.IP && ourAddress(s, ip) {
			out.Add("HELO_IS_OURS", s.HELO)
		}
		return
	}
	if s.MTAName != "" && strings.EqualFold(name, s.MTAName) || slices.Contains(own, name) {
		out.Add("HELO_IS_OURS", s.HELO)
		return
	}
	for i := range s.Recipients {
		if s.Recipients[i].Address.Domain == name {
			out.Add("HELO_IS_RCPT_DOMAIN", s.HELO)
			return
		}
	}
}

// ourAddress tells whether the mail server listens on that address.
func ourAddress(s *session.Session, ip netip.Addr) bool {
	for _, macro := range [...]string{"daemon_addr", "if_addr"} {
		a, err := netip.ParseAddr(s.Macros[macro])
		if err == nil && a.Unmap() == ip {
			return true
		}
	}
	return false
}
