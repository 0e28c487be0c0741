package client

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Impostor finds strangers that call themselves by our own name or address,
// or by the domain of one of our recipients: bots do, hoping to be taken for
// one of us.
func Impostor(o ImpostorOptions) check.Check {
	own := ours{refuse: o.Refuse}
	for _, n := range o.Names {
		own.names = append(own.names, strings.ToLower(strings.TrimSuffix(n, ".")))
	}
	for _, a := range o.Addresses {
		if ip, ok := addr.ParseIP(a); ok {
			own.addresses = append(own.addresses, ip.Unmap())
		}
	}
	return check.New(check.Info{
		Name:  "helo_impostor",
		Stage: check.Message, // recipients are known only then
		Symbols: []verdict.Symbol{
			{Name: "HELO_IS_OURS", Group: group, Score: 4, Description: "A stranger says our own name or address in HELO"},
			{Name: "HELO_IS_RCPT_DOMAIN", Group: group, Score: 2.5, Description: "A stranger says a recipient's domain in HELO"},
		},
	}, func(_ context.Context, tx *check.Transaction, out *check.Report) error {
		own.impostor(tx.Session, out)
		return nil
	})
}

// ImpostorOptions are what only our own hosts may say in HELO.
type ImpostorOptions struct {
	// Names and Addresses of our own besides the mail server's.
	Names, Addresses []string
	// Refuse the mail and do not only score it.
	Refuse bool
}

// ours are names and addresses in the form in which they are compared.
type ours struct {
	names     []string
	addresses []netip.Addr
	refuse    bool
}

// helo reports a HELO that is ours.
func (o *ours) helo(s *session.Session, out *check.Report) {
	if !o.refuse {
		out.Add("HELO_IS_OURS", s.HELO)
		return
	}
	out.Decide("HELO_IS_OURS", check.Decision{Action: verdict.Reject, Reply: verdict.Reply{
		Code: 550, Enhanced: "5.7.1", Text: "Helo command rejected: this is our own name",
	}}, s.HELO)
}

func (o *ours) impostor(s *session.Session, out *check.Report) {
	if s.HELO == "" || !foreign(s) {
		return
	}
	name := strings.ToLower(strings.TrimSuffix(s.HELO, "."))
	if name == strings.ToLower(s.Client.Name) {
		return // it proved that the name is its own
	}
	if ip, _, ok := heloAddress(s.HELO); ok {
		if ip.IsValid() && ip != s.Client.IP && (ourAddress(s, ip) || slices.Contains(o.addresses, ip)) {
			o.helo(s, out)
		}
		return
	}
	if s.MTAName != "" && strings.EqualFold(name, s.MTAName) || slices.Contains(o.names, name) {
		o.helo(s, out)
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
