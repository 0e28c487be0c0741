package policy

import (
	"context"
	"strconv"
	"strings"
	"time"

	"postern/internal/greylist"
	"postern/internal/session"
)

// Greylisting decides by greylisting alone, as postgrey, gld and sqlgrey do.
type Greylisting struct {
	// Greylist that is asked about each recipient.
	Greylist *greylist.Greylist
}

// Decide asks the greylist about a recipient.
func (g Greylisting) Decide(ctx context.Context, s *session.Session, r Request) (Action, error) {
	if r.Recipient.IsZero() || r.State == StateVrfy || r.State == StateETRN {
		return Dunno(), nil
	}
	a := g.Greylist.Check(ctx, greylist.Request{
		ClientIP: s.Client.IP, ClientName: s.Client.Name, HELO: s.HELO, Sender: s.Sender, Recipient: r.Recipient,
		Instance: s.Instance, Authenticated: s.Authenticated(), Time: testTime(r.Attributes),
	})
	switch {
	case a.Decision == greylist.Unknown:
		return Action{}, a.Err
	case a.Decision == greylist.Wait:
		return Action{a.Action, withStatus(a.Text, r.Attributes)}, nil
	case a.Header != "":
		return Prepend(a.Header), nil
	}
	return Dunno(), nil
}

// withStatus puts an enhanced status code before a text without one, for mail
// servers that know them. Postfix since 2.3 does; it shows by an attribute of
// the same version.
func withStatus(text string, a Attributes) string {
	if text == "" || isDigit(text[0]) {
		return text
	}
	if _, ok := a.Lookup("etrn_domain"); !ok {
		return text
	}
	return "4.2.0 " + text
}

// testTime is the time that tests of policy servers want it to be, in Unix
// seconds; no mail server sends it.
func testTime(a Attributes) time.Time {
	value, ok := a.Lookup("policy_test_time")
	if !ok {
		return time.Time{}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

var _ Decider = Greylisting{}
