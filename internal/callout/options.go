package callout

import (
	"errors"
	"fmt"
	"math"
	"time"

	"postern/internal/addr"
	"postern/internal/unit"
)

// Options says whether and how addresses are verified.
type Options struct {
	// Enabled asks other mail servers whether addresses exist. Off unless
	// turned on: read docs/verification.md on the dangers first.
	Enabled bool `toml:"enabled"`
	// Sender is the envelope sender of probes: empty for the null sender <>,
	// or an address such as "double-bounce@example.org" that receives nothing.
	Sender string `toml:"sender"`
	// SenderTTL is how often the sender's local part changes, so that an
	// address that leaks is soon worth nothing; 0s keeps it as it is.
	SenderTTL unit.Duration `toml:"sender_ttl"`
	// HELO is our name in EHLO. Empty means the host's own name.
	HELO string `toml:"helo"`
	// NextHops are mail servers asked for domains instead of their mail
	// exchangers, as "DOMAIN SERVER": DOMAIN is "example.org", ".example.org"
	// for what is below it, or "*" for all other recipients; SERVER is
	// "smtp:host:port", "lmtp:host:port" or "lmtp:unix:/path".
	NextHops []string `toml:"next_hops"`
	// OurAddresses are addresses and networks that are never asked, besides
	// those of this host's interfaces.
	OurAddresses []string `toml:"our_addresses"`
	// AllowPrivate lets mail exchangers have loopback and private addresses.
	// Without it no stranger's DNS can point us into our own network.
	AllowPrivate bool `toml:"allow_private"`
	// StartTLS encrypts where the other server offers it, without looking at
	// its certificate.
	StartTLS bool `toml:"starttls"`
	// CatchAll asks for a made-up address too once an address was accepted,
	// to find servers that accept everything. It doubles what they are asked.
	CatchAll bool `toml:"catch_all"`
	// Port of mail exchangers.
	Port int `toml:"port"`

	// Wait is how long a mail waits for a probe. What comes later serves the
	// next attempt. Postfix's (address_verify_poll_count - 1) times
	// address_verify_poll_delay.
	Wait unit.Duration `toml:"wait"`
	// ConnectTimeout is how long one server may take to accept a connection.
	ConnectTimeout unit.Duration `toml:"connect_timeout"`
	// CommandTimeout is how long one reply may take, the greeting included.
	CommandTimeout unit.Duration `toml:"command_timeout"`
	// ProbeTimeout is how long one probe may take, whatever the number of
	// servers that it asks.
	ProbeTimeout unit.Duration `toml:"probe_timeout"`
	// MaxHosts is how many addresses of mail exchangers one probe tries.
	MaxHosts int `toml:"max_hosts"`

	// PositiveExpire is how long an address that takes mail is remembered.
	PositiveExpire unit.Duration `toml:"positive_expire"`
	// PositiveRefresh is after how long it is asked for again, in the
	// background.
	PositiveRefresh unit.Duration `toml:"positive_refresh"`
	// NegativeCache remembers failed probes too.
	NegativeCache bool `toml:"negative_cache"`
	// NegativeExpire is how long a failed probe is remembered.
	NegativeExpire unit.Duration `toml:"negative_expire"`
	// NegativeRefresh is after how long it is tried again, in the background.
	NegativeRefresh unit.Duration `toml:"negative_refresh"`
	// CacheSize is how many addresses are remembered in memory where no
	// other storage is given, or while it fails.
	CacheSize int `toml:"cache_size"`

	// PerMinute is how many probes may begin in a minute, those to next hops
	// left out.
	PerMinute int `toml:"per_minute"`
	// PerDomain is how many probes may begin in a minute for one domain and
	// all below it.
	PerDomain int `toml:"per_domain"`
	// NextHopPerMinute is how many probes to next hops may begin in a minute.
	NextHopPerMinute int `toml:"next_hop_per_minute"`
	// Concurrent is how many probes may run at a time; others wait.
	Concurrent int `toml:"concurrent"`
}

