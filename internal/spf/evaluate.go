package spf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
)

// evaluation is one run of check_host() (RFC 7208 section 4) with all that
// its includes and redirects share.
type evaluation struct {
	ctx     context.Context
	checker *Checker
	ip      netip.Addr
	// local and domain are the sender's, helo the client's name, as macros
	// show them.
	local, domain, helo string
	time                time.Time
	client              client

	lookups, voids int
	lastVoid       int // the term, counted by lookups, that found nothing last
	path           []Step
	reason         string
	// noRecord tells that the domain exists, or might, and has no record.
	noRecord bool
	// matched tells that a mechanism gave the result; last and lastDomain are
	// the record in which it was and the domain of that.
	matched    bool
	last       *Record
	lastDomain string
}

// newEvaluation prepares the evaluation of a sender.
func newEvaluation(ctx context.Context, c *Checker, r Request, sender addr.Address) *evaluation {
	e := &evaluation{
		ctx: ctx, checker: c, ip: r.IP.Unmap().WithZone(""),
		local: clip(sender.Local), domain: clip(macroDomain(sender.Domain)), helo: clip(macroDomain(r.HELO)),
		time: r.Time,
	}
	if e.local == "" {
		e.local = "postmaster" // RFC 7208 section 4.3
	}
	return e
}

// macroDomain gives a domain as macros show it: as written, but with A-labels
// for other scripts (RFC 7208 section 4.3).
func macroDomain(name string) string {
	name = strings.TrimSuffix(name, ".")
	if within(name, 0) {
		return name
	}
	return addr.NormalDomain(name)
}

// report tells in the result how the evaluation went.
func (e *evaluation) report(r *Result) {
	r.Lookups, r.VoidLookups = e.lookups, e.voids
	r.Reason = e.reason
	r.Chain = e.path
	if e.matched {
		r.Mechanism = e.path[len(e.path)-1].Term
	}
	if r.Code == Fail && e.last.Exp != "" {
		r.Explanation = e.explanation()
	}
}

// fault ends the evaluation and says why.
func (e *evaluation) fault(code Code, format string, args ...any) Code {
	e.reason = fmt.Sprintf(format, args...)
	return code
}

// checkHost evaluates the record of a domain (RFC 7208 section 4.3 on).
func (e *evaluation) checkHost(domain string) Code {
	e.matched = false
	if !canHaveRecord(domain) {
		return e.fault(None, "%q is not a full domain name", clipTo(domain, 100))
	}
	record, code := e.fetch(domain)
	if record == nil {
		return code
	}
	return e.evaluate(record, domain)
}

// fetch looks up and parses the record of a domain; without one it gives the
// result.
func (e *evaluation) fetch(domain string) (*Record, Code) {
	texts, err := e.checker.resolver.TXT(e.ctx, strings.ToLower(domain))
	if err != nil && !dns.Missing(err) {
		return nil, e.unanswered(domain, err)
	}
	found, count := "", 0
	for _, t := range texts {
		if IsRecord(t) {
			found = t
			count++
		}
	}
	switch count {
	case 0:
		e.noRecord = true
		return nil, e.fault(None, "%s has no SPF record", domain)
	case 1:
	default:
		return nil, e.fault(PermError, "%s has %d SPF records", domain, count)
	}
	record, err := ParseRecord(found)
	if err != nil {
		return nil, e.fault(PermError, "the record of %s: %v", domain, err)
	}
	return record, None
}

// evaluate goes through the mechanisms of a record until one matches (RFC
// 7208 section 4.6.2), and follows its redirect where none does.
func (e *evaluation) evaluate(r *Record, domain string) Code {
	depth := len(e.path)
	for i := range r.Terms {
		t := &r.Terms[i]
		e.path = append(e.path, Step{domain, t.Text})
		matched, fault := e.match(t, domain)
		if fault != None {
			return fault
		}
		if matched {
			e.matched, e.last, e.lastDomain = true, r, domain
			return t.Qualifier
		}
		e.path = e.path[:depth]
	}
	if r.Redirect != "" {
		return e.redirect(r, domain)
	}
	return Neutral
}

// redirect evaluates another domain's record instead (RFC 7208 section 6.1).
func (e *evaluation) redirect(r *Record, domain string) Code {
	e.path = append(e.path, Step{domain, r.redirectText})
	if code := e.countTerm(); code != None {
		return code
	}
	if e.neverMatches(r.Redirect) {
		return e.fault(PermError, "redirect by a local part that is not ASCII")
	}
	code := e.checkHost(e.expandName(r.Redirect, domain))
	if code == None {
		code = PermError // the reason stands there already
	}
	return code
}

// countTerm counts a term that asks the DNS and gives PermError when there
// are too many.
func (e *evaluation) countTerm() Code {
	if e.lookups == MaxLookups {
		return e.fault(PermError, "more than %d terms ask the DNS", MaxLookups)
	}
	e.lookups++
	return None
}

