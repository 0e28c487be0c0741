package app

import (
	"context"
	"os"
	"slices"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/client"
	"postern/internal/check/content"
	"postern/internal/check/envelope"
	"postern/internal/check/identity"
	"postern/internal/config"
)

// checks is the one list of checks, in the order in which they run. Order
// matters only for how findings of the same weight are listed.
func checks(cfg config.Config, s *services) []check.Check {
	return []check.Check{
		// Who is talking.
		s.asks(client.DNSLists(s.lists, networks(cfg))),
		s.asks(identity.SPF(s.spf)),
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
	}
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
	if s.online {
		return c
	}
	return check.New(c.Info(), func(context.Context, *check.Transaction, *check.Report) error { return nil })
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
