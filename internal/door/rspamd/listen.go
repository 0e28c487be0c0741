package rspamd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

// socketMode lets members of the daemon's group connect.
const socketMode = 0o660

// listen opens "host:port" or "unix:/path".
func listen(where string) (net.Listener, error) {
	path, ok := strings.CutPrefix(where, "unix:")
	if !ok {
		return net.Listen("tcp", where)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("opening socket to its group: %w", err), l.Close())
	}
	return l, nil
}

// removeStale removes a socket that a dead process left behind, and nothing
// else.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil // listening will say what is wrong
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("socket %s is in use", path), c.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("removing stale socket: %w", err)
	}
	return nil
}

// address prints where a listener listens as Options.Listen writes it.
func address(a net.Addr) string {
	if a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return a.String()
}
