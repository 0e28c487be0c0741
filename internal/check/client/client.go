// Package client holds the checks that look at the host delivering the mail:
// what it calls itself in HELO, what name its address has, and whether DNS
// lists know it. The names are not looked up: the mail server did that.
package client

import (
	"net/netip"

	"postern/internal/session"
)

const group = "hfilter"

// foreign tells whether the client is a stranger from outside: only of those
// a proper HELO and a reverse name can be expected.
func foreign(s *session.Session) bool {
	if s.Client.Local || s.Authenticated() {
		return false
	}
	return !s.Client.IP.IsValid() || !inside(s.Client.IP)
}

// inside tells whether an address is of a private network or of the host
// itself.
func inside(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}
