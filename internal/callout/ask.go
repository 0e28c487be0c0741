package callout

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"

	"postern/internal/addr"
)

// place is a server to be asked.
type place struct {
	network, address string
	// name is the host's name, for TLS.
	name string
	// peer is how replies name it: "mx.example.org[192.0.2.1]"; for next hops
	// it is known once there is a connection.
	peer string
	// target is what cannot be connected to: the peer with its port.
	target string
	// lmtp speaks LMTP (RFC 2033): LHLO instead of EHLO.
	lmtp bool
}

// answer is what one server gave.
type answer struct {
	Result
	// final tells that no other server needs to be asked.
	final bool
	// noTLS tells that it failed for TLS and may do without.
	noTLS bool
}

// The steps of a conversation, in the words of Postfix's replies.
const (
	atGreeting = "receiving the initial server greeting"
	atEHLO     = "performing the EHLO handshake"
	atLHLO     = "performing the LHLO handshake"
	atSTARTTLS = "performing the TLS handshake"
	atMAIL     = "sending MAIL FROM"
	atRCPT     = "sending RCPT TO"
)

// question is what one probe asks for.
type question struct {
	sender, address addr.Address
	// rcpt is the address as it stands in RCPT.
	rcpt string
}

// ask has the conversation with one server; where TLS fails, once more
// without.
func (v *Verifier) ask(ctx context.Context, p place, q question) answer {
	a := v.converse(ctx, p, q, v.o.StartTLS)
	if a.noTLS && ctx.Err() == nil {
		a = v.converse(ctx, p, q, false)
	}
	return a
}

// converse connects, asks and leaves.
func (v *Verifier) converse(ctx context.Context, p place, q question, starttls bool) answer {
	if p.network == "unix" {
		// Postfix, too, has a socket on itself.
		p.peer = fmt.Sprintf("%s[%s]", v.helo, p.address)
		p.target = p.peer
	}
	c, err := dial(ctx, v.env.Dialer, p, v.o.ConnectTimeout.Std(), v.o.CommandTimeout.Std())
	if err != nil {
		return answer{Result: deferred("4.4.1", "connect to %s: %s", p.target, systemText(err))}
	}
	if p.peer == "" {
		ip, _, _ := net.SplitHostPort(c.conn.RemoteAddr().String())
		p.peer = fmt.Sprintf("%s[%s]", p.name, ip)
	}
	a, err := v.dialogue(ctx, c, p, q, starttls)
	if ctx.Err() != nil && !a.final {
		a = answer{Result: deferred("4.4.2", "conversation with %s timed out", p.peer)}
	}
	c.leave(err == nil)
	return a
}

// dialogue is the conversation itself: greeting, EHLO, STARTTLS, MAIL, RCPT.
// DATA is never said. The error tells that the connection is of no use any
// more.
func (v *Verifier) dialogue(ctx context.Context, c *conversation, p place, q question, starttls bool) (answer, error) {
	r, err := c.greeting()
	if err != nil {
		return lost(p, atGreeting, err), err
	}
	if r.code != 220 {
		return refused(p, r), nil
	}
	hello, step, err := v.hello(c, p)
	if err != nil {
		return lost(p, step, err), err
	}
	if !hello.positive() {
		return refused(p, hello), nil
	}
	if starttls && hello.offers("STARTTLS") {
		if hello, err = v.startTLS(ctx, c, p); err != nil {
			a := lost(p, atSTARTTLS, err)
			a.noTLS = true
			return a, err
		}
	}
	return v.transaction(c, p, q, hello)
}

// hello says EHLO, and HELO to a server that does not know it.
func (v *Verifier) hello(c *conversation, p place) (r reply, step string, err error) {
	if p.lmtp {
		r, err = c.say("LHLO %s", v.helo)
		return r, atLHLO, err
	}
	r, err = c.say("EHLO %s", v.helo)
	if err == nil && r.permanent() && !c.encrypted {
		r, err = c.say("HELO %s", v.helo)
		r.lines = r.lines[:min(len(r.lines), 1)] // there is nothing to offer
	}
	return r, atEHLO, err
}

