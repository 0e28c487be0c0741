package engine

import (
	"slices"
	"strings"

	"postern/internal/message"
	"postern/internal/verdict"
)

// verdict makes the verdict of what lies on the scale.
func (t *Transaction) verdict(s *scale, score float64, m *message.Message) verdict.Verdict {
	v := verdict.Verdict{
		CaseID: t.caseID, Profile: s.profile.name, Score: score,
		Thresholds: s.profile.thresholds, Incomplete: t.failures > 0,
		Skipped: t.trusted(),
	}
	action, forced := s.decide(score)
	v.Action = action
	v.Findings = s.findings()
	v.Reason = "score"
	switch {
	case forced >= 0:
		v.Forced = s.registry.symbols[s.found[forced].id].Name
		v.Reason = "forced by " + v.Forced
	case v.Skipped:
		v.Reason = t.trust
	}
	v.Reply = t.reply(s, action, forced)
	v.Observed = unobserved(s, v.Findings, action)
	if m != nil {
		v.Subject = newSubject(s.profile.subject, action, t.subject(m))
		v.Authenticated = slices.Sorted(slices.Values(t.proved))
		v.Headers = t.engine.headers.changes(&v, t.session, m)
		v.Changes = t.changes
	}
	return v
}

// unobserved gives the action that would be taken if nothing was in observe
// mode.
func unobserved(s *scale, findings []verdict.Finding, action verdict.Action) verdict.Action {
	observes := s.profile.observed != [verdict.ActionCount]bool{}
	for i := range findings {
		observes = observes || findings[i].Observed
	}
	if !observes {
		return action
	}
	all := &scale{registry: s.registry, composites: s.composites, profile: s.profile, everything: true}
	would, _ := all.decide(all.weigh(reported(s)))
	return would
}

// reported gives what checks found, without the composites.
func reported(s *scale) []found {
	isComposite := map[symbolID]bool{}
	for _, c := range s.composites {
		isComposite[c.id] = true
	}
	var list []found
	for _, f := range s.found {
		if !isComposite[f.id] {
			list = append(list, f)
		}
	}
	return list
}

// reply gives the SMTP reply of an action that refuses the mail. It names the
// case, so that whoever asks can be answered.
func (t *Transaction) reply(s *scale, action verdict.Action, forced int) verdict.Reply {
	if action != verdict.Reject && action != verdict.SoftReject && action != verdict.Greylist {
		return verdict.Reply{}
	}
	r := s.profile.replies[action]
	if forced >= 0 {
		f := &s.found[forced]
		if own := s.profile.rules[f.id].reply; !own.IsZero() {
			r = own
		} else if f.decision != nil && !f.decision.Reply.IsZero() {
			r = f.decision.Reply
		}
	}
	if r.IsZero() {
		return r // a score that asks for greylisting: no door defers by itself
	}
	if !strings.Contains(r.Text, t.caseID) {
		r.Text += " (case " + t.caseID + ")"
	}
	return r
}

// subject is the message's subject, or the one the door was told.
func (t *Transaction) subject(m *message.Message) string {
	if t.session.Subject != "" {
		return t.session.Subject
	}
	return m.Header().Value("Subject")
}

// newSubject marks a subject when the action asks for it.
func newSubject(template string, action verdict.Action, old string) string {
	if action != verdict.RewriteSubject {
		return ""
	}
	before, after, _ := strings.Cut(template, "%s")
	return before + old + after
}
