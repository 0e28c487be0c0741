// Package milter is the door by which Postfix and Sendmail hand over their
// mail: a server of the milter protocol, versions 2 to 6. It fills a session
// and a message from what the mail server tells, asks the engine, and turns
// the engine's verdict into the protocol's answers. It decides nothing itself.
//
// The protocol was never standardised; what is said here about it follows
// Sendmail's mfdef.h and Postfix's milter8.c.
package milter

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"postern/internal/unit"
)

// Options says where the door listens and what it puts up with.
type Options struct {
	// Listen is where mail servers connect: "127.0.0.1:11332",
	// "[::1]:11332" or "unix:/run/postern/milter.sock"; "" switches the door
	// off.
	Listen string `toml:"listen"`
	// SocketMode is the octal file mode of a Unix socket. The mail server's
	// user needs to write to it.
	SocketMode string `toml:"socket_mode"`
	// MaxSize is how much of one message is read. Of larger mail the rest is
	// left out, and the verdict stands on what was read.
	MaxSize unit.Size `toml:"max_size"`
	// MaxPacket is the largest protocol packet accepted. A mail server that
	// announces a larger one is disconnected.
	MaxPacket unit.Size `toml:"max_packet"`
	// MaxConnections is how many mail server connections are served at the
	// same time; more are closed at once.
	MaxConnections int `toml:"max_connections"`
	// Timeout is how long a mail server may be silent between two commands.
	// It must be longer than the mail server lets its own clients be silent.
	Timeout unit.Duration `toml:"timeout"`
	// StallTimeout is how long one packet may take to arrive or be taken.
	StallTimeout unit.Duration `toml:"stall_timeout"`
	// Progress is how often the mail server is told to go on waiting while a
	// verdict takes its time.
	Progress unit.Duration `toml:"progress"`
	// VerdictTimeout is how long one verdict may take in all.
	VerdictTimeout unit.Duration `toml:"verdict_timeout"`
	// Drain is how long messages under way may take to finish when the
	// daemon stops.
	Drain unit.Duration `toml:"drain"`
}

// DefaultOptions listen on the loopback port that rspamd's proxy worker uses.
// The timeout for silence is libmilter's.
func DefaultOptions() Options {
	return Options{
		Listen:         "127.0.0.1:11332",
		SocketMode:     "0660",
		MaxSize:        50 << 20,
		MaxPacket:      1 << 20,
		MaxConnections: 1000,
		Timeout:        unit.Duration(2 * time.Hour),
		StallTimeout:   unit.Duration(30 * time.Second),
		Progress:       unit.Duration(10 * time.Second),
		VerdictTimeout: unit.Duration(5 * time.Minute),
		Drain:          unit.Duration(20 * time.Second),
	}
}

// Bounds that make sense: a packet must hold a body chunk of the protocol
// (65,535 bytes), and a message more than one.
const (
	minPacket = 128 << 10
	maxPacket = 64 << 20
	minSize   = 64 << 10
)

// Validate tells everything that is wrong with the options, one error for
// each option, beginning with its name.
func (o Options) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) { errs = append(errs, unit.BadKey(key, format, args...)) }
	if _, _, err := splitListen(o.Listen); err != nil {
		bad("listen", "%v", err)
	}
	if _, err := parseMode(o.SocketMode); err != nil {
		bad("socket_mode", "%v", err)
	}
	if o.MaxSize < minSize {
		bad("max_size", "must be at least %s, not %s", unit.Size(minSize), o.MaxSize)
	}
	if o.MaxPacket < minPacket || o.MaxPacket > maxPacket {
		bad("max_packet", "must be between %s and %s, not %s", unit.Size(minPacket), unit.Size(maxPacket), o.MaxPacket)
	}
	if o.MaxConnections < 1 {
		bad("max_connections", "must be at least 1, not %d", o.MaxConnections)
	}
	for _, d := range []struct {
		key   string
		value unit.Duration
	}{
		{"timeout", o.Timeout}, {"stall_timeout", o.StallTimeout},
		{"progress", o.Progress}, {"verdict_timeout", o.VerdictTimeout},
	} {
		if d.value <= 0 {
			bad(d.key, "must be longer than 0s")
		}
	}
	if o.Drain < 0 {
		bad("drain", "must not be negative")
	}
	return errors.Join(errs...)
}

// splitListen takes an address of Options.Listen apart into what package net
// wants. Both are empty where the door is off.
func splitListen(listen string) (network, address string, err error) {
	if listen == "" {
		return "", "", nil
	}
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return "", "", fmt.Errorf("%q: the path of a Unix socket must begin with /", listen)
		}
		return "unix", path, nil
	}
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", "", fmt.Errorf("%q is neither HOST:PORT nor unix:/PATH", listen)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return "", "", fmt.Errorf("%q: the port must be a number up to 65535", listen)
	}
	return "tcp", listen, nil
}

// parseMode reads an octal file mode such as "0660".
func parseMode(mode string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(mode, 8, 32)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("%q is not an octal file mode such as 0660", mode)
	}
	return fs.FileMode(n), nil
}
