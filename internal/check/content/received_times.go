package content

import (
	"context"
	"time"

	"postern/internal/check"
	"postern/internal/verdict"
)

// Clocks of mail servers differ by minutes; what differs by more was not
// written by a server.
const (
	clockSkew   = 2 * time.Hour
	futureLimit = 24 * time.Hour
)

// ReceivedTimes looks at the times of the trace: they must not run backwards
// nor into the future.
func ReceivedTimes() check.Check {
	return check.New(check.Info{
		Name: "received_times", Stage: check.Header,
		Symbols: []verdict.Symbol{
			{Name: "RCVD_TIME_BACKWARDS", Group: "headers", Score: 0.5, Description: "A later step of the message bears an earlier time"},
			{Name: "RCVD_TIME_FUTURE", Group: "headers", Score: 1.5, Description: "A step of the message lies in the future"},
		},
	}, receivedTimes)
}

func receivedTimes(_ context.Context, tx *check.Transaction, out *check.Report) error {
	var newer time.Time
	var newerEvidence string
	for _, h := range hops(tx) {
		if h.field == nil || h.field.Time.IsZero() {
			continue
		}
		t := h.field.Time
		if t.After(tx.Now.Add(futureLimit)) {
			out.Add("RCVD_TIME_FUTURE", h.evidence())
		}
		if !newer.IsZero() && t.After(newer.Add(clockSkew)) {
			out.Add("RCVD_TIME_BACKWARDS", newerEvidence, "after "+h.evidence())
		}
		newer, newerEvidence = t, h.evidence()
	}
	return nil
}
