package content

import (
	"net/netip"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
)

// hop is one step of a message's way, told by a Received field or, for the
// delivery to our own mail server, by the session.
type hop struct {
	// field is nil when the session tells the step.
	field *message.Received
	// helo and name are what the delivering host said and its reverse name.
	helo, name string
	ip         netip.Addr
	by         string
	tls, auth  bool
}

// hops gives the way of a message, the newest step first. Mail servers write
// their own Received field only after a milter has seen the message, but
// before they hand it to a scanner: where the topmost field does not tell the
// delivery the session tells, the session itself is the newest step. So the
// same message has the same way by every door.
func hops(tx *check.Transaction) []hop {
	received := tx.Message.Received()
	way := make([]hop, 0, len(received)+1)
	s := tx.Session
	if s.Client.IP.IsValid() && (len(received) == 0 || hopAddress(&received[0]) != s.Client.IP) {
		way = append(way, sessionHop(s))
	}
	for i := range received {
		r := &received[i]
		way = append(way, hop{
			field: r, helo: r.From, name: r.FromName, ip: hopAddress(r), by: r.By,
			tls: r.TLS, auth: r.Authenticated,
		})
	}
	// What the session knows of the newest step, it knows better.
	if len(way) > 0 && s.Client.IP.IsValid() {
		way[0].tls = way[0].tls || s.TLS != nil
		way[0].auth = way[0].auth || s.Authenticated()
	}
	return way
}

func sessionHop(s *session.Session) hop {
	return hop{helo: s.HELO, name: s.Client.Name, ip: s.Client.IP, by: s.MTAName}
}

func hopAddress(r *message.Received) netip.Addr {
	ip, err := netip.ParseAddr(r.FromIP)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

// evidence is the step as a postmaster can find it.
func (h *hop) evidence() string {
	if h.field != nil && h.field.Field != nil {
		return h.field.Field.Value()
	}
	return "HELO " + h.helo + " from " + h.ip.String()
}
