package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postern/internal/history"
	"postern/internal/verdict"
)

type explainCommand struct {
	ID      string `arg:"" help:"The case id, its beginning, or the mail server's queue id."`
	JSON    bool   `help:"Print a JSON object."`
	Config  string `help:"Configuration file." placeholder:"FILE"`
	DataDir string `name:"data" help:"Data directory of the daemon." placeholder:"DIR"`
}

// Run explains one decision.
func (x *explainCommand) Run(ctx context.Context, c *console) error {
	reader, err := openHistory(ctx, x.Config, x.DataDir)
	if err != nil {
		return err
	}
	defer reader.Close()
	e, err := findCase(ctx, reader, x.ID)
	if errors.Is(err, history.ErrNotFound) {
		fmt.Fprintf(c.err, "postern: there is no case %q in the history\n", x.ID)
		return errFalse
	}
	if err != nil {
		return err
	}
	if x.JSON {
		return c.writeJSON(e)
	}
	c.explain(e)
	return nil
}

// findCase finds a decision by its case id, the beginning of that if no other
// begins so, or the mail server's queue id (the latest).
func findCase(ctx context.Context, r *history.Reader, id string) (*history.Entry, error) {
	e, err := r.Get(ctx, id)
	if !errors.Is(err, history.ErrNotFound) {
		return e, err
	}
	for _, f := range []history.Filter{{Case: id, Limit: 2}, {QueueID: id, Limit: 1}} {
		var found []*history.Entry
		for e, err := range r.Query(ctx, f) {
			if err != nil {
				return nil, err
			}
			found = append(found, e)
		}
		switch len(found) {
		case 1:
			return found[0], nil
		case 2:
			return nil, fmt.Errorf("several cases begin with %q, such as %s and %s", id, found[0].CaseID, found[1].CaseID)
		}
	}
	return nil, history.ErrNotFound
}

// explain writes everything that is known of a decision.
func (c *console) explain(e *history.Entry) {
	c.fact("Case", e.CaseID)
	c.fact("Time", fmt.Sprintf("%s, %s by %s at the %s stage", e.Time.Local().Format("2006-01-02 15:04:05 -0700"), took(e.Duration), e.Door, e.Stage))
	c.fact("Client", clientWords(e))
	c.fact("Envelope", envelopeWords(e))
	c.fact("Queue id", e.QueueID)
	c.fact("From", e.From)
	c.fact("Subject", e.Subject)
	c.fact("Message-ID", e.MessageID)
	if e.Size > 0 {
		c.fact("Size", fmt.Sprintf("%d bytes", e.Size))
	}
	for i := range e.Verdicts {
		c.explainVerdict(&e.Verdicts[i])
	}
	if len(e.Checks) > 0 {
		fmt.Fprintf(c.out, "\nChecks that took time or failed\n")
	}
	for _, t := range e.Checks {
		line := "  " + pad(took(t.Took), -9) + "  " + t.Name
		if t.Error != "" {
			line += "  " + c.style.paint(red, printable(t.Error))
		}
		fmt.Fprintln(c.out, line)
	}
}

// fact writes one named fact, nothing where it is not known.
func (c *console) fact(name, text string) {
	if text != "" {
		fmt.Fprintf(c.out, "%s %s\n", c.style.paint(dim, pad(name, 10)), printable(text))
	}
}

// explainVerdict writes one verdict and what led to it.
func (c *console) explainVerdict(v *history.Verdict) {
	c.out.WriteString("\n")
	thresholds := verdict.Thresholds(v.Thresholds)
	line := fmt.Sprintf("%s  %s of %s", c.style.action(v.Action, v.Action.String()), c.style.paint(bold, fixed(v.Score)), fixed(thresholds.Required()))
	if v.Reason != "" {
		line += "  (" + printable(v.Reason) + ")"
	}
	fmt.Fprintln(c.out, line)
	if v.Profile != "" {
		c.fact("Profile", v.Profile)
	}
	if len(v.Recipients) > 0 && v.Profile != "" {
		c.fact("For", strings.Join(v.Recipients, ", "))
	}
	if v.Observed != v.Action {
		c.fact("Observed", v.Observed.String()+" would have been the action without observe mode")
	}
	if v.Reply != nil {
		c.fact("Reply", v.Reply.String())
	}
	if v.Incomplete {
		c.fact("Incomplete", "at least one check failed or was late")
	}
	c.fact("Limits", limits(thresholds))
	width := symbolWidth(v.Findings)
	for i := range v.Findings {
		f := &v.Findings[i]
		c.writeFinding(f, width, without(v, f.Symbol))
	}
}

// without says what the verdict would have been without a symbol.
func without(v *history.Verdict, symbol string) string {
	score, action := v.Without(symbol)
	if action == v.Action && fixed(score) == fixed(v.Score) {
		return pad("", withoutWidth)
	}
	text := "without: " + fixed(score)
	if action != v.Action {
		text += " " + action.String()
	}
	return pad(text, withoutWidth)
}

// withoutWidth holds "without: 10.00 rewrite subject".
const withoutWidth = 30

// limits lists from which score an action is taken.
func limits(t verdict.Thresholds) string {
	var list []string
	for _, a := range verdict.Actions() {
		if t.Set(a) {
			list = append(list, fmt.Sprintf("%s from %g", a, t[a]))
		}
	}
	return strings.Join(list, ", ")
}

// clientWords says who delivered the message.
func clientWords(e *history.Entry) string {
	var parts []string
	if e.Client.IP.IsValid() {
		parts = append(parts, e.Client.IP.String())
	}
	switch {
	case e.Client.Name != "":
		parts = append(parts, e.Client.Name)
	case e.Client.ReverseName != "":
		parts = append(parts, e.Client.ReverseName+" (not verified)")
	}
	if e.Client.Local {
		parts = append(parts, "local")
	}
	if e.HELO != "" {
		parts = append(parts, "HELO "+e.HELO)
	}
	if e.TLS != nil {
		parts = append(parts, strings.TrimSpace(e.TLS.Version+" "+e.TLS.Cipher))
	}
	if e.User != "" {
		parts = append(parts, "logged in as "+e.User)
	}
	return strings.Join(parts, ", ")
}

// envelopeWords says from whom and to whom the message was sent.
func envelopeWords(e *history.Entry) string {
	to := strings.Join(e.Recipients, ", ")
	if more := e.RecipientCount - len(e.Recipients); more > 0 {
		to += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("from <%s> to %s", e.Sender, to)
}

// took prints a short time.
func took(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
