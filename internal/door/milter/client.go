package milter

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"postern/internal/session"
)

// Address families of the connect command.
const (
	familyUnknown = 'U'
	familyUnix    = 'L'
	familyIPv4    = '4'
	familyIPv6    = '6'
)

// parseConnect reads the connect command: who the mail server's client is. Its
// name counts as verified until the macros say otherwise.
func parseConnect(packet []byte) (session.Client, error) {
	var c session.Client
	name, rest := cutString(packet)
	if len(rest) == 0 {
		return c, fmt.Errorf("connect command without an address family")
	}
	family, rest := rest[0], rest[1:]
	switch family {
	case familyUnknown:
		return c, nil
	case familyUnix:
		c.Local = true
		return c, nil
	case familyIPv4, familyIPv6:
	default:
		return c, fmt.Errorf("connect command with unknown address family %q", family)
	}
	if len(rest) < 3 {
		return c, fmt.Errorf("connect command without an address")
	}
	c.Port = binary.BigEndian.Uint16(rest)
	address, _ := cutString(rest[2:])
	ip, err := parseIP(string(address))
	if err != nil {
		return c, fmt.Errorf("connect command: %w", err)
	}
	c.IP, c.NameKnown = ip, true
	c.Name = hostName(string(name))
	c.ReverseName = c.Name
	return c, nil
}

// parseIP reads an address.
// QUIRK: Sendmail sends IPv6 addresses with a prefix, Postfix without one.
func parseIP(s string) (netip.Addr, error) {
	const prefix = "IPv6:"
	if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		s = s[len(prefix):]
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return ip, fmt.Errorf("client address %.60q: not an IP address", s)
	}
	return ip.Unmap().WithZone(""), nil
}

// hostName gives a client's name as mail servers tell it: "[192.0.2.1]" and
// "unknown" mean that there is none.
func hostName(s string) string {
	if s == "unknown" || strings.HasPrefix(s, "[") {
		return ""
	}
	return strings.TrimSuffix(s, ".")
}

// nameFromMacros corrects the client's names by what the macros tell about
// looking them up. Sendmail tells an unverified name at connect; only the
// macros say that it may be forged.
func nameFromMacros(c *session.Client, m *macros) {
	if !c.IP.IsValid() {
		return
	}
	pointer, _, _ := strings.Cut(m.get("_"), " ")
	// Sendmail puts what an ident server told before the name.
	if i := strings.LastIndexByte(pointer, '@'); i >= 0 {
		pointer = pointer[i+1:]
	}
	if p := m.get("client_ptr"); p != "" {
		pointer = p
	}
	if pointer = hostName(pointer); pointer != "" {
		c.ReverseName = pointer
	}
	if name := m.get("client_name"); name != "" {
		c.Name = hostName(name)
	}
	switch m.get("client_resolve") {
	case "OK":
		return
	case "TEMPFAIL":
		c.Name, c.NameFailed = "", true
		return
	case "FAIL", "FORGED":
		c.Name = ""
		return
	}
	if strings.HasSuffix(m.get("_"), "(may be forged)") {
		c.Name = ""
	}
}
