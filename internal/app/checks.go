package app

import (
	"os"
	"slices"

	"postern/internal/check"
	"postern/internal/check/client"
	"postern/internal/check/content"
	"postern/internal/check/envelope"
	"postern/internal/config"
)

// Checks is the one list of checks, in the order in which they run. Order
// matters only for how findings of the same weight are listed.
func Checks(cfg config.Config) []check.Check {
	return []check.Check{
		// Who is talking.
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
