package milter

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"postern/internal/message"
	"postern/internal/verdict"
)

// endOfBody: the message is complete. The engine decides, and the mail server
// is told what to change before it gets the answer.
func (d *dialogue) endOfBody(ctx context.Context, data []byte) (answer, error) {
	if !d.inMessage {
		return answer{}, errNoMessage
	}
	if len(data) > 0 {
		// QUIRK: the protocol allows a last chunk here; no known mail server
		// sends one.
		d.content.last(data)
	}
	d.server.stats.messages.Add(1)
	defer d.endMessage()
	if d.pending.code != 0 {
		return d.pending, nil
	}
	v := d.judge(ctx)
	if v == nil {
		d.log.Error("the engine gave no verdict", "queue_id", d.sess.QueueID)
		return answer{code: answerTempfail}, nil
	}
	return d.carryOut(v), nil
}

// judge asks the engine, and keeps the mail server patient meanwhile.
func (d *dialogue) judge(ctx context.Context) *verdict.Verdict {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.learnMacros()
	d.sess.Truncated = d.content.truncated
	if d.sess.Truncated {
		d.log.Warn("message is larger than max_size: its end was not examined",
			"queue_id", d.sess.QueueID, "max_size", d.server.options.MaxSize.String())
	}
	beat := startHeartbeat(d.stream, d.server.options, cancel)
	defer beat.stop()
	outcome := d.transaction().Message(ctx, message.Parse(d.content.take(), d.server.limits))
	if len(outcome.Verdicts) == 0 {
		return nil
	}
	return outcome.Verdict()
}

// carryOut turns the verdict on a whole message into changes and an answer.
func (d *dialogue) carryOut(v *verdict.Verdict) answer {
	switch v.Action {
	case verdict.Reject:
		return refuse(v.Reply, rejectReply)
	case verdict.SoftReject:
		return refuse(v.Reply, deferReply)
	case verdict.Greylist:
		if !v.Reply.IsZero() {
			return refuse(v.Reply, deferReply)
		}
	case verdict.Discard:
		return answer{code: answerDiscard}
	case verdict.Quarantine:
		d.hold = holdReason(v)
	}
	if len(d.unwanted) > 0 && len(d.sess.Recipients) == 0 {
		return answer{code: answerDiscard}
	}
	d.changeHeaders(v)
	for _, r := range d.unwanted {
		d.deleteRecipient(r)
	}
	d.change(v)
	if d.hold != "" && !d.quarantine(d.hold) {
		d.log.Warn("cannot hold a message: the mail server does not offer it; accepted instead",
			"case", v.CaseID, "queue_id", d.sess.QueueID)
	}
	return answer{code: answerContinue}
}

// changeHeaders has the verdict's header changes made, and the subject's.
func (d *dialogue) changeHeaders(v *verdict.Verdict) {
	left := 0
	for _, h := range v.Headers {
		if !d.changeHeader(h) {
			left++
		}
	}
	if v.Action == verdict.RewriteSubject && v.Subject != "" && !changesSubject(v) {
		if !d.changeHeader(verdict.HeaderChange{Op: verdict.ChangeHeaderField, Name: "Subject", Index: 1, Value: v.Subject}) {
			left++
		}
	}
	if left > 0 {
		d.log.Warn("cannot change all headers: the mail server does not offer it",
			"case", v.CaseID, "queue_id", d.sess.QueueID, "changes_left_out", left)
	}
}

// changesSubject tells whether the header changes see to the subject already.
func changesSubject(v *verdict.Verdict) bool {
	return slices.ContainsFunc(v.Headers, func(h verdict.HeaderChange) bool { return strings.EqualFold(h.Name, "Subject") })
}

// changeHeader has one header field added, changed or removed. It returns
// false where the mail server does not let us.
func (d *dialogue) changeHeader(h verdict.HeaderChange) bool {
	needed := uint32(actAddHeaders)
	if h.Op == verdict.ChangeHeaderField || h.Op == verdict.RemoveHeaderField {
		needed = actChangeHeaders
	}
	if !d.agreed.may(needed) {
		return false
	}
	name, value := cString(headerName(h.Name)), cString(d.headerValue(h.Value))
	switch h.Op {
	case verdict.AddHeaderField:
		d.stream.write(answerAddHeader, name, value)
	case verdict.InsertHeaderField:
		d.stream.write(answerInsertHeader, number(h.Index), name, value)
	case verdict.ChangeHeaderField:
		d.stream.write(answerChangeHeader, number(max(h.Index, 1)), name, value)
	case verdict.RemoveHeaderField:
		d.stream.write(answerChangeHeader, number(max(h.Index, 1)), name, []byte{0})
	}
	return true
}

// headerValue makes a value fit to be sent: no NUL, lines ending in LF, and
// the blank after the colon where the mail server leaves it to us.
func (d *dialogue) headerValue(v string) string {
	if strings.ContainsAny(v, "\r\x00") {
		v = strings.NewReplacer("\r\n", "\n", "\r", " ", "\x00", "").Replace(v)
	}
	if d.agreed.protocol&leadingSpace != 0 {
		v = " " + v
	}
	return v
}

// headerName keeps what may stand in a field name (RFC 5322 section 2.2).
func headerName(n string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' || c == ':' {
			return -1
		}
		return c
	}, n)
}

// quarantine has the message held. It returns false where the mail server
// does not let us.
func (d *dialogue) quarantine(reason string) bool {
	if !d.agreed.may(actQuarantine) {
		return false
	}
	d.stream.write(answerQuarantine, cString(oneLine(reason)))
	return true
}

// changeSender has the envelope sender replaced; args are ESMTP parameters, or
// "". It returns false where the mail server does not let us.
func (d *dialogue) changeSender(address, args string) bool {
	if !d.agreed.may(actChangeFrom) {
		return false
	}
	pieces := [][]byte{cString(angled(address))}
	if args != "" {
		pieces = append(pieces, cString(args))
	}
	d.stream.write(answerChangeFrom, pieces...)
	return true
}

// addRecipient has an envelope recipient added; args are ESMTP parameters, or
// "". It returns false where the mail server does not let us.
func (d *dialogue) addRecipient(address, args string) bool {
	if args != "" && d.agreed.may(actAddRcptArgs) {
		d.stream.write(answerAddRcptArgs, cString(angled(address)), cString(args))
		return true
	}
	if !d.agreed.may(actAddRcpt) {
		return false
	}
	d.stream.write(answerAddRcpt, cString(angled(address)))
	return true
}

// deleteRecipient has an envelope recipient removed, named as it was given at
// RCPT. It returns false where the mail server does not let us.
func (d *dialogue) deleteRecipient(address string) bool {
	if !d.agreed.may(actDeleteRcpt) {
		return false
	}
	d.stream.write(answerDeleteRcpt, cString(angled(address)))
	return true
}

// say writes a final answer.
func (d *dialogue) say(a answer) {
	if a.code == answerReplyCode {
		d.stream.write(a.code, cString(a.text))
		return
	}
	d.stream.write(a.code)
}

// angled puts an address in angle brackets unless it stands in them.
func angled(address string) string {
	if strings.HasPrefix(address, "<") {
		return address
	}
	return "<" + address + ">"
}

// oneLine makes a text fit for the mail server's log: one line, bounded.
func oneLine(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s)
	return s[:min(len(s), maxReplyLine)]
}

// cString gives a string with the NUL that ends it.
func cString(s string) []byte {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return b
}

// number gives an index as the protocol writes it.
func number(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(max(n, 0))) }
