package dnslist

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"postern/internal/addr"
	"postern/internal/unit"
)

// Options says how the lists are watched.
type Options struct {
	// Timeout is how long one question to a list may take. A list that is late
	// counts as not asked.
	Timeout unit.Duration `toml:"timeout"`
	// ProbeInterval is how often a list in use is examined: what it says of
	// its test points shows whether it works. A list that does not is
	// switched off until it does. Lists that find something are examined
	// again when that was longer ago.
	ProbeInterval unit.Duration `toml:"probe_interval"`
	// IdleInterval is how often a list is examined that nobody asks, or that
	// is switched off for long.
	IdleInterval unit.Duration `toml:"idle_interval"`
	// Failures is after how many questions in a row without an answer a list
	// is switched off.
	Failures int `toml:"failures"`
}

// DefaultOptions examines lists in use every 40 seconds.
func DefaultOptions() Options {
	return Options{
		Timeout:       unit.Duration(5 * time.Second),
		ProbeInterval: unit.Duration(40 * time.Second),
		IdleInterval:  unit.Duration(10 * time.Minute),
		Failures:      5,
	}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	if d := o.Timeout.Std(); d < 10*time.Millisecond || d > time.Minute {
		errs = append(errs, unit.BadKey("timeout", "%s is not from 10ms to 1m", o.Timeout))
	}
	if d := o.ProbeInterval.Std(); d < time.Second || d > time.Hour {
		errs = append(errs, unit.BadKey("probe_interval", "%s is not from 1s to 1h", o.ProbeInterval))
	}
	if d := o.IdleInterval.Std(); d < o.ProbeInterval.Std() || d > 24*time.Hour {
		errs = append(errs, unit.BadKey("idle_interval", "%s is not from probe_interval to 1d", o.IdleInterval))
	}
	if o.Failures < 1 || o.Failures > 1000 {
		errs = append(errs, unit.BadKey("failures", "%d is not from 1 to 1000", o.Failures))
	}
	return errors.Join(errs...)
}

// ListOptions describes one list. Keys that are left out keep what the
// built-in list of that name says; a list of your own needs zone, ask and
// codes.
type ListOptions struct {
	// Enabled asks the list. Lists of your own are on, built-in ones as the
	// page about DNS lists says.
	Enabled *bool `toml:"enabled"`
	// Zone of the list, such as "bl.example.net".
	Zone string `toml:"zone"`
	// Key stands before the zone in every question, for lists that know their
	// customers by it. It is never shown.
	Key string `toml:"key"`
	// Ask says about what the list is asked: "client" (address of the
	// client), "helo", "reverse" (name of the client), "sender" (domain of
	// the envelope sender), "url" (host names in the text), "url_address"
	// (addresses in place of host names), "dkim" (domain of a good signature),
	// "email" (hashed mail addresses).
	Ask []string `toml:"ask"`
	// Codes says what the list's answers mean, each as
	// "ANSWER SYMBOL SCORE description": an answer such as "127.0.0.2" or
	// "127.0.0.[4..7]", or "&4" for a bit, or "*" for what no other code knows.
	Codes []Code `toml:"codes"`
	// Refused lists answers by which the list refuses to serve us, besides
	// 127.255.255.252 to 127.255.255.255. They switch the list off.
	Refused []string `toml:"refused"`
	// Allow says that this is a list of good senders.
	Allow bool `toml:"allow"`
	// Addresses restricts a list of addresses to "ipv4" or "ipv6".
	Addresses string `toml:"addresses"`
	// Registrable asks for the domain that its owner registered (example.com)
	// and not for the whole name (www.example.com).
	Registrable bool `toml:"registrable"`
	// Reserved asks about private and other addresses too that no list on the
	// internet knows: for a list of your own network.
	Reserved bool `toml:"reserved"`
	// Hash and Encoding are how mail addresses are hashed: "md5", "sha1" or
	// "sha256", in "hex", "base32" or "base64". HashLength cuts the text off.
	Hash string `toml:"hash"`
	// Encoding of the hash.
	Encoding string `toml:"encoding"`
	// HashLength is how many characters of the hash are used; 0 for all.
	HashLength int `toml:"hash_length"`
	// Probe says which test points the list has (RFC 5782 section 5): "both",
	// only the "unlisted" one, or "off" for a list that is not to be examined.
	Probe string `toml:"probe"`
	// Listed and Unlisted are the test points where they are not those of RFC
	// 5782: an address or domain that the list has for certain, and one that
	// it has not.
	Listed string `toml:"listed"`
	// Unlisted is the one that it has not.
	Unlisted string `toml:"unlisted"`
	// Advice is shown when the list refuses to serve us.
	Advice string `toml:"advice"`
}

