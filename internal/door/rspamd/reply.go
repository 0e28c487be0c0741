package rspamd

import (
	"math"

	"postern/internal/verdict"
)

// reply is an answer in rspamd's words, with what Postern adds in extra.
type reply struct {
	skipped         bool
	score, required float64
	action          verdict.Action
	thresholds      object[float64]
	symbols         object[symbol]
	groups          object[float64]
	messages        object[string]
	subject, reject string
	extended        bool // links are given as objects
	urls            []webLink
	emails          []string
	messageID       string
	time            float64 // seconds
	changes         headerChanges
	extra           extra
}

// symbol is one finding.
type symbol struct {
	name, description  string
	score, metricScore float64
	options            []string
}

// noMessageID stands where a message has no Message-ID.
const noMessageID = "undef"

// newReply puts a result into rspamd's words.
func newReply(req *request, res *result) *reply {
	v, m := res.verdict(), res.message
	r := &reply{
		skipped:    v.Skipped,
		score:      fixed(v.Score),
		required:   fixed(v.Thresholds.Required()),
		action:     v.Action,
		thresholds: thresholds(v.Thresholds),
		symbols:    symbols(v.Findings),
		extended:   req.extendedURLs,
		messageID:  m.MessageID(),
		time:       fixed(res.outcome.Took.Seconds()),
		changes:    changes(v, m),
		extra:      newExtra(res),
	}
	if r.messageID == "" {
		r.messageID = noMessageID
	}
	if req.groups {
		r.groups = groups(v.Findings)
	}
	if !v.Reply.IsZero() {
		r.messages = r.messages.with("smtp_message", oneLine(v.Reply.Text))
	}
	switch v.Action {
	case verdict.RewriteSubject:
		r.subject = v.Subject
	case verdict.Discard, verdict.Quarantine:
		r.reject = v.Action.String()
	}
	r.urls, r.emails = links(m, req.extendedURLs)
	return r
}

// thresholds lists those that are set, the hardest first as rspamd does.
func thresholds(t verdict.Thresholds) object[float64] {
	list := make(object[float64], 0, verdict.ActionCount)
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
			name: f.Symbol, description: f.Description,
			score: fixed(f.Score), metricScore: fixed(f.FullScore), options: options,
		})
	}
	return list
}

// groups sums the findings' scores by group, in order of first finding.
func groups(findings []verdict.Finding) object[float64] {
	var list object[float64]
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
			list = list.with(name, 0)
		}
		list[n].value = fixed(list[n].value + findings[i].Score)
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
