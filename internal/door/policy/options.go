// Package policy is the door for mail servers that ask a policy server what to
// do with a client, a sender or a recipient: Postfix's check_policy_service
// (SMTPD_POLICY_README), which Exim can speak too. Each request is a list of
// attributes, each answer one action of access(5). The door fills a session
// from the attributes, asks a Decider, and writes its action; it decides
// nothing itself.
//
// When anything is wrong the connection is closed without an answer: the mail
// server asks once more, and then does what it was told to do without one.
package policy

import (
	"errors"
	"time"

	"postern/internal/listen"
	"postern/internal/unit"
)

// Name is the door's name in sessions, logs and metrics.
const Name = "policy"

// Options says where the door listens and what it bears.
type Options struct {
	// Listen is where mail servers ask: "127.0.0.1:10023", where Debian's
	// postgrey is, "unix:/var/spool/postfix/postern/policy", or "" for
	// nowhere. There are no passwords: whoever can connect may ask.
	Listen string `toml:"listen"`
	// SocketMode is the octal file mode of a Unix socket. The mail server's
	// user needs to write to it.
	SocketMode string `toml:"socket_mode"`
	// MaxConnections is how many mail server processes may be connected at a
	// time; more are closed at once. Postfix opens one for each smtpd.
	MaxConnections int `toml:"max_connections"`
	// IdleTimeout is how long a connection may stay open between requests.
	// Postfix closes idle ones after 300s.
	IdleTimeout unit.Duration `toml:"idle_timeout"`
	// ReadTimeout is how long one request may take to arrive, and one answer
	// to be taken.
	ReadTimeout unit.Duration `toml:"read_timeout"`
	// Timeout is how long one answer may take. Postfix waits for 100s.
	Timeout unit.Duration `toml:"timeout"`
	// Drain is how long requests under way may take to be answered when the
	// daemon stops.
	Drain unit.Duration `toml:"drain"`
}

// DefaultOptions listen where Debian's postgrey does.
func DefaultOptions() Options {
	return Options{
		Listen:         "127.0.0.1:10023",
		SocketMode:     listen.DefaultMode,
		MaxConnections: 1000,
		IdleTimeout:    unit.Duration(1000 * time.Second),
		ReadTimeout:    unit.Duration(30 * time.Second),
		Timeout:        unit.Duration(60 * time.Second),
		Drain:          unit.Duration(10 * time.Second),
	}
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
	if o.MaxConnections < 1 {
		errs = append(errs, unit.BadKey("max_connections", "must be at least 1"))
	}
	for _, d := range []struct {
		key   string
		value unit.Duration
	}{
		{"idle_timeout", o.IdleTimeout}, {"read_timeout", o.ReadTimeout}, {"timeout", o.Timeout}, {"drain", o.Drain},
	} {
		if d.value <= 0 {
			errs = append(errs, unit.BadKey(d.key, "must be longer than 0s"))
		}
	}
	return errors.Join(errs...)
}

// Bounds on requests that are not worth a key in the configuration. Postfix's
// own are the same or smaller.
const (
	maxName    = 100
	maxValue   = 8192
	maxLines   = 1000
	maxRequest = 256 << 10
	// maxAction is how long an answer may be.
	maxAction = 500
)
