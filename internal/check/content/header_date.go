package content

import (
	"context"
	"time"

	"postern/internal/check"
	"postern/internal/verdict"
)

// Bounds on the Date field: what is older or newer was not just written.
const (
	dateFuture = 24 * time.Hour
	datePast   = 24 * time.Hour
	// zoneWest and zoneEast are the outermost time zones in use.
	zoneWest = -12 * 3600
	zoneEast = 14 * 3600
)

// Date compares the Date field with the time at which the message came.
func Date() check.Check {
	return check.New(check.Info{
		Name:  "date",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("INVALID_DATE", 1.5, "The Date field is not a date"),
			headerSymbol("DATE_IN_FUTURE", 4, "The Date lies more than a day ahead"),
			headerSymbol("DATE_IN_PAST", 1, "The Date lies more than a day back"),
			headerSymbol("DATE_ZONE_UNLIKELY", 2, "The Date names a time zone that exists nowhere"),
		},
	}, dateCheck)
}

func dateCheck(_ context.Context, tx *check.Transaction, out *check.Report) error {
	f := tx.Message.Header().First("Date")
	if f == nil {
		return nil
	}
	date, ok := tx.Message.Date()
	if !ok {
		out.Add("INVALID_DATE", f.Value())
		return nil
	}
	switch off := date.Sub(arrival(tx)); {
	case off > dateFuture:
		out.Add("DATE_IN_FUTURE", f.Value(), "ahead by "+off.Round(time.Minute).String())
	case off < -datePast:
		out.Add("DATE_IN_PAST", f.Value(), "back by "+(-off).Round(time.Minute).String())
	}
	if _, zone := date.Zone(); zone < zoneWest || zone > zoneEast || zone%900 != 0 {
		out.Add("DATE_ZONE_UNLIKELY", f.Value())
	}
	return nil
}

// arrival is when the message came to the mail server: where the topmost
// trace field is the server's own, or nothing is known of the client as with
// a message in a file, the time it tells; else now. So mail of last year is
// judged as it was then.
func arrival(tx *check.Transaction) time.Time {
	received := tx.Message.Received()
	if len(received) == 0 || received[0].Time.IsZero() || received[0].Time.After(tx.Now) {
		return tx.Now
	}
	if ip := tx.Session.Client.IP; ip.IsValid() && hopAddress(&received[0]) != ip {
		return tx.Now
	}
	return received[0].Time
}
