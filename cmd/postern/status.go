package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"postern/internal/web"
)

type statusCommand struct {
	Server string `help:"Control address of the daemon (default: that of the configuration)." placeholder:"URL"`
	Config string `help:"Configuration file." placeholder:"FILE"`
	JSON   bool   `help:"Print the daemon's answer as it is."`
}

// The bounds of talking to a daemon.
const (
	statusTimeout = 10 * time.Second
	maxStatus     = 4 << 20
)

// Run asks the daemon how it is.
func (s *statusCommand) Run(ctx context.Context, c *console) error {
	server, err := s.server()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	answer, err := ask(ctx, server, "/api/v1/status")
	if err != nil {
		return err
	}
	if s.JSON {
		var line bytes.Buffer
		if err := json.Compact(&line, answer); err != nil {
			return fmt.Errorf("reading the answer of %s: %w", server, err)
		}
		_, err := fmt.Fprintln(c.out, line.String())
		return err
	}
	var status web.Status
	if err := json.Unmarshal(answer, &status); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", server, err)
	}
	c.writeStatus(&status)
	return nil
}

// server is the address to ask: the one named, else where a daemon with the
// same configuration has its control port.
func (s *statusCommand) server() (string, error) {
	if s.Server != "" {
		return s.Server, nil
	}
	cfg, err := load(s.Config)
	if err != nil {
		return "", err
	}
	if cfg.Control.Listen == "" {
		return "", errors.New("the configuration switches the control port off; name another with --server")
	}
	return dialable(cfg.Control.Listen), nil
}

// dialable turns an address to listen on into one to call: a port of all
// interfaces is called on loopback.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || strings.HasPrefix(listen, "unix:") {
		return listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// ask fetches one answer of the daemon's control port.
func ask(ctx context.Context, server, path string) ([]byte, error) {
	client, base, err := dial(server)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return nil, usageError{err}
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, away(server, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxStatus))
	if err != nil {
		return nil, away(server, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", server, response.Status, printable(firstLine(body)))
	}
	return body, nil
}

// dial makes a client for "http://host:port", "host:port" or
// "unix:/path" and the beginning of its addresses.
func dial(server string) (*http.Client, string, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	if path, ok := strings.CutPrefix(server, "unix:"); ok {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
		return &http.Client{Transport: transport}, "http://postern", nil
	}
	if !strings.Contains(server, "://") {
		server = "http://" + server
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return nil, "", usageError{fmt.Errorf("%q is not an address such as http://127.0.0.1:11334", server)}
	}
	return &http.Client{Transport: transport}, strings.TrimRight(server, "/"), nil
}

// away says that the daemon cannot be reached, without the address twice.
func away(server string, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("the daemon at %s is away: %w", server, err)
}

func firstLine(body []byte) string {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return string(line)
}
