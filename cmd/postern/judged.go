package main

import (
	"fmt"
	"strings"
	"time"

	"postern/internal/engine"
	"postern/internal/verdict"
)

// judged is what was decided about one mail.
type judged struct {
	File string `json:"file"`
	Size int    `json:"size"`
	Case string `json:"case,omitempty"`
	opinion
	// Others are the verdicts for recipients with other settings.
	Others []opinion `json:"others,omitempty"`
	// Took is how long the examination took, in milliseconds.
	Took float64 `json:"took_ms"`
}

// opinion is one verdict.
type opinion struct {
	Profile    string         `json:"profile,omitempty"`
	Recipients []string       `json:"recipients,omitempty"`
	Action     verdict.Action `json:"action"`
	// WouldBe is the action without observe mode, where it differs.
	WouldBe    string            `json:"observed_action,omitempty"`
	Score      float64           `json:"score"`
	Required   float64           `json:"required"`
	Reason     string            `json:"reason,omitempty"`
	Forced     string            `json:"forced,omitempty"`
	Reply      string            `json:"reply,omitempty"`
	Incomplete bool              `json:"incomplete,omitempty"`
	Skipped    bool              `json:"skipped,omitempty"`
	Symbols    []verdict.Finding `json:"symbols"`
}

// newJudged takes over what an engine decided.
func newJudged(o *engine.Outcome) *judged {
	j := &judged{Case: o.CaseID, Took: float64(o.Took) / float64(time.Millisecond)}
	for i := range o.Verdicts {
		opinion := newOpinion(&o.Verdicts[i])
		if i == 0 {
			j.opinion = opinion
		} else {
			j.Others = append(j.Others, opinion)
		}
	}
	return j
}

func newOpinion(v *verdict.Verdict) opinion {
	o := opinion{
		Profile: v.Profile, Action: v.Action, Score: v.Score, Required: v.Thresholds.Required(),
		Reason: v.Reason, Forced: v.Forced, Reply: v.Reply.String(),
		Incomplete: v.Incomplete, Skipped: v.Skipped, Symbols: v.Findings,
	}
	if v.Profile != "" {
		o.Recipients = v.Recipients
	}
	if v.Observed != v.Action {
		o.WouldBe = v.Observed.String()
	}
	if o.Symbols == nil {
		o.Symbols = []verdict.Finding{}
	}
	return o
}

// writeJudged writes a verdict for people.
func (c *console) writeJudged(j *judged) {
	fmt.Fprintf(c.out, "%s: ", c.style.paint(bold, printable(j.File)))
	c.writeOpinion(&j.opinion)
	for i := range j.Others {
		fmt.Fprintf(c.out, "  for %s: ", strings.Join(j.Others[i].Recipients, ", "))
		c.writeOpinion(&j.Others[i])
	}
}

// writeOpinion writes action and score on one line and the symbols below.
func (c *console) writeOpinion(o *opinion) {
	fmt.Fprintf(c.out, "%s  %s / %s", c.style.action(o.Action, o.Action.String()), c.style.paint(bold, fixed(o.Score)), fixed(o.Required))
	for _, note := range o.notes() {
		fmt.Fprintf(c.out, "  (%s)", printable(note))
	}
	c.out.WriteString("\n")
	width := symbolWidth(o.Symbols)
	for i := range o.Symbols {
		c.writeFinding(&o.Symbols[i], width, "")
	}
}

// notes are the remarks on a verdict that is not plainly the score's.
func (o *opinion) notes() []string {
	var notes []string
	if o.Profile != "" {
		notes = append(notes, "profile "+o.Profile)
	}
	if o.Reason != "" && o.Reason != scoreReason {
		notes = append(notes, o.Reason)
	}
	if o.WouldBe != "" {
		notes = append(notes, o.WouldBe+" without observe mode")
	}
	if o.Reply != "" {
		notes = append(notes, o.Reply)
	}
	if o.Incomplete {
		notes = append(notes, "incomplete: a check failed or was late")
	}
	return notes
}

// scoreReason is the reason of a verdict that follows from the score alone.
const scoreReason = "score"
