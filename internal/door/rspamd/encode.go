package rspamd

import "postern/internal/verdict"

// encode writes the answer to /checkv2.
func (r *reply) encode() []byte {
	j := make(jsonText, 0, 4096)
	j.open('{')
	j.boolMember("is_skipped", r.skipped)
	j.numberMember("score", r.score)
	j.numberMember("required_score", r.required)
	j.textMember("action", r.action.String())
	j.name("thresholds")
	members(&j, r.thresholds, writeNumber)
	j.name("symbols")
	members(&j, r.symbols, writeSymbol)
	if len(r.groups) > 0 {
		j.name("groups")
		members(&j, r.groups, writeGroup)
	}
	r.encodeRest(&j, "milter")
	j.shut('}')
	return j
}

// encodeOld writes the answer to /check and its like, the shape that rspamd
// gave before version 1.6: score and symbols together within "default", and
// the header changes as "rmilter". There a soft reject counts as spam.
func (r *reply) encodeOld() []byte {
	j := make(jsonText, 0, 4096)
	j.open('{')
	j.name("default")
	j.open('{')
	j.boolMember("is_spam", r.action.Spam() || r.action == verdict.SoftReject)
	j.boolMember("is_skipped", r.skipped)
	j.numberMember("score", r.score)
	j.numberMember("required_score", r.required)
	j.textMember("action", r.action.String())
	j.name("thresholds")
	members(&j, r.thresholds, writeNumber)
	j.someText("subject", r.subject)
	for i := range r.symbols {
		j.name(r.symbols[i].name)
		writeSymbol(&j, &r.symbols[i].value)
	}
	j.shut('}')
	r.encodeRest(&j, "rmilter")
	j.shut('}')
	return j
}

// encodeRest writes what both shapes share.
func (r *reply) encodeRest(j *jsonText, milter string) {
	j.name("messages")
	members(j, r.messages, writeText)
	j.someText("subject", r.subject)
	j.someText("reject", r.reject)
	if len(r.urls)+len(r.emails) > 0 {
		j.name("urls")
		r.encodeURLs(j)
		j.name("emails")
		j.list(r.emails)
	}
	j.textMember("message-id", r.messageID)
	j.numberMember("time_real", r.time)
	if len(r.changes.add)+len(r.changes.remove) > 0 {
		j.name(milter)
		r.changes.encode(j)
	}
	j.name("postern")
	r.extra.encode(j)
}

// encodeURLs writes links by host, or as objects where that was asked for.
func (r *reply) encodeURLs(j *jsonText) {
	j.open('[')
	for i := range r.urls {
		u := &r.urls[i]
		if !r.extended {
			j.text(u.host)
			continue
		}
		j.open('{')
		j.textMember("url", u.url)
		j.textMember("tld", u.tld)
		j.textMember("host", u.host)
		j.someList("flags", u.flags)
		j.shut('}')
	}
	j.shut(']')
}

func writeSymbol(j *jsonText, s *symbol) {
	j.open('{')
	j.textMember("name", s.name)
	j.numberMember("score", s.score)
	j.numberMember("metric_score", s.metricScore)
	j.someText("description", s.description)
	j.someList("options", s.options)
	j.shut('}')
}

func writeGroup(j *jsonText, score *float64) {
	j.open('{')
	j.numberMember("score", *score)
	j.shut('}')
}

// encode writes rspamd's milter block.
func (c *headerChanges) encode(j *jsonText) {
	j.open('{')
	if len(c.add) > 0 {
		j.name("add_headers")
		members(j, c.add, writeAdded)
	}
	if len(c.remove) > 0 {
		j.name("remove_headers")
		members(j, c.remove, writeRemoved)
	}
	j.shut('}')
}

// writeAdded writes one field to add, or a list of several of one name.
func writeAdded(j *jsonText, list *[]addedHeader) {
	if len(*list) > 1 {
		j.open('[')
		defer j.shut(']')
	}
	for _, h := range *list {
		j.open('{')
		j.textMember("value", h.value)
		j.numberMember("order", float64(h.order))
		j.shut('}')
	}
}

// writeRemoved writes 0, or the numbers of the fields to be removed.
func writeRemoved(j *jsonText, r *removal) {
	if r.all {
		j.number(0)
		return
	}
	j.open('[')
	for _, n := range r.indexes {
		j.number(float64(n))
	}
	j.shut(']')
}

// encode writes what is Postern's own.
func (x *extra) encode(j *jsonText) {
	j.open('{')
	j.textMember("case", x.caseID)
	j.someText("profile", x.profile)
	j.someText("reason", x.reason)
	j.someText("forced", x.forced)
	j.textMember("stage", x.stage)
	j.someText("reply", x.reply)
	j.someText("observed_action", x.wouldBe)
	j.someList("observed_symbols", x.observed)
	j.boolMember("incomplete", x.incomplete)
	if len(x.failed) > 0 {
		j.name("failed")
		members(j, x.failed, writeText)
	}
	if len(x.recipients) > 0 {
		j.name("recipients")
		j.open('[')
		for i := range x.recipients {
			x.recipients[i].encode(j)
		}
		j.shut(']')
	}
	j.shut('}')
}

// encode writes one group of recipients' verdict.
func (v *recipientVerdict) encode(j *jsonText) {
	j.open('{')
	j.name("recipients")
	j.list(v.recipients)
	j.someText("profile", v.profile)
	j.textMember("action", v.action.String())
	j.numberMember("score", v.score)
	j.numberMember("required_score", v.required)
	j.someText("reply", v.reply)
	j.someText("reason", v.reason)
	j.shut('}')
}
