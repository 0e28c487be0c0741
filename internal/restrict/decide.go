package restrict

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Decide evaluates the lists of one stage. At Rcpt and Vrfy the recipient is
// the one in question; at other stages it is nil. The state is that of the
// connection; a door that does not see connections gives a new one each time.
func (e *Engine) Decide(ctx context.Context, st *State, s *session.Session, stage Stage, rcpt *session.Recipient) Decision {
	var d Decision
	v := eval{e: e, ctx: ctx, s: s, st: st, d: &d, stage: stage}
	defer v.stopAhead()
	if s.HasSender {
		v.sender = &s.Sender
	}
	if rcpt != nil {
		v.rcpt = &rcpt.Address
	}
	if v.stageResult() != reject {
		d.Reply = verdict.Reply{}
	}
	switch {
	case d.Reply.Code >= 500:
		d.Action = Reject
	case d.Reply.Code >= 400:
		d.Action = Defer
	case st.discard:
		d.Action = Discard
	}
	return d
}

// stageResult evaluates the lists of the stage.
func (v *eval) stageResult() result {
	delayed := v.e.opt.DelayReject
	switch v.stage {
	case Connect:
		if !delayed {
			return v.client()
		}
	case Helo:
		if !delayed {
			return v.helo()
		}
	case Mail:
		if v.heloMissing() {
			return v.refuse(policyFault, 503, "5.5.1", "Error: send HELO/EHLO first")
		}
		if !delayed {
			return v.mail()
		}
	case Rcpt, Vrfy:
		return v.recipient()
	case Data:
		return v.data(listData)
	case EndOfData:
		return v.data(listEndOfData)
	}
	return dunno
}

// heloMissing tells whether HELO is required and was not said.
func (v *eval) heloMissing() bool {
	if !v.e.opt.HeloRequired || v.s.HELO != "" {
		return false
	}
	v.symbol, v.key = symbolHelo, ""
	return true
}

func (v *eval) client() result {
	v.ifPermit = deferral{}
	r := v.run(listClient)
	v.st.ifPermit[listClient] = v.ifPermit
	return r
}

func (v *eval) helo() result {
	if v.s.HELO == "" {
		v.st.ifPermit[listHelo] = v.st.ifPermit[listClient]
		return dunno
	}
	v.ifPermit = v.st.ifPermit[listClient]
	r := v.run(listHelo)
	v.st.ifPermit[listHelo] = v.ifPermit
	return r
}

func (v *eval) mail() result {
	v.ifPermit = v.st.ifPermit[listClient]
	if !v.ifPermit.active {
		v.ifPermit = v.st.ifPermit[listHelo]
	}
	if v.sender == nil {
		v.st.ifPermit[listSender] = v.ifPermit
		return dunno
	}
	r := v.run(listSender)
	v.st.ifPermit[listSender] = v.ifPermit
	if r != reject && v.e.opt.RejectUnlistedSender && !v.st.senderKnown && !v.st.discard && !v.sender.IsZero() {
		v.begin("reject_unlisted_sender")
		return v.unlistedSender()
	}
	return r
}

// recipient evaluates all lists that have a say about one recipient.
func (v *eval) recipient() result {
	if v.rcpt == nil || v.rcpt.Domain == "" && strings.EqualFold(v.rcpt.Local, "postmaster") {
		return dunno // RFC 5321 section 4.5.1: postmaster is always reached
	}
	if v.heloMissing() { // a door may not have asked at MAIL
		return v.refuse(policyFault, 503, "5.5.1", "Error: send HELO/EHLO first")
	}
	if v.e.opt.DelayReject {
		if v.client() == reject || v.helo() == reject || v.mail() == reject {
			return reject
		}
	}
	v.score()
	v.ifPermit, v.ifReject = v.st.ifPermit[listSender], deferral{}
	v.keepIfReject = true
	first, second := listRelay, listRecipient
	if !v.e.opt.RelayBeforeRecipient {
		first, second = second, first
	}
	if v.run(first) == reject || v.run(second) == reject || v.deferredPermit() == reject {
		return reject
	}
	if v.e.opt.RejectUnlistedRecipient && !v.rcptKnown && !v.st.discard {
		v.begin("reject_unlisted_recipient")
		return v.unlistedRecipient()
	}
	return dunno
}

