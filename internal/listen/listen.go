// Package listen opens the sockets that the configuration names: a TCP port
// such as "127.0.0.1:11333", or a Unix socket such as
// "unix:/run/postern/scan.sock".
package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// DefaultMode lets the daemon's user and the members of its group connect to
// a Unix socket.
const DefaultMode = "0660"

// probeTimeout is how long a server behind an existing socket has to accept.
const probeTimeout = time.Second

// Check tells what is wrong with an address; "", which means not to listen,
// is fine.
func Check(address string) error {
	_, _, err := split(address)
	return err
}

// split takes an address apart into what package net wants; both are empty
// for "".
func split(address string) (network, place string, err error) {
	if address == "" {
		return "", "", nil
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return "", "", fmt.Errorf("%q: the path of a Unix socket must begin with /", address)
		}
		return "unix", path, nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", fmt.Errorf("%q is neither HOST:PORT nor unix:/PATH", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", "", fmt.Errorf("%q: the port must be a number up to 65535", address)
	}
	return "tcp", address, nil
}

// CheckMode tells what is wrong with the octal file mode of a Unix socket.
func CheckMode(mode string) error {
	_, err := parseMode(mode)
	return err
}

func parseMode(mode string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(mode, 8, 32)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("%q is not an octal file mode such as %s", mode, DefaultMode)
	}
	return fs.FileMode(n), nil
}

// Open listens on an address, with the file mode where it is a Unix socket.
// It returns nil for "". A socket that a dead process left behind is removed;
// one that somebody listens on is an error, as a port in use is.
func Open(ctx context.Context, address, mode string) (net.Listener, error) {
	network, place, err := split(address)
	if err != nil || network == "" {
		return nil, err
	}
	if network == "tcp" {
		return new(net.ListenConfig).Listen(ctx, network, place)
	}
	perm, err := parseMode(mode)
	if err != nil {
		return nil, err
	}
	if err := removeStale(ctx, place); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, place)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(place, perm); err != nil {
		return nil, errors.Join(fmt.Errorf("setting mode of socket: %w", err), l.Close())
	}
	return l, nil
}

// removeStale removes a socket that nobody listens on any more.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for an old socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there already and is not a socket", path)
	}
	c, err := (&net.Dialer{Timeout: probeTimeout}).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("another server is listening on %s", path), c.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("finding out whether somebody listens on %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("removing the old socket: %w", err)
	}
	return nil
}

// Name gives the address of a listener as the configuration writes it.
func Name(l net.Listener) string {
	a := l.Addr()
	if a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return a.String()
}
