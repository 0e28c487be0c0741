package rspamd

import (
	"math"

	"postern/internal/verdict"
)

// reply is the answer to /checkv2; names and meaning are rspamd's, except for
// the block of our own.
type reply struct {
	Skipped    bool            `json:"is_skipped"`
	Score      float64         `json:"score"`
	Required   float64         `json:"required_score"`
	Action     verdict.Action  `json:"action"`
	Thresholds object[float64] `json:"thresholds"`
	Symbols    object[symbol]  `json:"symbols"`
	Groups     object[group]   `json:"groups,omitempty"`
	Messages   object[string]  `json:"messages"`
	Subject    string          `json:"subject,omitempty"`
	Reject     string          `json:"reject,omitempty"`
	URLs       []any           `json:"urls,omitzero"`
	Emails     []string        `json:"emails,omitzero"`
	MessageID  string          `json:"message-id"`
	Time       float64         `json:"time_real"`
	Milter     *headerChanges  `json:"milter,omitempty"`
	Postern    extra           `json:"postern"`
}

// symbol is one finding.
type symbol struct {
	Name        string   `json:"name"`
	Score       float64  `json:"score"`
	MetricScore float64  `json:"metric_score"`
	Description string   `json:"description,omitempty"`
	Options     []string `json:"options,omitempty"`
}

// group is the sum of one group's findings.
type group struct {
	Score float64 `json:"score"`
}

// noMessageID stands where a message has no Message-ID.
const noMessageID = "undef"

// newReply puts a result into rspamd's words.
func newReply(req *request, res *result) *reply {
	v, m := res.verdict(), res.message
	r := &reply{
		Skipped:    v.Skipped,
		Score:      fixed(v.Score),
		Required:   fixed(v.Thresholds.Required()),
		Action:     v.Action,
		Thresholds: thresholds(v.Thresholds),
		Symbols:    symbols(v.Findings),
		Messages:   object[string]{},
		MessageID:  m.MessageID(),
		Time:       fixed(res.outcome.Took.Seconds()),
		Milter:     changes(v, m),
		Postern:    newExtra(res),
	}
	if r.MessageID == "" {
		r.MessageID = noMessageID
	}
	if req.groups {
		r.Groups = groups(v.Findings)
	}
	if !v.Reply.IsZero() {
		r.Messages = r.Messages.with("smtp_message", oneLine(v.Reply.Text))
	}
	switch v.Action {
	case verdict.RewriteSubject:
		r.Subject = v.Subject
	case verdict.Discard, verdict.Quarantine:
		r.Reject = v.Action.String()
	}
	r.URLs, r.Emails = links(m, req.extendedURLs)
	return r
}

// thresholds lists those that are set, the hardest first as rspamd does.
func thresholds(t verdict.Thresholds) object[float64] {
	list := object[float64]{}
	for a := verdict.Action(verdict.ActionCount); a > verdict.Greylist; {
		a--
		if t.Set(a) {
			list = list.with(a.String(), fixed(t[a]))
		}
	}
	return list
}

// symbols lists the findings, the most important first.
func symbols(findings []verdict.Finding) object[symbol] {
	list := make(object[symbol], 0, len(findings))
	for i := range findings {
		f := &findings[i]
		options := f.Evidence
		if f.Failed != "" {
			options = append(options[:len(options):len(options)], "failed: "+f.Failed)
		}
		list = list.with(f.Symbol, symbol{
			Name: f.Symbol, Score: fixed(f.Score), MetricScore: fixed(f.FullScore),
			Description: f.Description, Options: options,
		})
	}
	return list
}

// groups sums the findings' scores by group, in order of first finding.
func groups(findings []verdict.Finding) object[group] {
	list := object[group]{}
	place := map[string]int{}
	for i := range findings {
		name := findings[i].Group
		if name == "" {
			continue
		}
		n, ok := place[name]
		if !ok {
			n = len(list)
			place[name] = n
			list = list.with(name, group{})
		}
		list[n].value.Score = fixed(list[n].value.Score + findings[i].Score)
	}
	return list
}

// fixed rounds to four places and makes what JSON cannot say finite.
func fixed(f float64) float64 {
	switch {
	case math.IsNaN(f):
		return 0
	case math.Abs(f) > 1e12:
		return math.Copysign(1e12, f)
	}
	return math.Round(f*1e4) / 1e4
}

// extra is what Postern says beyond rspamd's reply.
type extra struct {
	// Case names the decision in the log and the history.
	Case string `json:"case"`
	// Profile is the name of the settings applied.
	Profile string `json:"profile,omitempty"`
	// Reason says what led to the action; Forced which symbol forced it.
	Reason string `json:"reason,omitempty"`
	Forced string `json:"forced,omitempty"`
	// Stage at which the decision fell.
	Stage string `json:"stage"`
	// Reply is the whole SMTP reply, with its codes.
	Reply string `json:"reply,omitempty"`
	// WouldBe is the action if nothing was in observe mode, where it differs.
	WouldBe string `json:"observed_action,omitempty"`
	// Observed are symbols found that have no weight for now.
	Observed []string `json:"observed_symbols,omitempty"`
	// Incomplete says that a check failed or was late; Failed gives the
	// reasons by symbol.
	Incomplete bool           `json:"incomplete"`
	Failed     object[string] `json:"failed,omitempty"`
	// Recipients are the verdicts where recipients differ.
	Recipients []recipientVerdict `json:"recipients,omitempty"`
}

// recipientVerdict is what some recipients get that others do not.
type recipientVerdict struct {
	Recipients []string       `json:"recipients"`
	Profile    string         `json:"profile,omitempty"`
	Action     verdict.Action `json:"action"`
	Score      float64        `json:"score"`
	Required   float64        `json:"required_score"`
	Reply      string         `json:"reply,omitempty"`
	Reason     string         `json:"reason,omitempty"`
}

// newExtra gathers our own part of the answer.
func newExtra(res *result) extra {
	v, o := res.verdict(), &res.outcome
	x := extra{
		Case: o.CaseID, Profile: v.Profile, Reason: v.Reason, Forced: v.Forced,
		Stage: o.Stage.String(), Reply: v.Reply.String(), Incomplete: v.Incomplete,
		Failed: failures(v.Findings),
	}
	if v.Observed != v.Action {
		x.WouldBe = v.Observed.String()
	}
	for i := range v.Findings {
		if v.Findings[i].Observed {
			x.Observed = append(x.Observed, v.Findings[i].Symbol)
		}
	}
	for _, r := range res.refused {
		x.Recipients = append(x.Recipients, newRecipientVerdict([]string{r.recipient}, r.verdict))
	}
	if len(o.Verdicts) > 1 {
		for i := range o.Verdicts {
			x.Recipients = append(x.Recipients, newRecipientVerdict(o.Verdicts[i].Recipients, &o.Verdicts[i]))
		}
	}
	return x
}

func newRecipientVerdict(to []string, v *verdict.Verdict) recipientVerdict {
	return recipientVerdict{
		Recipients: append([]string{}, to...), Profile: v.Profile, Action: v.Action,
		Score: fixed(v.Score), Required: fixed(v.Thresholds.Required()),
		Reply: v.Reply.String(), Reason: v.Reason,
	}
}

// failures lists the findings that say that a check could not find out, with
// the reason.
func failures(findings []verdict.Finding) object[string] {
	var list object[string]
	for i := range findings {
		if f := &findings[i]; f.Failed != "" {
			list = list.with(f.Symbol, f.Failed)
		}
	}
	return list
}
