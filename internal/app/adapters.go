package app

import (
	"context"
	"net/netip"

	"postern/internal/addr"
	"postern/internal/callout"
	"postern/internal/check/envelope"
	"postern/internal/dnslist"
	"postern/internal/greylist"
	"postern/internal/restrict"
	"postern/internal/session"
	"postern/internal/spf"
	"postern/internal/verdict"
)

// spfOfSession checks SPF for restriction lists.
type spfOfSession struct{ checker *spf.Checker }

// SPF implements restrict.SPF.
func (a spfOfSession) SPF(ctx context.Context, s *session.Session) restrict.SPFResult {
	q := spf.Request{IP: s.Client.IP, HELO: s.HELO, Sender: s.Sender}
	r := a.checker.Check(ctx, q)
	text := r.Explanation
	if text == "" {
		text = r.Path()
	}
	return restrict.SPFResult{Result: r.Code.String(), Text: text, Header: "Received-SPF: " + a.checker.ReceivedSPF(q, r)}
}

// verifier verifies addresses for restriction lists.
type verifier struct{ callout *callout.Verifier }

// verifyStatuses are the states of an address in the lists' words.
var verifyStatuses = map[callout.Status]restrict.VerifyStatus{
	callout.Failure: restrict.VerifyFailed, callout.Unknown: restrict.VerifyPending, callout.OK: restrict.VerifyOK,
	callout.Deferred: restrict.VerifyDeferred, callout.Bounced: restrict.VerifyBounced, callout.Skipped: restrict.VerifyOK,
}

// Verify implements restrict.Verifier.
func (v verifier) Verify(ctx context.Context, s *session.Session, a addr.Address, sender bool) restrict.Verification {
	q := callout.Request{Address: a, Kind: callout.Recipient, Client: s.Client.IP, MailFrom: s.Sender}
	if sender {
		q.Kind = callout.Sender
	}
	r := v.callout.Verify(ctx, q)
	return restrict.Verification{Status: verifyStatuses[r.Status], Why: r.Why()}
}

// greylister greylists the recipients of sessions.
type greylister struct {
	greylist *greylist.Greylist
	services *services
	options  greylist.Options
}

// Ask asks about one recipient.
func (g *greylister) Ask(ctx context.Context, s *session.Session, recipient addr.Address) greylist.Answer {
	return g.greylist.Check(ctx, g.request(ctx, s, recipient))
}

// Score implements engine.Greylister.
func (g *greylister) Score(ctx context.Context, s *session.Session, recipient addr.Address, score float64) (verdict.Reply, string) {
	r := g.request(ctx, s, recipient)
	r.Score = &score
	a := g.greylist.Check(ctx, r)
	if a.Decision == greylist.Wait || a.Decision == greylist.Unknown {
		return envelope.GreylistReply(a), a.Evidence()
	}
	return verdict.Reply{}, a.Evidence()
}

// request says what greylisting wants to know of a session.
func (g *greylister) request(ctx context.Context, s *session.Session, recipient addr.Address) greylist.Request {
	r := greylist.Request{
		ClientIP: s.Client.IP, ClientName: s.Client.Name, HELO: s.HELO, Sender: s.Sender, Recipient: recipient,
		Instance: s.Instance, Authenticated: s.Authenticated(),
	}
	if !g.services.online || !public(s.Client.IP) || s.Authenticated() {
		return r
	}
	if (g.options.SPFDomain > 0 || g.options.SPFIdentity) && s.Sender.Domain != "" {
		if result := g.services.spf.Check(ctx, spf.Request{IP: s.Client.IP, HELO: s.HELO, Sender: s.Sender}); result.Code == spf.Pass {
			r.SPFDomain = result.Domain
		}
	}
	if g.options.PassDNSWhitelisted {
		// A list that does not answer whitelists nobody.
		hits, _ := g.services.lists.Check(ctx, dnslist.Client, dnslist.Address(s.Client.IP))
		for _, h := range hits {
			r.DNSWhitelisted = r.DNSWhitelisted || h.Code.Score < 0
		}
	}
	return r
}

// public tells whether others than ourselves can know an address.
func public(ip netip.Addr) bool {
	return ip.IsValid() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast()
}

// Greylist implements restrict.Greylister.
func (g *greylister) Greylist(ctx context.Context, s *session.Session, recipient addr.Address) (restrict.Greylisted, error) {
	a := g.Ask(ctx, s, recipient)
	if a.Decision == greylist.Unknown {
		return restrict.Greylisted{}, a.Err
	}
	return restrict.Greylisted{Pass: a.Decision != greylist.Wait, Header: a.Header, Action: a.Action, Text: a.Text}, nil
}
