package app

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/client"
	"postern/internal/check/content"
	"postern/internal/check/envelope"
	"postern/internal/check/identity"
	"postern/internal/config"
	"postern/internal/dns"
	"postern/internal/door/policy"
	"postern/internal/greylist"
	"postern/internal/restrict"
)

// checks is the one list of checks, in the order in which they run. Order
// matters only for how findings of the same weight are listed.
func checks(cfg config.Config, s *services) []check.Check {
	return append([]check.Check{
		// Who is talking.
		s.asks(client.DNSLists(s.lists, networks(cfg))),
		s.asks(identity.SPF(s.spf)),
		s.asks(identity.DKIM(s.dkim)),
		s.asks(identity.ARC(s.arc)),
		s.asks(identity.DMARC(s.dmarc, s.spf, s.dkim)),
		client.ReverseName(),
		client.Names(),
		client.Impostor(client.ImpostorOptions{
			Names: append(ownNames(cfg), cfg.Domains.HeloNames...), Addresses: cfg.Domains.Addresses,
			Refuse: slices.Contains(cfg.Domains.Refuse, "helo"),
		}),

		// The envelope.
		envelope.Sender(),
		envelope.Recipients(),
		envelope.From(),
		envelope.OwnSender(cfg.Domains),
		envelope.OwnFrom(cfg.Domains),
		s.greylisting(cfg),

		// The header.
		content.MissingFields(),
		content.RepeatedFields(),
		content.BrokenHeader(),
		content.HeaderForm(),
		content.HeaderEncoding(),
		content.Date(),
		content.MessageID(),
		content.From(),
		content.FromName(),
		content.ReplyTo(),
		content.Recipients(),
		content.Subject(),
		content.DeceptiveText(),
		content.MixedAlphabets(),
		content.Freemail(),
		content.MailingList(),
		content.Forwarding(),
		content.Bounce(),
		content.ReadReceipt(),
		content.ScriptOrigin(),
		content.Marks(),

		// Whence it came.
		content.ReceivedCount(),
		content.ReceivedSecurity(),
		content.ReceivedHELO(),
		content.ReceivedForged(),
		content.ReceivedTimes(),

		// The program that wrote it.
		content.Mailers(),
		content.MailerIDs(),
		content.MailerMarks(),
		content.MailerOutlook(),
		content.MailerPHP(),

		// How it is put together.
		content.MIMEFields(),
		content.MIMEStructure(),
		content.MIMEEncoding(),
		content.MIMEBoundary(),
		content.MIMEDefects(),
		content.Truncated(),
		content.MIMESecurity(),
		content.AttachmentNames(),
		content.AttachmentTypes(),

		// What it shows.
		content.HTMLElements(),
		content.HTMLHidden(),
		content.HTMLImages(),
		content.HTMLLinks(),
		content.HTMLAttached(),
		content.BodyAmount(),
		content.PartsDiffer(),
		content.Bitcoin(),
		content.FraudText(),
		content.GTUBE(),
	}, s.restrictions()...)
}

// restrictions are what the administrator says of client, HELO, sender and
// recipients. They work offline too, as far as they ask nobody.
func (s *services) restrictions() []check.Check {
	list := s.restrict.Checks()
	if s.online {
		for i := range list {
			list[i] = s.asks(list[i])
		}
	}
	return list
}

// greylisting greylists what comes by the policy door, as the daemons do
// whose port it has, unless a restriction list says where it is to be done.
func (s *services) greylisting(cfg config.Config) check.Check {
	c := envelope.Greylist(s.greylist, policy.Name, s.online)
	mode := cfg.Greylist.Mode
	if s.greylist == nil || mode != greylist.ModeRestriction && mode != greylist.ModeBoth || listsGreylist(cfg.Restrictions) {
		return declared(c)
	}
	return c
}

// listsGreylist tells whether some restriction list greylists.
func listsGreylist(o restrict.Options) bool {
	lists := append(slices.Collect(maps.Values(o.Classes)), o.Client, o.Helo, o.Sender, o.Relay, o.Recipient, o.Data, o.EndOfData)
	for _, list := range lists {
		for _, item := range list {
			words := strings.FieldsFunc(item, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
			if slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, "greylist") }) {
				return true
			}
		}
	}
	return false
}

// networks are those whose clients are local; Validate has read them before.
func networks(cfg config.Config) addr.Networks {
	n, err := addr.ParseNetworks(cfg.Engine.Networks)
	if err != nil {
		return addr.Networks{}
	}
	return n
}

// asks is a check that asks the services. Where they may not be asked it is
// known by its symbols, so that settings may name them, and does nothing.
func (s *services) asks(c check.Check) check.Check {
	if !s.online {
		return declared(c)
	}
	return check.New(c.Info(), func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		budget := tx.Memory.Keep("dns", func() any { return dns.NewBudget(s.budget) }).(*dns.Budget)
		return c.Run(budget.In(ctx), tx, out)
	})
}

// declared is a check that is known by its symbols and does nothing.
func declared(c check.Check) check.Check {
	info := c.Info()
	return check.New(check.Info{Name: info.Name, Stage: check.Message, Symbols: info.Symbols},
		func(context.Context, *check.Transaction, *check.Report) error { return nil })
}

// hostName is our name in headers and replies.
func hostName(cfg config.Config) string {
	for _, name := range ownNames(cfg) {
		return name
	}
	return "localhost"
}

// ownNames are the names that only this host may use at HELO.
func ownNames(cfg config.Config) []string {
	if cfg.Engine.Hostname != "" {
		return []string{cfg.Engine.Hostname}
	}
	// A host that does not know its name has none to be taken.
	name, err := os.Hostname()
	if err != nil {
		return nil
	}
	return []string{name}
}
