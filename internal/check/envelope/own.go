package envelope

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// DomainOptions say which domains, names and addresses are ours, so that
// strangers who claim them are found out.
type DomainOptions struct {
	// Own are the domains whose mail we send: nobody outside sends mail from
	// them. A domain stands for its subdomains too.
	Own []string `toml:"own"`
	// HeloNames are names of our hosts besides [engine] hostname, which
	// strangers may not say in HELO.
	HeloNames []string `toml:"helo_names"`
	// Addresses are our hosts' addresses, which strangers may not say in
	// HELO.
	Addresses []string `toml:"addresses"`
	// Outside are hosts elsewhere that send mail of ours, such as a
	// newsletter service: addresses and networks.
	Outside []string `toml:"outside"`
	// Refuse what is not to be scored but refused: "sender" for mail from
	// outside with an envelope sender of ours, "from" for such a From field,
	// "helo" for our name or address in HELO. With "from", mail of ours that
	// comes back by a mailing list is refused too.
	Refuse []string `toml:"refuse"`
}

// ownClaims are the words of DomainOptions.Refuse.
var ownClaims = []string{"sender", "from", "helo"}

// Validate checks the domains, addresses and words.
func (o DomainOptions) Validate() error {
	var errs []error
	for i, d := range o.Own {
		if !addr.ValidDomain(addr.NormalDomain(d)) {
			errs = append(errs, unit.BadKey(fmt.Sprintf("own[%d]", i), "%q is not a domain", d))
		}
	}
	for i, a := range o.Addresses {
		if _, ok := addr.ParseIP(a); !ok {
			errs = append(errs, unit.BadKey(fmt.Sprintf("addresses[%d]", i), "%q is not an address", a))
		}
	}
	if _, err := addr.ParseNetworks(o.Outside); err != nil {
		errs = append(errs, unit.BadKey("outside", "%v", err))
	}
	for i, w := range o.Refuse {
		if !slices.Contains(ownClaims, w) {
			errs = append(errs, unit.BadKey(fmt.Sprintf("refuse[%d]", i), "must be one of %s, not %q", strings.Join(ownClaims, ", "), w))
		}
	}
	return errors.Join(errs...)
}

// ownSenderReply is what a stranger reads who claims to send from a domain of
// ours.
var ownSenderReply = verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "Sender address rejected: mail from this domain is sent by its own servers, after login"}

// ownDomains is what the checks below look domains up in.
type ownDomains struct {
	list    map[string]bool
	outside addr.Networks
	refuse  []string
}

// newOwnDomains takes options that Validate finds right.
func newOwnDomains(o DomainOptions) ownDomains {
	own := ownDomains{list: map[string]bool{}, refuse: o.Refuse}
	for _, d := range o.Own {
		own.list[addr.NormalDomain(d)] = true
	}
	if networks, err := addr.ParseNetworks(o.Outside); err == nil {
		own.outside = networks
	}
	return own
}

// has tells whether a domain is ours or below one of ours.
func (o *ownDomains) has(domain string) bool {
	for domain = addr.NormalDomain(domain); domain != ""; {
		if o.list[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// stranger tells whether the client is somebody who may not send our mail.
func (o *ownDomains) stranger(tx *check.Transaction) bool {
	s := tx.Session
	return len(o.list) > 0 && !tx.Trusted && !s.Authenticated() && !s.Client.Local &&
		s.Client.IP.IsValid() && !o.outside.Contains(s.Client.IP)
}

// report reports a claim, and refuses the mail where that was asked for.
func (o *ownDomains) report(out *check.Report, claim, symbol string, evidence ...string) {
	if slices.Contains(o.refuse, claim) {
		out.Decide(symbol, check.Decision{Action: verdict.Reject, Reply: ownSenderReply}, evidence...)
		return
	}
	out.Add(symbol, evidence...)
}

// OwnSender finds mail from outside whose envelope sender is of a domain of
// ours.
func OwnSender(o DomainOptions) check.Check {
	own := newOwnDomains(o)
	return check.New(check.Info{
		Name: "own_sender", Stage: check.Mail, Decides: slices.Contains(o.Refuse, "sender"),
		Symbols: []verdict.Symbol{
			symbol("headers", "FORGED_OWN_SENDER", 4, "A stranger sends from a domain of ours"),
		},
	}, func(_ context.Context, tx *check.Transaction, out *check.Report) error {
		s := tx.Session
		if s.HasSender && !s.Bounce() && own.has(s.Sender.Domain) && own.stranger(tx) {
			own.report(out, "sender", "FORGED_OWN_SENDER", s.Sender.String(), clientName(s))
		}
		return nil
	})
}

// OwnFrom finds mail from outside whose From field is of a domain of ours,
// and that no mailing list or forwarding explains.
func OwnFrom(o DomainOptions) check.Check {
	own := newOwnDomains(o)
	return check.New(check.Info{
		Name: "own_from", Stage: check.Message,
		Symbols: []verdict.Symbol{
			symbol("headers", "FORGED_OWN_FROM", 3, "A stranger writes a From of a domain of ours"),
		},
	}, func(_ context.Context, tx *check.Transaction, out *check.Report) error {
		if !own.stranger(tx) {
			return nil
		}
		for _, a := range tx.Message.From() {
			if own.has(a.Address.Domain) {
				own.report(out, "from", "FORGED_OWN_FROM", a.Address.String(), clientName(tx.Session))
				return nil
			}
		}
		return nil
	})
}

// clientName names the client for a postmaster.
func clientName(s *session.Session) string {
	if s.Client.Name != "" {
		return s.Client.Name + "[" + s.Client.IP.String() + "]"
	}
	return s.Client.IP.String()
}