// DefaultOptions verify nothing. Their times are those of Postfix's
// verify(8); their limits suit a small server.
func DefaultOptions() Options {
	const day = 24 * time.Hour
	return Options{
		Port:             25,
		Wait:             unit.Duration(6 * time.Second),
		ConnectTimeout:   unit.Duration(10 * time.Second),
		CommandTimeout:   unit.Duration(15 * time.Second),
		ProbeTimeout:     unit.Duration(60 * time.Second),
		MaxHosts:         4,
		PositiveExpire:   unit.Duration(31 * day),
		PositiveRefresh:  unit.Duration(7 * day),
		NegativeCache:    true,
		NegativeExpire:   unit.Duration(3 * day),
		NegativeRefresh:  unit.Duration(3 * time.Hour),
		CacheSize:        50_000,
		PerMinute:        60,
		PerDomain:        10,
		NextHopPerMinute: 600,
		Concurrent:       20,
	}
}

// The bounds of what can be configured.
const (
	maxPerMinute  = 100_000
	maxConcurrent = 10_000
	maxCacheSize  = 10_000_000
	maxMaxHosts   = 20
)

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) { errs = append(errs, unit.BadKey(key, format, args...)) }
	if a, err := addr.ParsePath(o.Sender); err != nil {
		bad("sender", "%v", err)
	} else if !a.IsZero() && (a.Domain == "" || addr.IsIPLiteral(a.Domain)) {
		bad("sender", "must be empty for <> or an address with a domain, not %q", o.Sender)
	} else if !a.IsZero() && wireAddress(a) == "" {
		bad("sender", "%q cannot be said in SMTP", o.Sender)
	}
	if o.HELO != "" && !addr.ValidDomain(o.HELO) {
		bad("helo", "%q is not a host name", o.HELO)
	}
	if _, err := parseNextHops(o.NextHops); err != nil {
		errs = append(errs, err)
	}
	var wrong *addr.NetworkError
	if _, err := addr.ParseNetworks(o.OurAddresses); errors.As(err, &wrong) {
		bad(fmt.Sprintf("our_addresses[%d]", wrong.Index), "%v", err)
	}
	errs = append(errs, o.validateTimes()...)
	return errors.Join(append(errs, o.validateNumbers()...)...)
}

// validateTimes looks at the durations.
func (o Options) validateTimes() []error {
	var errs []error
	for _, d := range []struct {
		key   string
		value unit.Duration
		least time.Duration
	}{
		{"sender_ttl", o.SenderTTL, 0}, {"wait", o.Wait, 0},
		{"connect_timeout", o.ConnectTimeout, time.Millisecond},
		{"command_timeout", o.CommandTimeout, time.Millisecond},
		{"probe_timeout", o.ProbeTimeout, time.Millisecond},
		{"positive_refresh", o.PositiveRefresh, time.Second}, {"negative_refresh", o.NegativeRefresh, time.Second},
		{"positive_expire", o.PositiveExpire, time.Second}, {"negative_expire", o.NegativeExpire, time.Second},
	} {
		if d.value.Std() < d.least {
			errs = append(errs, unit.BadKey(d.key, "must be at least %s", unit.Duration(d.least)))
		}
	}
	if d := o.SenderTTL.Std(); d > 0 && d < time.Minute {
		errs = append(errs, unit.BadKey("sender_ttl", "must be 0s or at least 1m"))
	}
	// A probe must have ended one way or the other before it counts as lost.
	if o.ProbeTimeout.Std() > probeLost/2 {
		errs = append(errs, unit.BadKey("probe_timeout", "must be at most %s", unit.Duration(probeLost/2)))
	}
	if o.PositiveRefresh > o.PositiveExpire {
		errs = append(errs, unit.BadKey("positive_refresh", "must not be longer than positive_expire, %s", o.PositiveExpire))
	}
	if o.NegativeRefresh > o.NegativeExpire {
		errs = append(errs, unit.BadKey("negative_refresh", "must not be longer than negative_expire, %s", o.NegativeExpire))
	}
	return errs
}

// validateNumbers looks at the counts.
func (o Options) validateNumbers() []error {
	var errs []error
	for _, n := range []struct {
		key         string
		value, most int
	}{
		{"port", o.Port, math.MaxUint16}, {"max_hosts", o.MaxHosts, maxMaxHosts}, {"cache_size", o.CacheSize, maxCacheSize},
		{"per_minute", o.PerMinute, maxPerMinute}, {"per_domain", o.PerDomain, maxPerMinute},
		{"next_hop_per_minute", o.NextHopPerMinute, maxPerMinute}, {"concurrent", o.Concurrent, maxConcurrent},
	} {
		if n.value < 1 || n.value > n.most {
			errs = append(errs, unit.BadKey(n.key, "must be from 1 to %d, not %d", n.most, n.value))
		}
	}
	return errs
}