// answered looks at the answer to a question of a mechanism: a term of which
// a question finds nothing counts, once, and no answer at all ends the
// evaluation. RFC 7208 counts terms and not questions, or three exchangers
// without IPv6 would break a record for every IPv6 client.
func (e *evaluation) answered(count int, name string, err error) Code {
	switch {
	case err == nil && count > 0:
	case err == nil || dns.Missing(err):
		if e.lastVoid == e.lookups {
			return None
		}
		e.lastVoid = e.lookups
		if e.voids++; e.voids > e.checker.options.MaxVoidLookups {
			return e.fault(PermError, "more than %d terms found nothing in the DNS, the last at %s",
				e.checker.options.MaxVoidLookups, clipTo(name, 100))
		}
	default:
		return e.unanswered(name, err)
	}
	return None
}

// unanswered ends the evaluation because a question has no answer for now.
func (e *evaluation) unanswered(name string, err error) Code {
	var known *dns.Error
	if errors.As(err, &known) { // names the question itself
		return e.fault(TempError, "%v", err)
	}
	return e.fault(TempError, "looking up %s: %v", clipTo(name, 100), err)
}

// match tells whether a mechanism matches (RFC 7208 section 5). fault is
// other than None when the evaluation ends without a match.
func (e *evaluation) match(t *Term, domain string) (matched bool, fault Code) {
	switch t.kind {
	case kindAll:
		return true, None
	case kindIP4, kindIP6:
		return t.contains(e.ip), None
	}
	if code := e.countTerm(); code != None {
		return false, code
	}
	target := domain
	if t.Domain != "" {
		if e.neverMatches(t.Domain) {
			return false, None
		}
		target = e.expandName(t.Domain, domain)
	}
	if t.kind == kindInclude {
		return e.include(target)
	}
	// RFC 7208 section 4.8 leaves open what a name is worth that the DNS
	// cannot hold: it matches nothing.
	if target = strings.ToLower(target); !canQuery(target) {
		return false, None
	}
	switch t.kind {
	case kindA:
		return e.matchA(t, target)
	case kindMX:
		return e.matchMX(t, target)
	case kindPTR:
		return e.matchPTR(target)
	}
	return e.matchExists(target)
}

// contains tells whether the address is in the term's network. IPv4 matches
// IPv4 only, also when written as IPv6 (RFC 7208 section 5).
func (t *Term) contains(ip netip.Addr) bool { return t.Network.Contains(ip) }

// include evaluates another domain's record; only its pass is a match (the
// table of RFC 7208 section 5.2).
func (e *evaluation) include(target string) (matched bool, fault Code) {
	depth := len(e.path)
	switch e.checkHost(target) {
	case Pass:
		return true, None
	case Neutral, Fail, SoftFail:
		e.path, e.matched = e.path[:depth], false
		return false, None
	case TempError:
		return false, TempError
	}
	return false, PermError
}

// matchA compares the addresses of a name (RFC 7208 section 5.3).
func (e *evaluation) matchA(t *Term, name string) (matched bool, fault Code) {
	ips, err := e.addresses(name)
	if code := e.answered(len(ips), name, err); code != None {
		return false, code
	}
	return e.near(t, ips), None
}

// matchMX compares the addresses of a domain's mail exchangers, the preferred
// first (RFC 7208 section 5.4).
func (e *evaluation) matchMX(t *Term, domain string) (matched bool, fault Code) {
	hosts, err := e.checker.resolver.MX(e.ctx, domain)
	if code := e.answered(len(hosts), domain, err); code != None {
		return false, code
	}
	if len(hosts) > MaxMX {
		return false, e.fault(PermError, "%s has more than %d mail exchangers", domain, MaxMX)
	}
	hosts = slices.Clone(hosts)
	slices.SortStableFunc(hosts, func(a, b dns.MX) int { return int(a.Preference) - int(b.Preference) })
	for _, h := range hosts {
		name := strings.ToLower(strings.TrimSuffix(h.Host, "."))
		if !canQuery(name) { // such as the null MX of RFC 7505
			continue
		}
		if matched, fault = e.matchA(t, name); matched || fault != None {
			return matched, fault
		}
	}
	return false, None
}

// matchExists asks whether a name has any IPv4 address, whatever the client's
// is (RFC 7208 section 5.7).
func (e *evaluation) matchExists(name string) (matched bool, fault Code) {
	ips, err := e.checker.resolver.A(e.ctx, name)
	fault = e.answered(len(ips), name, err)
	return err == nil && len(ips) > 0, fault
}

// addresses looks up a name's addresses of the client's family.
func (e *evaluation) addresses(name string) ([]netip.Addr, error) {
	if e.ip.Is4() {
		return e.checker.resolver.A(e.ctx, name)
	}
	return e.checker.resolver.AAAA(e.ctx, name)
}

// near tells whether one of the addresses is the client's up to the term's
// prefix length.
func (e *evaluation) near(t *Term, ips []netip.Addr) bool {
	bits := t.Bits6
	if e.ip.Is4() {
		bits = t.Bits4
	}
	for _, ip := range ips {
		if netip.PrefixFrom(ip.Unmap(), bits).Contains(e.ip) {
			return true
		}
	}
	return false
}