// startTLS encrypts the connection and says EHLO again.
func (v *Verifier) startTLS(ctx context.Context, c *conversation, p place) (reply, error) {
	r, err := c.say("STARTTLS")
	if err != nil {
		return r, err
	}
	if r.code != 220 {
		return r, broken("STARTTLS was offered and refused: %s", r)
	}
	if err := c.encrypt(ctx, p.name); err != nil {
		return r, err
	}
	r, _, err = v.hello(c, p)
	if err == nil && !r.positive() {
		err = broken("EHLO was refused after STARTTLS: %s", r)
	}
	return r, err
}

// transaction says MAIL and RCPT.
func (v *Verifier) transaction(c *conversation, p place, q question, hello reply) (answer, error) {
	params := ""
	if !isASCII(q.rcpt) {
		if !hello.offers("SMTPUTF8") {
			// RFC 6531 section 3.1: this server cannot take mail for it.
			return answer{Result: bounced("5.6.7", "SMTPUTF8 is required, but was not offered by host %s", p.peer)}, nil
		}
		params = " SMTPUTF8"
	}
	r, err := c.say("MAIL FROM:<%s>%s", wireAddress(q.sender), params)
	if err != nil {
		return lost(p, atMAIL, err), err
	}
	if !r.positive() {
		// It says something about us or our sender, not about the address.
		return answer{Result: deferred(r.trouble(), "host %s said: %s (in reply to MAIL FROM command)", p.peer, r).with(r)}, nil
	}
	r, err = c.say("RCPT TO:<%s>", q.rcpt)
	if err != nil {
		return lost(p, atRCPT, err), err
	}
	a := judge(p, r)
	if a.Status == OK && v.o.CatchAll {
		a.CatchAll, err = acceptsAnything(c, q.address)
	}
	return a, err
}

// judge turns the reply to RCPT into an answer.
func judge(p place, r reply) answer {
	switch {
	case r.positive():
		return answer{Result: result(OK, r.code, r.enhanced(), "%s", r), final: true}
	case r.permanent() && !aboutUs(r):
		res := bounced(r.enhanced(), "host %s said: %s (in reply to RCPT TO command)", p.peer, r)
		return answer{Result: res.with(r), final: true}
	}
	res := deferred(r.trouble(), "host %s said: %s (in reply to RCPT TO command)", p.peer, r)
	return answer{Result: res.with(r)}
}

// aboutUs tells whether a refusal is for reasons of security or policy (RFC
// 3463 section 3.8), as where our address is on a list: that says nothing
// about the address we asked for.
func aboutUs(r reply) bool { return strings.HasPrefix(r.enhanced(), "5.7.") }

// acceptsAnything asks for an address of the same domain that nobody has.
func acceptsAnything(c *conversation, a addr.Address) (bool, error) {
	nobody := addr.Address{Local: strings.ToLower(rand.Text()), Domain: a.Domain}
	r, err := c.say("RCPT TO:<%s>", wireAddress(nobody))
	return err == nil && r.positive(), err
}

// with puts the code that the server gave in place of the general one.
func (r Result) with(said reply) Result {
	if said.code >= 400 {
		r.Reply.Code = said.code
	}
	return r
}

// refused is a server that does not want to talk to us at all.
func refused(p place, r reply) answer {
	return answer{Result: deferred(r.trouble(), "host %s refused to talk to me: %s", p.peer, r).with(r)}
}

// lost is a conversation that ended in the middle.
func lost(p place, step string, err error) answer {
	var wrong *protocolError
	switch {
	case timedOut(err):
		return answer{Result: deferred("4.4.2", "conversation with %s timed out while %s", p.peer, step)}
	case errors.As(err, &wrong):
		return answer{Result: deferred("4.5.0", "protocol error of %s while %s: %s", p.peer, step, wrong.reason)}
	}
	return answer{Result: deferred("4.4.2", "lost connection with %s while %s", p.peer, step)}
}
