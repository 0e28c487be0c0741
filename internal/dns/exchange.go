package dns

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// maxStrays is the number of responses to other questions after which a
	// question is asked over TCP: somebody may be trying to forge the answer.
	maxStrays = 16
	// readSize is what is read of one datagram; more than we ask for, since
	// some servers send more.
	readSize = 4096
)

var (
	errNoTime    = errors.New("no time left to ask")
	errTruncated = errors.New("the response is cut off")
	errStrays    = errors.New("too many responses to other questions")
)

// exchanger asks servers.
type exchanger struct {
	timeout  time.Duration
	attempts int
	ad       bool
	servers  *servers
	stats    *counters
	buffers  *sync.Pool
}

// exchange asks the servers in turn until one has a useful answer. The error
// says what the last one did.
func (x *exchanger) exchange(ctx context.Context, q question) (reply, error) {
	var last error
	for attempt := range x.attempts {
		for i, s := range x.servers.order() {
			if ctx.Err() != nil {
				return reply{}, cmp.Or(last, errNoTime)
			}
			if attempt > 0 || i > 0 {
				x.stats.retries.Add(1)
			}
			r, err := x.ask(ctx, s, q)
			if err == nil {
				return r, nil
			}
			last = fmt.Errorf("%w from %s", err, s.name)
		}
	}
	return reply{}, last
}

// ask asks one server, with EDNS and if it does not know that, without.
func (x *exchanger) ask(ctx context.Context, s *server, q question) (reply, error) {
	r, err := x.askOver(ctx, s, q, true)
	if err == nil && (r.rcode == dnsmessage.RCodeFormatError || r.rcode == dnsmessage.RCodeNotImplemented) {
		r, err = x.askOver(ctx, s, q, false)
	}
	x.note(s, err)
	if err != nil {
		return reply{}, err
	}
	switch {
	case r.rcode == dnsmessage.RCodeNameError:
		return r, nil
	case r.rcode != dnsmessage.RCodeSuccess:
		x.stats.refused.Add(1)
		return reply{}, errors.New(rcodeName(r.rcode))
	case len(r.records) == 0 && r.referral && !r.hasSOA && !r.recursive:
		return reply{}, errors.New("a referral, as of a server that does not recurse,")
	}
	return r, nil
}

// note keeps whether the server answered.
func (x *exchanger) note(s *server, err error) {
	if err != nil {
		s.failed.Add(1)
	} else {
		s.answered.Add(1)
	}
	down, up := s.note(err == nil || errors.Is(err, errMalformed), x.servers.now())
	if down {
		x.servers.log.Warn("DNS server does not answer, it is asked last for now", "server", s.name, "error", err)
	}
	if up {
		x.servers.log.Info("DNS server answers again", "server", s.name)
	}
}

// askOver asks over UDP, and over TCP what does not pass there.
func (x *exchanger) askOver(ctx context.Context, s *server, q question, edns bool) (reply, error) {
	s.sent.Add(1)
	r, err := x.transact(ctx, "udp", s, q, edns)
	if err == nil && r.truncated {
		x.stats.truncated.Add(1)
	}
	// QUIRK: servers that ignore the size we ask for send datagrams that are
	// cut where we stop reading; over TCP they come whole.
	if errors.Is(err, errStrays) || errors.Is(err, errMalformed) || err == nil && r.truncated {
		r, err = x.transact(ctx, "tcp", s, q, edns)
		if err == nil && r.truncated {
			err = errTruncated
		}
	}
	return r, err
}

// transact sends the question over a connection of its own, whose port the
// system chooses at random, and waits for the response.
func (x *exchanger) transact(ctx context.Context, network string, s *server, q question, edns bool) (reply, error) {
	end := time.Now().Add(x.timeout)
	if total, ok := ctx.Deadline(); ok && total.Before(end) {
		end = total
	}
	conn, err := dial(ctx, network, s, end)
	if err != nil {
		return reply{}, x.transportError(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(end); err != nil {
		return reply{}, err
	}
	stop := context.AfterFunc(ctx, func() {
		// A deadline in the past wakes whoever reads; there is no error that
		// closing would not give too.
		_ = conn.SetDeadline(time.Unix(1, 0))
	})
	defer stop()
	id, err := randomID()
	if err != nil {
		return reply{}, err
	}
	buf := x.buffers.Get().(*[readSize]byte)
	defer x.buffers.Put(buf)
	var r reply
	if network == "udp" {
		x.stats.udp.Add(1)
		r, err = x.overUDP(conn, buf[:], id, q, edns)
	} else {
		x.stats.tcp.Add(1)
		r, err = x.overTCP(conn, buf[:], id, q, edns)
	}
	return r, x.transportError(err)
}

// dial connects to a server until end. For UDP that only binds a port.
func dial(ctx context.Context, network string, s *server, end time.Time) (net.Conn, error) {
	if network == "udp" {
		return net.DialUDP(network, nil, net.UDPAddrFromAddrPort(s.addr))
	}
	return (&net.Dialer{Deadline: end}).DialContext(ctx, network, s.name)
}

// overUDP waits for the response to our question among whatever arrives.
func (x *exchanger) overUDP(conn net.Conn, buf []byte, id uint16, q question, edns bool) (reply, error) {
	msg, err := packQuery(buf[:0], id, q, edns, x.ad)
	if err != nil {
		return reply{}, err
	}
	if _, err := conn.Write(msg); err != nil {
		return reply{}, err
	}
	for range maxStrays {
		n, err := conn.Read(buf)
		if err != nil {
			return reply{}, err
		}
		r, err := parseReply(buf[:n], id, q)
		if !errors.Is(err, errNotOurs) {
			return r, err
		}
		x.stats.strays.Add(1)
	}
	return reply{}, errStrays
}

// overTCP reads one response, which must be to our question (RFC 1035 section
// 4.2.2: two octets of length stand before each message).
func (x *exchanger) overTCP(conn net.Conn, buf []byte, id uint16, q question, edns bool) (reply, error) {
	msg, err := packQuery(buf[:2], id, q, edns, x.ad)
	if err != nil {
		return reply{}, err
	}
	binary.BigEndian.PutUint16(msg, uint16(len(msg)-2))
	if _, err := conn.Write(msg); err != nil {
		return reply{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return reply{}, err
	}
	raw := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, raw); err != nil {
		return reply{}, err
	}
	return parseReply(raw, id, q)
}

// transportError puts into words what went wrong with the connection, and
// counts it.
func (x *exchanger) transportError(err error) error {
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errMalformed):
		x.stats.malformed.Add(1)
	case errors.As(err, &timeout) && timeout.Timeout():
		x.stats.timeouts.Add(1)
		return errors.New("no response in time")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("connection closed")
	}
	return err
}

func randomID() (uint16, error) {
	var b [2]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("drawing a random number: %w", err)
	}
	return binary.BigEndian.Uint16(b[:]), nil
}

// rcodeName gives the name of a response code (RFC 1035 section 4.1.1).
func rcodeName(c dnsmessage.RCode) string {
	switch c {
	case dnsmessage.RCodeFormatError:
		return "FORMERR"
	case dnsmessage.RCodeServerFailure:
		return "SERVFAIL"
	case dnsmessage.RCodeNotImplemented:
		return "NOTIMP"
	case dnsmessage.RCodeRefused:
		return "REFUSED"
	}
	return fmt.Sprintf("RCODE%d", uint16(c))
}
