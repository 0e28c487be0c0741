package web

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"postern/internal/listen"
	"postern/internal/unit"
)

// Options says where the control port listens and by which names it may be
// called.
type Options struct {
	// Listen is where the control port is: "host:port", "unix:/path", or ""
	// for nowhere. It has no password, so it belongs on loopback.
	Listen string `toml:"listen"`
	// SocketMode is the octal file mode of a Unix socket.
	SocketMode string `toml:"socket_mode"`
	// Hosts are the names, besides localhost, by which clients may call the
	// control port. Addresses may always be used. Calls by other names are
	// refused, so that no web page can reach it through its reader's browser.
	Hosts []string `toml:"hosts"`
	// MaxConnections is how many clients may be connected at a time; others
	// wait to be accepted.
	MaxConnections int `toml:"max_connections"`
}

// DefaultOptions listen where rspamd's controller does.
func DefaultOptions() Options {
	return Options{Listen: "127.0.0.1:11334", SocketMode: listen.DefaultMode, MaxConnections: 64}
}

// Validate reports every value that cannot be used, by its key.
func (o Options) Validate() error {
	var errs []error
	if err := listen.Check(o.Listen); err != nil {
		errs = append(errs, unit.BadKey("listen", "%v", err))
	}
	if err := listen.CheckMode(o.SocketMode); err != nil {
		errs = append(errs, unit.BadKey("socket_mode", "%v", err))
	}
	for i, h := range o.Hosts {
		if h == "" || strings.ContainsAny(h, ":/ *") {
			errs = append(errs, unit.BadKey(fmt.Sprintf("hosts[%d]", i), "%q is not a host name without port", h))
		}
	}
	if o.MaxConnections < 1 {
		errs = append(errs, unit.BadKey("max_connections", "must be at least 1"))
	}
	return errors.Join(errs...)
}

// admits tells whether a request may call the control port by the name in its
// Host field. A page of another site can make a browser call a name that
// leads here, but never an address (DNS rebinding), and old clients send no
// name at all.
func (o Options) admits(host string) bool {
	name := hostname(host)
	if name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	for _, h := range o.Hosts {
		if strings.EqualFold(strings.TrimSuffix(h, "."), name) {
			return true
		}
	}
	return false
}

// hostname takes brackets, port and final dot off a Host field.
func hostname(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, _, _ = strings.Cut(inner, "]")
		return inner
	}
	name, _, _ := strings.Cut(host, ":")
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
