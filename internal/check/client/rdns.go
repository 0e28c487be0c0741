package client

import (
	"context"

	"postern/internal/check"
	"postern/internal/verdict"
)

// ReverseName looks at the client's reverse name as the mail server found it.
// A server that means to send mail has a PTR record whose name leads back to
// its address (RFC 1912 section 2.1).
func ReverseName() check.Check {
	return check.New(check.Info{
		Name:  "reverse_name",
		Stage: check.Helo, // some mail servers tell the PTR name only with HELO
		Symbols: []verdict.Symbol{
			{Name: "RDNS_NONE", Group: group, Score: 2, Description: "The client's address has no reverse name"},
			{Name: "RDNS_DNSFAIL", Group: group, Score: 0, Description: "The client's reverse name could not be looked up for now"},
			// Reported besides RDNS_NONE this would count one fault twice, so
			// each client gets one of the two.
			{Name: "HFILTER_HOSTNAME_UNKNOWN", Group: group, Score: 2.5, Description: "The client's reverse name does not lead back to its address"},
		},
	}, reverseName)
}

func reverseName(_ context.Context, tx *check.Transaction, out *check.Report) error {
	c := &tx.Session.Client
	if !foreign(tx.Session) || !c.IP.IsValid() || c.Name != "" {
		return nil
	}
	switch {
	case c.NameFailed:
		out.Add("RDNS_DNSFAIL", c.IP.String())
	case !c.NameKnown:
	case c.ReverseName == "":
		out.Add("RDNS_NONE", c.IP.String())
	default:
		out.Add("HFILTER_HOSTNAME_UNKNOWN", c.IP.String()+" calls itself "+c.ReverseName)
	}
	return nil
}
