package callout

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"postern/internal/addr"
	"postern/internal/unit"
)

// nextHops are the servers to ask instead of mail exchangers.
type nextHops struct {
	exact, below map[string]*place
	// rest is for all other recipients.
	rest *place
}

// parseNextHops reads Options.NextHops.
func parseNextHops(list []string) (nextHops, error) {
	n := nextHops{exact: map[string]*place{}, below: map[string]*place{}}
	for i, entry := range list {
		if err := n.add(entry); err != nil {
			return n, unit.BadKey(fmt.Sprintf("next_hops[%d]", i), "%v", err)
		}
	}
	return n, nil
}

// add reads one entry.
func (n *nextHops) add(entry string) error {
	words := strings.Fields(entry)
	if len(words) != 2 {
		return fmt.Errorf("%q is not DOMAIN SERVER, such as \"example.org smtp:mail.example.org:25\"", entry)
	}
	p, err := parsePlace(words[1])
	if err != nil {
		return err
	}
	if words[0] == "*" {
		if n.rest != nil {
			return fmt.Errorf("there are two servers for *")
		}
		n.rest = &p
		return nil
	}
	table := n.exact
	domain, sub := strings.CutPrefix(words[0], ".")
	if sub {
		table = n.below
	}
	if !addr.ValidDomain(domain) {
		return fmt.Errorf("%q is neither a domain nor \".domain\" nor *", words[0])
	}
	domain = addr.NormalDomain(domain)
	if _, twice := table[domain]; twice {
		return fmt.Errorf("there are two servers for %s", words[0])
	}
	table[domain] = &p
	return nil
}

// find gives the server for an address; nil for the mail exchangers of its
// domain. The entry "*" is for recipients only: all the world's senders are
// not behind it.
func (n *nextHops) find(domain string, kind Kind) *place {
	if p, ok := n.exact[domain]; ok {
		return p
	}
	for d := domain; ; {
		_, parent, ok := strings.Cut(d, ".")
		if !ok {
			break
		}
		if p, ok := n.below[parent]; ok {
			return p
		}
		d = parent
	}
	if kind == Recipient {
		return n.rest
	}
	return nil
}

// The ports of next hops that name none.
const (
	smtpPort = "25"
	lmtpPort = "24"
)

// parsePlace reads the server of a next hop as Postfix writes it: "smtp:host",
// "smtp:[host]:port", "lmtp:inet:host:port", "lmtp:unix:/path". Without
// "smtp:" or "lmtp:", a Unix socket speaks LMTP and all others SMTP.
func parsePlace(spec string) (place, error) {
	rest, lmtp := strings.CutPrefix(spec, "lmtp:")
	smtp := false
	if !lmtp {
		rest, smtp = strings.CutPrefix(spec, "smtp:")
	}
	if path, ok := strings.CutPrefix(rest, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return place{}, fmt.Errorf("%q: the path of a Unix socket must begin with /", spec)
		}
		return place{network: "unix", address: path, name: "localhost", target: path, lmtp: !smtp}, nil
	}
	rest = strings.TrimPrefix(rest, "inet:")
	port := smtpPort
	if lmtp {
		port = lmtpPort
	}
	host, port, err := splitHostPort(rest, port)
	if err != nil {
		return place{}, fmt.Errorf("%q: %w", spec, err)
	}
	address := net.JoinHostPort(host, port)
	target := address
	if _, ok := addr.ParseIP(host); ok {
		target = fmt.Sprintf("%s[%s]:%s", host, host, port) // as Postfix names it
	}
	return place{network: "tcp", address: address, name: host, target: target, lmtp: lmtp}, nil
}

// splitHostPort takes "host", "host:port", "[host]" and "[host]:port" apart.
func splitHostPort(s, fallback string) (host, port string, err error) {
	if _, ok := addr.ParseIP(s); ok && !strings.HasPrefix(s, "[") && strings.Contains(s, ":") {
		return "", "", fmt.Errorf("an IPv6 address must stand in brackets")
	}
	if host, port, err = net.SplitHostPort(s); err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), fallback
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("the port must be a number from 1 to 65535")
	}
	if ip, ok := addr.ParseIP(host); ok {
		return ip.String(), port, nil
	}
	if !addr.ValidDomain(host) {
		return "", "", fmt.Errorf("%q is neither a host name nor an address", host)
	}
	return host, port, nil
}
