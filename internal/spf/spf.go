// Package spf tells whether a host may send mail for a domain, by what the
// domain says of it in the DNS: the Sender Policy Framework (RFC 7208). The
// answer comes with the term of the domain's record that decided and the way
// to it, so that a postmaster sees why.
package spf

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"postern/internal/addr"
)

// Code is the outcome of an evaluation (RFC 7208 section 2.6).
type Code uint8

// The outcomes. The zero Code is None.
const (
	// None: there is no record, or no domain that could have one.
	None Code = iota
	// Neutral: the domain says nothing about the host.
	Neutral
	// Pass: the host may send for the domain.
	Pass
	// Fail: the host must not send for the domain.
	Fail
	// SoftFail: the host probably must not send for the domain.
	SoftFail
	// TempError: it could not be found out for now.
	TempError
	// PermError: the domain's record cannot be understood.
	PermError
)

// String gives the outcome as RFC 7208 spells it.
func (c Code) String() string {
	switch c {
	case None:
		return "none"
	case Neutral:
		return "neutral"
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	case SoftFail:
		return "softfail"
	case TempError:
		return "temperror"
	case PermError:
		return "permerror"
	}
	return fmt.Sprintf("code(%d)", uint8(c))
}

// Identity is what of the SMTP dialogue was checked (RFC 7208 section 2).
type Identity uint8

// The identities.
const (
	// MailFrom is the domain of the envelope sender.
	MailFrom Identity = iota
	// HELO is the name the client gave itself; it stands in for the domain of
	// a null sender.
	HELO
)

// String gives the identity as the header Received-SPF has it.
func (i Identity) String() string {
	if i == HELO {
		return "helo"
	}
	return "mailfrom"
}

// Request is a host that wants to send mail.
type Request struct {
	// IP is the host's address.
	IP netip.Addr
	// HELO is the name it gave itself.
	HELO string
	// Sender is the envelope sender; zero for a bounce.
	Sender addr.Address
	// Time of the request, for the macro %{t}; zero means now.
	Time time.Time
}

// Step is one term on the way to a result.
type Step struct {
	// Domain whose record has the term.
	Domain string
	// Term as it stands in the record, such as "include:_spf.example.com".
	Term string
}

// Result is the answer to a Request.
type Result struct {
	// Code is the outcome by the domain's record.
	Code Code
	// Identity that was checked.
	Identity Identity
	// Domain that was checked, in A-labels and lower case; "" for none.
	Domain string
	// Explanation is the text by which the domain explains a Fail (modifier
	// "exp"), in printable ASCII; "" when it gives none. A stranger wrote it.
	Explanation string
	// Mechanism is the term that decided, as it stands in the record; "" when
	// the record ended without a match or there was an error.
	Mechanism string
	// Chain leads from the domain's own record, by include and redirect, to
	// the term that decided or is at fault.
	Chain []Step
	// Reason says in words what is wrong, for TempError, PermError and None.
	Reason string
	// Lookups is the number of terms that asked the DNS, VoidLookups how many
	// of them asked for something that is not there (RFC 7208 section 4.6.4).
	Lookups, VoidLookups int
	// Guess is the outcome of the best-guess record where the domain has none
	// of its own: a hint and no authentication, which is why Code stays None.
	Guess Code
	// Forwarder tells that the host is a trusted forwarder, which sends for
	// domains that cannot know of it: a failure says nothing.
	Forwarder bool
}

// Failed tells whether the domain disowns the host and that counts.
func (r *Result) Failed() bool {
	return (r.Code == Fail || r.Code == SoftFail) && !r.Forwarder
}

// Path gives the way to the result in one line, such as
// "example.com include:_spf.example.net > _spf.example.net ip4:192.0.2.0/24".
func (r *Result) Path() string {
	var b strings.Builder
	for i, s := range r.Chain {
		if i > 0 {
			b.WriteString(" > ")
		}
		b.WriteString(s.Domain + " " + s.Term)
	}
	return b.String()
}

// Checker evaluates records. It may be used by several goroutines.
type Checker struct {
	options    Options
	resolver   Resolver
	forwarders addr.Networks
	guess      *Record
}

// New makes a Checker that asks the resolver.
func New(o Options, r Resolver) (*Checker, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Checker{options: o, resolver: r}
	var err error
	if c.forwarders, err = addr.ParseNetworks(o.TrustedForwarders); err != nil {
		return nil, fmt.Errorf("reading the trusted forwarders: %w", err)
	}
	if o.BestGuess {
		if c.guess, err = ParseRecord(o.BestGuessRecord); err != nil {
			return nil, fmt.Errorf("reading the best-guess record: %w", err)
		}
	}
	return c, nil
}

// Check asks whether the host may send for the envelope sender's domain, or
// for the domain of its HELO where the sender is null (RFC 7208 section 2.4).
func (c *Checker) Check(ctx context.Context, r Request) Result {
	if r.Sender.IsZero() {
		return c.CheckHELO(ctx, r)
	}
	return c.check(ctx, r, MailFrom, r.Sender)
}

// CheckHELO asks whether the host may call itself as it does in HELO,
// whoever the sender is (RFC 7208 section 2.3).
func (c *Checker) CheckHELO(ctx context.Context, r Request) Result {
	return c.check(ctx, r, HELO, addr.Address{Domain: r.HELO})
}

// check evaluates one identity.
func (c *Checker) check(ctx context.Context, r Request, id Identity, sender addr.Address) Result {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout.Std())
	defer cancel()
	e := newEvaluation(ctx, c, r, sender)
	result := Result{
		Identity:  id,
		Domain:    clip(addr.NormalDomain(sender.Domain)),
		Forwarder: c.forwarders.Contains(e.ip),
	}
	if !e.ip.IsValid() {
		result.Reason = "the client's address is not known"
		return result
	}
	result.Code = e.checkHost(e.domain)
	e.report(&result)
	if result.Code == None && e.noRecord && c.guess != nil {
		result.Guess = c.bestGuess(ctx, r, sender)
	}
	return result
}

// bestGuess evaluates the best-guess record for a domain without a record. It
// is nobody's fault when that breaks the limits.
func (c *Checker) bestGuess(ctx context.Context, r Request, sender addr.Address) Code {
	e := newEvaluation(ctx, c, r, sender)
	if code := e.evaluate(c.guess, e.domain); code != PermError {
		return code
	}
	return Neutral
}