// data evaluates the list of a stage at which the recipient is only known
// where there is just one.
func (v *eval) data(kind listKind) result {
	if v.s.RecipientTotal() == 1 && len(v.s.Recipients) == 1 {
		v.rcpt = &v.s.Recipients[0].Address
	} else {
		v.rcpt = nil
	}
	v.ifPermit = deferral{}
	if v.run(kind) == reject {
		return reject
	}
	return v.deferredPermit()
}

// deferredPermit turns acceptance into the deferral that waited for it.
func (v *eval) deferredPermit() result {
	w := v.ifPermit
	if !w.active {
		return dunno
	}
	v.silent = true // its finding was made when it was put off
	defer func() { v.silent = false }()
	return v.refuse(faultOf(w.fault), w.code, w.dsn, "%s", w.text)
}

// score looks at every restriction of the score list for its symbol only.
func (v *eval) score() {
	if len(v.e.lists.lists[listScore].items) == 0 {
		return
	}
	permit, rej := v.ifPermit, v.ifReject
	v.scoring, v.warn = true, true
	v.run(listScore)
	v.scoring, v.warn = false, false
	v.ifPermit, v.ifReject = permit, rej
}

// senderText gives the sender as replies show it, "" for the null sender.
func (v *eval) senderText() string {
	if v.sender == nil {
		return ""
	}
	if v.senderString == "" && !v.sender.IsZero() {
		v.senderString = v.sender.String()
	}
	return v.senderString
}

// rcptText gives the recipient as replies show it.
func (v *eval) rcptText() string {
	if v.rcpt == nil {
		return ""
	}
	if v.rcptString == "" {
		v.rcptString = v.rcpt.String()
	}
	return v.rcptString
}

// clientAddress gives the client's address in text.
func (v *eval) clientAddress() string {
	if v.ipString == "" {
		v.ipString = "unknown"
		if v.s.Client.IP.IsValid() {
			v.ipString = v.s.Client.IP.Unmap().String()
		}
	}
	return v.ipString
}

// clientName gives the client's verified name, or "unknown".
func (v *eval) clientName() string { return orUnknown(v.names().name) }

// reverseName gives the client's unverified name, or "unknown".
func (v *eval) reverseName() string { return orUnknown(v.names().reverse) }

// namaddr gives the client as log lines show it: name[address].
func (v *eval) namaddr() string {
	if v.namaddrString == "" {
		v.namaddrString = v.clientName() + "[" + v.clientAddress() + "]"
	}
	return v.namaddrString
}

func orUnknown(name string) string {
	if name == "" {
		return "unknown"
	}
	return name
}

// replyName gives what the list being evaluated is about.
func (v *eval) replyName() string {
	switch v.kind {
	case listClient:
		return v.namaddr()
	case listHelo:
		return v.s.HELO
	case listSender:
		return v.senderText()
	case listData, listEndOfData:
		return stageNames[v.stage]
	}
	return v.rcptText()
}

// replyClass gives the words for what the list is about.
func (v *eval) replyClass() string { return listClasses[v.kind] }

// bare tells whether an address lacks its domain.
func bare(a *addr.Address) bool { return a == nil || a.Domain == "" }

// BadEnvelope judges an address as it stood in MAIL FROM or RCPT TO, for doors
// that see it: with strict_rfc821_envelopes it must stand in angle brackets
// and be nothing but an address. The stage is Mail or Rcpt. The zero Reply
// means that nothing is wrong.
func (e *Engine) BadEnvelope(stage Stage, path string) verdict.Reply {
	if !e.opt.Addresses.StrictRFC821Envelopes {
		return verdict.Reply{}
	}
	path = strings.TrimSpace(path)
	_, err := addr.ParsePath(path)
	if err == nil && strings.HasPrefix(path, "<") && strings.HasSuffix(path, ">") {
		return verdict.Reply{}
	}
	if stage == Mail {
		return makeReply(501, "5.1.7", "Bad sender address syntax", e.opt.SoftBounce)
	}
	return makeReply(501, "5.1.3", "Bad recipient address syntax", e.opt.SoftBounce)
}
