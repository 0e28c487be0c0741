// Package dmarc tells whether a message comes from the domain that its From
// shows, and what that domain wants done with mail that does not: DMARC (RFC
// 9989, with the records of RFC 7489 still valid).
//
// SPF and DKIM each prove a domain that readers never see. DMARC asks whether
// one of them belongs to the domain in From, the author domain: the very same
// (strict) or one of the same organisation (relaxed). Where an organisation
// begins is found in the DNS itself, by walking up from the domain and looking
// for records (section 4.10); the public suffix list, by which RFC 7489 found
// it, is there for those who want it.
//
// A From that mail readers may understand in more than one way never passes.
package dmarc

import (
	"context"
	"fmt"

	"postern/internal/dkim"
	"postern/internal/dns"
	"postern/internal/spf"
)

// Status is the outcome, in the words of RFC 8601 section 2.7.
type Status uint8

// The outcomes.
const (
	// None says that no policy is published for the author domain, or that
	// there is no author domain.
	None Status = iota
	// Pass says that a domain proved by SPF or DKIM is aligned.
	Pass
	// Fail says that none is.
	Fail
	// PermError says that a policy is published that cannot be understood: no
	// policy is applied.
	PermError
	// TempError says that it could not be found out for now.
	TempError
)

var statusNames = [...]string{"none", "pass", "fail", "permerror", "temperror"}

// String gives the word that stands in Authentication-Results.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Policy is what a domain wants done with mail that fails (RFC 9989 section
// 4.7, tags p, sp and np), from the mildest to the strictest.
type Policy uint8

// The policies.
const (
	// PolicyNone asks for nothing.
	PolicyNone Policy = iota
	// Quarantine asks to treat the mail as suspicious.
	Quarantine
	// Reject asks not to take it.
	Reject
)

var policyNames = [...]string{"none", "quarantine", "reject"}

// String gives the tag's value, such as "quarantine".
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("policy(%d)", uint8(p))
}

// Request is what is known of a message.
type Request struct {
	// Author says whom From shows; AuthorOf reads it from a message.
	Author Author
	// SPF has the outcome of SPF for the envelope sender; where that was null,
	// for HELO (RFC 7208 section 2.4). One for HELO beside one for the sender
	// does not count.
	SPF []spf.Result
	// DKIM has the outcome of each signature.
	DKIM []dkim.Result
}

// Result is the answer to a Request.
type Result struct {
	Status Status
	// Reason says in words why, for everything but a plain pass.
	Reason string
	// Author is the author domain, Organisation its organisational domain, both
	// as they are looked up; "" for none. Where From shows several domains, it
	// is the one whose policy is the strictest.
	Author, Organisation string
	// RecordDomain is the domain at which the policy was found and Record what
	// it says; "" and nil for none.
	RecordDomain string
	Record       *Record
	// Tag is the tag of the record that speaks about the author domain: "p",
	// "sp" or "np". Published is the policy it asks for, Applied the one that
	// counts: one step milder when the domain is only testing.
	Tag                string
	Published, Applied Policy
	// Testing tells that the domain says it is only testing (t=y).
	Testing bool
	// Disposition is what is to be done with the message: Applied where it
	// fails, otherwise PolicyNone.
	Disposition Policy
	// SPF and DKIM tell what is aligned.
	SPF, DKIM Alignment
}

// Alignment is what one of the two proofs is worth for the author domain.
type Alignment struct {
	// Mode that the record asks for.
	Mode Mode
	// Aligned tells that a proven domain is aligned, and Domain which one.
	// Same tells that it is the author domain itself.
	Aligned, Same bool
	Domain        string
}

// String gives the outcome with its mode, such as "pass (relaxed, example.com)".
func (a Alignment) String() string {
	if !a.Aligned {
		return fmt.Sprintf("fail (%s)", a.Mode)
	}
	return fmt.Sprintf("pass (%s, %s)", a.Mode, a.Domain)
}

// Resolver asks the DNS for the text records of a name, each with its strings
// joined. Names are in lower case and have no dot at the end. An error wraps
// dns.ErrNotFound where the name does not exist, dns.ErrNoData where it has
// no such record; any other means that it could not be found out for now.
type Resolver interface {
	TXT(ctx context.Context, name string) ([]string, error)
}

// The room asks the house's resolver.
var _ Resolver = (*dns.Resolver)(nil)

// Checker evaluates DMARC. It is safe for concurrent use.
type Checker struct {
	options  Options
	resolver Resolver
}

// New makes a checker.
func New(o Options, r Resolver) (*Checker, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("setting up DMARC: %w", err)
	}
	return &Checker{options: o, resolver: r}, nil
}

// Check evaluates a message.
func (c *Checker) Check(ctx context.Context, req Request) Result {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout.Std())
	defer cancel()
	var worst Result
	for i, domain := range req.Author.Domains {
		e := evaluation{checker: c, seen: map[string]answer{}}
		r := e.evaluate(ctx, domain, &req)
		if req.Author.Doubt != "" {
			r.distrust(req.Author.Doubt)
		}
		if i == 0 || r.worseThan(&worst) {
			worst = r
		}
	}
	if len(req.Author.Domains) == 0 {
		worst.Reason = req.Author.Doubt
	}
	return worst
}

// distrust takes a pass back: what From shows is in doubt.
func (r *Result) distrust(doubt string) {
	r.SPF.Aligned, r.DKIM.Aligned = false, false
	if r.Status == Pass {
		r.Status, r.Disposition = Fail, r.Applied
	}
	if r.Reason != "" {
		doubt += "; " + r.Reason
	}
	r.Reason = doubt
}

// severity orders the outcomes for several author domains.
var severity = [...]int{None: 0, Pass: 1, PermError: 2, TempError: 3, Fail: 4}

// worseThan tells whether the outcome for one author domain outweighs that for
// another.
func (r *Result) worseThan(other *Result) bool {
	if r.Disposition != other.Disposition {
		return r.Disposition > other.Disposition
	}
	return severity[r.Status] > severity[other.Status]
}
