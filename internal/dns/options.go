package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"postern/internal/unit"
)

// Options says who is asked and how long what they say is kept.
type Options struct {
	// Servers are the recursive servers to ask, in this order: an address,
	// with a port where it is not 53, such as "127.0.0.1", "[::1]:5353". Empty
	// means those of /etc/resolv.conf. Many DNS lists refuse public servers:
	// run a recursive server of your own.
	Servers []string `toml:"servers"`
	// Timeout is how long one server is waited for before the next is asked.
	Timeout unit.Duration `toml:"timeout"`
	// Attempts is how many times the servers are asked in turn.
	Attempts int `toml:"attempts"`
	// Deadline is how long one question may take in all, with every attempt
	// and every alias on the way.
	Deadline unit.Duration `toml:"deadline"`
	// CacheSize bounds the memory of what is kept; the longest unused goes
	// first.
	CacheSize unit.Size `toml:"cache_size"`
	// CacheEntries bounds the number of answers kept; 0 keeps nothing.
	CacheEntries int `toml:"cache_entries"`
	// MaxTTL bounds how long an answer is kept, whatever it says itself.
	MaxTTL unit.Duration `toml:"max_ttl"`
	// NegativeTTL bounds how long it is kept that a name or record does not
	// exist.
	NegativeTTL unit.Duration `toml:"negative_ttl"`
	// FailureTTL is how long a question that nobody could answer is not asked
	// again.
	FailureTTL unit.Duration `toml:"failure_ttl"`
	// TrustAD believes servers that say an answer was validated (DNSSEC).
	// Only for validating servers on this host or over a network in which
	// nobody can forge answers.
	TrustAD bool `toml:"trust_ad"`
	// Budget is how many questions one mail may cause that are not in the
	// cache; 0 means no bound. What goes beyond is left unanswered.
	Budget int `toml:"budget"`
	// InFlight bounds how many questions wait for an answer at a time. What
	// goes beyond is left unanswered.
	InFlight int `toml:"in_flight"`
}

// The bounds of what can be configured.
const (
	maxAttempts     = 10
	maxServers      = 16
	maxCacheEntries = 1 << 24
	minCacheSize    = 64 << 10
	maxInFlight     = 1 << 16
	maxKept         = 7 * 24 * time.Hour
)

// DefaultOptions asks the system's servers.
func DefaultOptions() Options {
	return Options{
		Timeout:      unit.Duration(1500 * time.Millisecond),
		Attempts:     2,
		Deadline:     unit.Duration(5 * time.Second),
		CacheSize:    32 << 20,
		CacheEntries: 100_000,
		MaxTTL:       unit.Duration(time.Hour),
		NegativeTTL:  unit.Duration(5 * time.Minute),
		FailureTTL:   unit.Duration(30 * time.Second),
		Budget:       300,
		InFlight:     4096,
	}
}

// Validate reports every value that makes no sense, each by its key.
func (o Options) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) { errs = append(errs, unit.BadKey(key, format, args...)) }
	for i, s := range o.Servers {
		if _, err := parseServer(s); err != nil {
			bad(fmt.Sprintf("servers[%d]", i), "%v", err)
		}
	}
	if len(o.Servers) > maxServers {
		bad("servers", "must be at most %d", maxServers)
	}
	if d := o.Timeout.Std(); d < 10*time.Millisecond || d > time.Minute {
		bad("timeout", "%s is not from 10ms to 1m", o.Timeout)
	}
	if o.Attempts < 1 || o.Attempts > maxAttempts {
		bad("attempts", "%d is not from 1 to %d", o.Attempts, maxAttempts)
	}
	if d := o.Deadline.Std(); d < o.Timeout.Std() || d > 5*time.Minute {
		bad("deadline", "%s is not from timeout to 5m", o.Deadline)
	}
	o.validateCache(bad)
	if o.Budget < 0 {
		bad("budget", "must not be negative")
	}
	if o.InFlight < 1 || o.InFlight > maxInFlight {
		bad("in_flight", "%d is not from 1 to %d", o.InFlight, maxInFlight)
	}
	return errors.Join(errs...)
}

func (o Options) validateCache(bad func(key, format string, args ...any)) {
	if o.CacheSize < minCacheSize {
		bad("cache_size", "%s is less than the least, 64KB", o.CacheSize)
	}
	if o.CacheEntries < 0 || o.CacheEntries > maxCacheEntries {
		bad("cache_entries", "%d is not from 0 to %d", o.CacheEntries, maxCacheEntries)
	}
	for key, d := range map[string]unit.Duration{"max_ttl": o.MaxTTL, "negative_ttl": o.NegativeTTL, "failure_ttl": o.FailureTTL} {
		if d < 0 || d.Std() > maxKept {
			bad(key, "%s is not from 0s to 7d", d)
		}
	}
}

// parseServer reads the address of a server, with or without a port.
func parseServer(s string) (netip.AddrPort, error) {
	const port = 53
	if ap, err := netip.ParseAddrPort(s); err == nil && ap.Port() != 0 {
		return ap, nil
	}
	plain := s
	if n := len(plain); n > 2 && plain[0] == '[' && plain[n-1] == ']' {
		plain = plain[1 : n-1]
	}
	ip, err := netip.ParseAddr(plain)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is not the address of a server such as 127.0.0.1 or [::1]:53", s)
	}
	return netip.AddrPortFrom(ip, port), nil
}
