package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// maxStatus bounds the answer of a daemon.
const maxStatus = 4 << 20

// FetchStatus asks the daemon whose control port is at address, written as in
// Options.Listen or as an http URL.
func FetchStatus(ctx context.Context, address string) (*Status, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	base := strings.TrimSuffix(address, "/")
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
		base = "http://localhost"
	} else if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/status", nil)
	if err != nil {
		return nil, fmt.Errorf("asking daemon at %s: %w", address, err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return nil, fmt.Errorf("asking daemon at %s: %w", address, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxStatus))
	if err != nil {
		return nil, fmt.Errorf("reading status from %s: %w", address, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("daemon at %s answers %s: %s", address, resp.Status, strings.TrimSpace(string(body)))
	}
	st := new(Status)
	if err := json.Unmarshal(body, st); err != nil {
		return nil, fmt.Errorf("reading status from %s: %w", address, err)
	}
	return st, nil
}
