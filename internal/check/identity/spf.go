package identity

import (
	"context"
	"fmt"
	"net/netip"

	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/spf"
	"postern/internal/verdict"
)

// SPF asks whether the client may send for the envelope sender's domain, or
// for its HELO where the sender is null (RFC 7208). Failures of trusted
// forwarders do not count, and a best guess counts next to nothing.
func SPF(checker *spf.Checker) check.Check {
	return check.New(check.Info{
		Name:  "spf",
		Stage: check.Mail,
		Waits: true,
		Symbols: []verdict.Symbol{
			symbol("R_SPF_ALLOW", -0.2, "The sender's domain allows the client to send (SPF pass)"),
			symbol("R_SPF_FAIL", 1, "The sender's domain forbids the client to send (SPF fail)"),
			symbol("R_SPF_SOFTFAIL", 0, "The sender's domain says the client probably may not send (SPF softfail)"),
			symbol("R_SPF_NEUTRAL", 0, "The sender's domain says nothing about the client (SPF neutral)"),
			symbol("R_SPF_NA", 0, "The sender's domain has no SPF record"),
			symbol("R_SPF_PERMFAIL", 0, "The sender's domain has an SPF record that cannot be understood"),
			symbol("R_SPF_DNSFAIL", 0, "The sender's SPF record could not be looked up for now"),
			symbol("R_SPF_PLUSALL", 4, "The sender's domain allows all hosts, or a large part of them, to send"),
			symbol("SPF_FORWARDER", 0, "The client is a trusted forwarder, whose SPF failure does not count"),
			symbol("SPF_BEST_GUESS", -0.1, "The sender's domain has no SPF record, and the client is one of its hosts or near them"),
		},
	}, func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		if !hasSPF(tx) {
			return nil
		}
		r, err := spfOf(ctx, checker, tx)
		if err != nil {
			return fmt.Errorf("evaluating SPF: %w", err)
		}
		report(r, tx.Session.Client.IP, out)
		provesSPF(out, &r)
		return nil
	})
}

// hasSPF tells whether there is anything that SPF can be asked.
func hasSPF(tx *check.Transaction) bool {
	return tx.Session.HasSender && public(tx.Session.Client.IP)
}

// spfOf evaluates SPF once for all checks of the transaction.
func spfOf(ctx context.Context, checker *spf.Checker, tx *check.Transaction) (spf.Result, error) {
	return share(ctx, tx, "identity.spf", func() spf.Result {
		return checker.Check(ctx, request(tx.Session, tx))
	})
}

// request makes the question of a transaction.
func request(s *session.Session, tx *check.Transaction) spf.Request {
	return spf.Request{IP: s.Client.IP, HELO: s.HELO, Sender: s.Sender, Time: tx.Now}
}

// public tells whether others than ourselves can know the address: what is
// said of a private one comes from a proxy or a network of our own.
func public(ip netip.Addr) bool {
	return ip.IsValid() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !ip.IsUnspecified()
}

// report reports the symbols of a result.
func report(r spf.Result, ip netip.Addr, out *check.Report) {
	evidence := []string{r.Identity.String() + " " + r.Domain}
	if path := r.Path(); path != "" {
		evidence = append(evidence, path)
	}
	if r.Reason != "" {
		evidence = append(evidence, r.Reason)
	}
	if r.Explanation != "" {
		evidence = append(evidence, "the domain explains: "+r.Explanation)
	}
	if r.Forwarder && (r.Code == spf.Fail || r.Code == spf.SoftFail) {
		out.Add("SPF_FORWARDER", append(evidence, r.Code.String())...)
		return
	}
	out.Add(symbolOf(&r, ip), evidence...)
	if r.Guess == spf.Pass {
		out.Add("SPF_BEST_GUESS", r.Domain)
	}
}

// symbolOf gives the symbol for a result.
func symbolOf(r *spf.Result, ip netip.Addr) string {
	switch r.Code {
	case spf.Pass:
		if allowsAll(r.Mechanism, ip) {
			return "R_SPF_PLUSALL"
		}
		return "R_SPF_ALLOW"
	case spf.Fail:
		return "R_SPF_FAIL"
	case spf.SoftFail:
		return "R_SPF_SOFTFAIL"
	case spf.Neutral:
		return "R_SPF_NEUTRAL"
	case spf.PermError:
		return "R_SPF_PERMFAIL"
	case spf.TempError:
		return "R_SPF_DNSFAIL"
	}
	return "R_SPF_NA"
}

// The shortest prefixes that an honest domain could have: no one has a
// sixteenth of all IPv4 addresses, nor more than a registry has of IPv6.
const (
	minBits4 = 5
	minBits6 = 17
)

// allowsAll tells whether a mechanism that matched the address matches all
// addresses or a large part of them, so that its pass says nothing.
func allowsAll(mechanism string, ip netip.Addr) bool {
	r, err := spf.ParseRecord("v=spf1 " + mechanism)
	if err != nil || len(r.Terms) != 1 {
		return false
	}
	t := &r.Terms[0]
	bits := t.Bits6
	if ip.Unmap().Is4() {
		bits = t.Bits4
	}
	switch t.Mechanism {
	case "all":
		return true
	case "ip4", "ip6":
		bits = t.Network.Bits()
	case "a", "mx":
	default:
		return false
	}
	return bits < minBits6 && !ip.Unmap().Is4() || bits < minBits4
}
