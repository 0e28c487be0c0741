package content

import (
	"context"
	"strconv"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/verdict"
)

// ReceivedCount counts the steps a message has come, the delivery to us
// among them. Mail of people usually passes its sender's server first; what
// comes to us in one step was sent by a server's own program, or by a bot.
func ReceivedCount() check.Check {
	return check.New(check.Info{
		Name: "received_count", Stage: check.Header,
		Symbols: []verdict.Symbol{
			{Name: "RCVD_COUNT_ZERO", Group: "headers", Description: "Nothing is known of the message's way"},
			{Name: "RCVD_COUNT_ONE", Group: "headers", Description: "The message came in one step"},
			{Name: "RCVD_COUNT_TWO", Group: "headers", Description: "The message came in two steps"},
			{Name: "RCVD_COUNT_THREE", Group: "headers", Description: "The message came in three or four steps"},
			{Name: "RCVD_COUNT_FIVE", Group: "headers", Description: "The message came in five or six steps"},
			{Name: "RCVD_COUNT_SEVEN", Group: "headers", Description: "The message came in seven to eleven steps"},
			{Name: "RCVD_COUNT_TWELVE", Group: "headers", Description: "The message came in twelve steps or more"},
			{Name: "ONCE_RECEIVED", Group: "headers", Score: 0.1, Description: "The client that delivers the message also made it"},
			// Lowered from 4: the name that makes it fire scores by itself, too.
			{Name: "ONCE_RECEIVED_STRICT", Group: "headers", Score: 2.5, Description: "A dial-up host delivers a message that it made itself"},
			{Name: "DIRECT_TO_MX", Group: "headers", Description: "A mail program delivers to us itself, without its sender's server"},
		},
	}, receivedCount)
}

// receivedDegrees are the symbols by the least number of steps.
var receivedDegrees = [...]struct {
	least  int
	symbol string
}{
	{12, "RCVD_COUNT_TWELVE"}, {7, "RCVD_COUNT_SEVEN"}, {5, "RCVD_COUNT_FIVE"},
	{3, "RCVD_COUNT_THREE"}, {2, "RCVD_COUNT_TWO"}, {1, "RCVD_COUNT_ONE"}, {0, "RCVD_COUNT_ZERO"},
}

func receivedCount(_ context.Context, tx *check.Transaction, out *check.Report) error {
	way := hops(tx)
	for _, d := range receivedDegrees {
		if len(way) >= d.least {
			out.Add(d.symbol, strconv.Itoa(len(way)))
			break
		}
	}
	if len(way) == 1 && !way[0].auth {
		onceReceived(tx, &way[0], out)
	}
	return nil
}

// dialUp is the degree from which addr.DynamicName is taken for dial-up.
const dialUp = 3

func onceReceived(tx *check.Transaction, h *hop, out *check.Report) {
	out.Add("ONCE_RECEIVED", h.evidence())
	if addr.DynamicName(h.name, h.ip) >= dialUp {
		out.Add("ONCE_RECEIVED_STRICT", h.name)
	}
	if mailer := mailerName(tx.Message); mailer != "" {
		out.Add("DIRECT_TO_MX", mailer)
	}
}
