// Package config reads the one file in which an administrator says how
// Postern is to behave, and explains it: every key has a default, every fault
// is shown at its place in the file with what was probably meant, and the
// reference of all keys is printed from the same declarations.
package config

import (
	"postern/internal/arc"
	"postern/internal/callout"
	"postern/internal/check/envelope"
	"postern/internal/dkim"
	"postern/internal/dmarc"
	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/door/milter"
	"postern/internal/door/policy"
	"postern/internal/door/rspamd"
	"postern/internal/engine"
	"postern/internal/greylist"
	"postern/internal/history"
	"postern/internal/message"
	"postern/internal/restrict"
	"postern/internal/spf"
	"postern/internal/table"
	"postern/internal/verdict"
	"postern/internal/web"
)

//go:generate go run ./gen

// DefaultPath is where the configuration is looked for when no other file is
// named.
const DefaultPath = "/etc/postern/postern.toml"

// Config is the whole configuration: the options of every room, each in a
// section of its own.
type Config struct {
	// Preset is whose values keys have that the file does not set:
	// "score-only" marks and refuses nothing by score, "balanced" refuses
	// what is certain or scores very high, "strict" is for a company that
	// values its time.
	Preset string `toml:"preset"`
	// How messages are examined, and whose.
	Engine engine.Options `toml:"engine"`
	// Which domains, names and addresses are ours, so that strangers who claim
	// them are found out.
	Domains envelope.DomainOptions `toml:"domains"`
	// At which score what happens to a message, and what the client is told.
	Actions engine.ActionOptions `toml:"actions"`
	// Which headers are added to accepted messages and which copies from
	// outside are removed.
	Headers engine.HeaderOptions `toml:"headers"`
	// Changes to single symbols, by their name.
	Symbols map[string]engine.SymbolOptions `toml:"symbols"`
	// Changes to groups of symbols, by their name.
	Groups map[string]engine.GroupOptions `toml:"groups"`
	// Symbols made of others, by their name.
	Composites map[string]engine.CompositeOptions `toml:"composites"`
	// Settings of their own for some recipients. One profile only may name a
	// recipient; the address goes before its domain, and that before "*".
	Profiles []engine.ProfileOptions `toml:"profiles"`
	// How the domain name system is asked.
	DNS dns.Options `toml:"dns"`
	// The DNS lists that are asked, by a name of your choice; those that are
	// built in can be changed and switched on and off.
	DNSLists map[string]dnslist.ListOptions `toml:"dns_lists"`
	// How the DNS lists are watched, so that one that does not work costs no
	// mail.
	DNSListHealth dnslist.Options `toml:"dns_list_health"`
	// Restriction lists in Postfix's words, for the SMTP stage.
	Restrictions restrict.Options `toml:"restrictions"`
	// How lookup tables are read that restrictions name.
	Tables table.Options `toml:"tables"`
	// Who is asked to come back later, and for how long.
	Greylist greylist.Options `toml:"greylist"`
	// How the mail servers of an address are asked whether it exists, for
	// reject_unverified_sender and reject_unverified_recipient.
	Verify callout.Options `toml:"verify"`
	// How it is found out whether the client may send for the sender's domain.
	SPF spf.Options `toml:"spf"`
	// How signatures on messages are verified.
	DKIM dkim.Options `toml:"dkim"`
	// How the chain of those who forwarded a message is verified.
	ARC arc.Options `toml:"arc"`
	// How the policy of the domain in From is found.
	DMARC dmarc.Options `toml:"dmarc"`
	// Bounds of what is examined in one message. What goes beyond is left
	// out and noted as a defect.
	Limits message.Limits `toml:"limits"`
	// The milter door, for Postfix and Sendmail.
	Milter milter.Options `toml:"milter"`
	// The door for rspamd's clients: rspamc, Exim, Haraka and others.
	HTTP rspamd.Options `toml:"http"`
	// The door for Postfix's check_policy_service.
	Policy policy.Options `toml:"policy"`
	// The control port, for status and metrics.
	Control web.Options `toml:"control"`
	// What is kept of past decisions, and for how long.
	History history.Options `toml:"history"`
	// What the daemon prints.
	Log LogOptions `toml:"log"`
}

// Default is the configuration that applies where a file says nothing.
func Default() Config {
	return Config{
		Preset:   Balanced,
		Engine:   engine.DefaultOptions(),
		Actions:  engine.DefaultActions(),
		Headers:  engine.DefaultHeaders(),
		DNS:      dns.DefaultOptions(),
		DNSLists: dnslist.DefaultLists(), DNSListHealth: dnslist.DefaultOptions(),
		Restrictions: restrict.DefaultOptions(), Tables: table.DefaultOptions(),
		Greylist: greylist.DefaultOptions(), Verify: callout.DefaultOptions(), Policy: policy.DefaultOptions(),
		SPF:     spf.DefaultOptions(),
		DKIM:    dkim.DefaultOptions(),
		ARC:     arc.DefaultOptions(),
		DMARC:   dmarc.DefaultOptions(),
		Limits:  message.DefaultLimits(),
		Milter:  milter.DefaultOptions(),
		HTTP:    rspamd.DefaultOptions(),
		Control: web.DefaultOptions(),
		History: history.DefaultOptions(),
		Log:     DefaultLogOptions(),
	}
}

// Settings gives the sections that the engine takes.
func (c *Config) Settings() engine.Settings {
	return engine.Settings{
		Engine: c.Engine, Actions: c.Actions, Headers: c.Headers, Symbols: c.Symbols,
		Groups: c.Groups, Composites: c.Composites, Profiles: c.Profiles,
	}
}

// Known is what the reader of a configuration must know of the rest of the
// program.
type Known struct {
	// Symbols that may be found in a message, and the groups they belong to.
	// Names are not looked up where both are empty.
	Symbols []verdict.Symbol
	Groups  []verdict.Group
	// Try builds what a configuration describes, for faults that no section
	// can tell by itself; nil for nothing. Its errors are unit.KeyErrors with
	// whole paths, joined.
	Try func(Config) error
}
