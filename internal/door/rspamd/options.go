package rspamd

import (
	"errors"
	"time"

	"postern/internal/listen"
	"postern/internal/unit"
)

// Options says where the door listens and what it bears.
type Options struct {
	// Listen is where scan requests are taken: "host:port", "unix:/path", or
	// "" for nowhere. There are no passwords: whoever can connect may scan.
	Listen string `toml:"listen"`
	// SocketMode is the octal file mode of a Unix socket.
	SocketMode string `toml:"socket_mode"`
	// MaxSize is the largest message examined, after decompression. Larger
	// ones are answered with an error.
	MaxSize unit.Size `toml:"max_size"`
	// MaxConnections is how many clients may be connected at a time; others
	// wait to be accepted.
	MaxConnections int `toml:"max_connections"`
	// MaxBuffered bounds the bytes of all messages held at a time; requests
	// beyond wait for room. At least twice max_size.
	MaxBuffered unit.Size `toml:"max_buffered"`
	// Timeout is how long examining one message may take, waiting for room
	// included.
	Timeout unit.Duration `toml:"timeout"`
	// ReadTimeout is how long a client may take to send one request.
	ReadTimeout unit.Duration `toml:"read_timeout"`
	// IdleTimeout is how long a connection may stay open between requests.
	IdleTimeout unit.Duration `toml:"idle_timeout"`
	// Drain is how long running requests may go on when Postern stops.
	Drain unit.Duration `toml:"drain"`
}

// DefaultOptions listen where rspamd's normal worker does.
func DefaultOptions() Options {
	return Options{
		Listen:         "127.0.0.1:11333",
		SocketMode:     listen.DefaultMode,
		MaxSize:        50 << 20,
		MaxConnections: 256,
		MaxBuffered:    256 << 20,
		Timeout:        unit.Duration(30 * time.Second),
		ReadTimeout:    unit.Duration(60 * time.Second),
		IdleTimeout:    unit.Duration(60 * time.Second),
		Drain:          unit.Duration(15 * time.Second),
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
	if o.MaxSize < 1<<10 {
		errs = append(errs, unit.BadKey("max_size", "must be at least 1KB"))
	}
	if o.MaxConnections < 1 {
		errs = append(errs, unit.BadKey("max_connections", "must be at least 1"))
	}
	if o.MaxBuffered < 2*o.MaxSize {
		errs = append(errs, unit.BadKey("max_buffered", "must be at least twice max_size, %s", 2*o.MaxSize))
	}
	waits := []struct {
		key   string
		value unit.Duration
	}{
		{"timeout", o.Timeout}, {"read_timeout", o.ReadTimeout},
		{"idle_timeout", o.IdleTimeout}, {"drain", o.Drain},
	}
	for _, w := range waits {
		if w.value <= 0 {
			errs = append(errs, unit.BadKey(w.key, "must be longer than 0"))
		}
	}
	return errors.Join(errs...)
}
