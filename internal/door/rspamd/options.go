package rspamd

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"postern/internal/unit"
)

// Options says where the door listens and what it bears.
type Options struct {
	// Listen is where scan requests are taken: "host:port", "unix:/path", or
	// "" for nowhere. There are no passwords: whoever can connect may scan.
	Listen string `toml:"listen"`
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
	// DrainTimeout is how long running requests may go on when Postern
	// stops.
	DrainTimeout unit.Duration `toml:"drain_timeout"`
}

// DefaultOptions listen where rspamd's normal worker does.
func DefaultOptions() Options {
	return Options{
		Listen:         "127.0.0.1:11333",
		MaxSize:        50 << 20,
		MaxConnections: 256,
		MaxBuffered:    256 << 20,
		Timeout:        unit.Duration(30 * time.Second),
		ReadTimeout:    unit.Duration(60 * time.Second),
		IdleTimeout:    unit.Duration(60 * time.Second),
		DrainTimeout:   unit.Duration(15 * time.Second),
	}
}

// Validate reports every value that cannot be used, by its key.
func (o Options) Validate() error {
	var errs []error
	if err := checkListen(o.Listen); err != nil {
		errs = append(errs, unit.BadKey("listen", "%v", err))
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
		{"idle_timeout", o.IdleTimeout}, {"drain_timeout", o.DrainTimeout},
	}
	for _, w := range waits {
		if w.value <= 0 {
			errs = append(errs, unit.BadKey(w.key, "must be longer than 0"))
		}
	}
	return errors.Join(errs...)
}

// checkListen tells what is wrong with a listen address; "" is fine.
func checkListen(listen string) error {
	if listen == "" {
		return nil
	}
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return fmt.Errorf("%q: the path of a Unix socket must begin with /", listen)
		}
		return nil
	}
	_, port, err := net.SplitHostPort(listen)
	if err != nil || port == "" {
		return fmt.Errorf("%q is not host:port, unix:/path or empty", listen)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("%q: %q is not a port", listen, port)
	}
	return nil
}