// Kind is what a list can be asked about in a mail.
type Kind string

// The kinds of items.
const (
	Client     Kind = "client"
	HELO       Kind = "helo"
	Reverse    Kind = "reverse"
	Sender     Kind = "sender"
	URL        Kind = "url"
	URLAddress Kind = "url_address"
	DKIM       Kind = "dkim"
	Email      Kind = "email"
)

var kinds = []Kind{Client, HELO, Reverse, Sender, URL, URLAddress, DKIM, Email}

// ofAddress tells whether items of the kind are addresses.
func (k Kind) ofAddress() bool { return k == Client || k == URLAddress }

// The words of Probe.
const (
	probeBoth     = "both"
	probeUnlisted = "unlisted"
	probeOff      = "off"
)

// IsEnabled tells whether the list is asked.
func (o ListOptions) IsEnabled() bool { return o.Enabled == nil || *o.Enabled }

// Validate reports every value that makes no sense, each by its key.
func (o ListOptions) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) { errs = append(errs, unit.BadKey(key, format, args...)) }
	if !addr.ValidDomain(o.Zone) {
		bad("zone", "%q is not a domain", o.Zone)
	}
	if o.Key != "" && !addr.ValidDomain(o.Key) {
		bad("key", "cannot stand in a domain")
	}
	if len(o.Ask) == 0 {
		bad("ask", "must say about what the list is asked: %v", kinds)
	}
	for i, k := range o.Ask {
		if !slices.Contains(kinds, Kind(k)) {
			bad(fmt.Sprintf("ask[%d]", i), "%q is not one of %v", k, kinds)
		}
	}
	if len(o.Codes) == 0 {
		bad("codes", "must say what the list's answers mean")
	}
	for i, c := range o.Codes {
		if c.Symbol == "" {
			bad(fmt.Sprintf("codes[%d]", i), "is empty")
		} else if o.Allow && c.Score > 0 {
			bad(fmt.Sprintf("codes[%d]", i), "a list of good senders cannot score above 0")
		}
	}
	for i, r := range o.Refused {
		if _, err := ParseFilter(r); err != nil {
			bad(fmt.Sprintf("refused[%d]", i), "%v", err)
		}
	}
	o.validateForm(bad)
	return errors.Join(errs...)
}

// validateForm judges the keys that say how a question is made.
func (o ListOptions) validateForm(bad func(key, format string, args ...any)) {
	oneOf := func(key, value string, words ...string) {
		if value != "" && !slices.Contains(words, value) {
			bad(key, "%q is not one of %q", value, words)
		}
	}
	oneOf("addresses", o.Addresses, "ipv4", "ipv6")
	oneOf("probe", o.Probe, probeBoth, probeUnlisted, probeOff)
	oneOf("hash", o.Hash, names(hashes)...)
	oneOf("encoding", o.Encoding, names(encodings)...)
	if o.HashLength < 0 || o.HashLength > 63 {
		bad("hash_length", "%d is not from 0 to 63", o.HashLength)
	}
	for key, point := range map[string]string{"listed": o.Listed, "unlisted": o.Unlisted} {
		if point != "" && parsePoint(point).IsZero() {
			bad(key, "%q is neither an address nor a domain", point)
		}
	}
	if slices.Contains(o.Ask, string(Email)) && len(o.Ask) > 1 {
		bad("ask", "a list of hashed mail addresses knows nothing else")
	}
}

// ValidateLists judges all lists together.
func ValidateLists(lists map[string]ListOptions) error {
	var errs []error
	symbols := map[string]Code{}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		for i, c := range lists[name].Codes {
			if old, ok := symbols[c.Symbol]; ok && old.Score != c.Score {
				errs = append(errs, unit.BadKey(fmt.Sprintf("%s.codes[%d]", name, i), "%s scores %g elsewhere", c.Symbol, old.Score))
			}
			symbols[c.Symbol] = c
		}
	}
	return errors.Join(errs...)
}
