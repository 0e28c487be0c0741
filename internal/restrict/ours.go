package restrict

import (
	"postern/internal/addr"
	"postern/internal/verdict"
)

// ours evaluates the restrictions that Postfix does not have.
func (v *eval) ours(it *item) result {
	switch it.op {
	case opGreylist:
		return v.greylist()
	case opCheckSPF:
		if r, ok := v.spf(); ok {
			v.key = r.Result
			v.found(verdict.Reply{}, false)
			v.prepend(r.Header)
		}
	case opSPFFail:
		return v.spfFail()
	case opScore:
		symbol := it.symbol
		if v.nested() {
			v.key = symbol + " " + v.key
			symbol = SymbolScored
		}
		v.foundWeighted(symbol, it.weight, verdict.Reply{}, false)
	case opTag:
		if len(v.d.Effects.Tags) < maxEffects {
			v.d.Effects.Tags = append(v.d.Effects.Tags, it.spec)
		}
		symbol := it.symbol
		if v.nested() {
			v.key, symbol = it.spec, SymbolTagged
		}
		v.foundWeighted(symbol, 1, verdict.Reply{}, false)
	}
	return dunno
}

// nested tells whether the value of a table or the answer of a policy service
// is being evaluated, whose names are not known beforehand.
func (v *eval) nested() bool { return v.obeying > 0 }

// prepend adds a header field from a restriction.
func (v *eval) prepend(field string) {
	if isHeader(field) && !v.scoring && v.stage != EndOfData && len(v.d.Effects.Prepend) < maxEffects {
		v.d.Effects.Prepend = append(v.d.Effects.Prepend, field)
	}
}

// greylist asks the client to come back later where the recipient's mail is
// not known yet.
func (v *eval) greylist() result {
	if v.e.needs.Greylist == nil || v.rcpt == nil || v.sender == nil || v.scoring {
		return dunno
	}
	g, err := v.e.needs.Greylist.Greylist(v.ctx, v.s, *v.rcpt)
	if err != nil {
		v.d.note("warning", "greylisting: %v", err)
		v.unknown("greylisting: %v", err)
		return dunno
	}
	if g.Pass {
		v.prepend(g.Header)
		return dunno
	}
	text := orElse(g.Text, "Greylisted, please try again later")
	if dsnLength(text) == 0 {
		text = "4.2.0 " + text
	}
	return v.obey(orElse(g.Action, "DEFER_IF_PERMIT")+" "+text, v.rcptText(), classRecipient, "greylisting")
}

// spf checks the sender; ok is false where it cannot be checked here.
func (v *eval) spf() (r SPFResult, ok bool) {
	if v.e.needs.SPF == nil || v.s.HELO == "" && !v.s.HasSender {
		return r, false
	}
	return v.e.needs.SPF.SPF(v.ctx, v.s), true
}

// spfFail refuses senders that SPF says are forged (RFC 7208 section 8.4,
// RFC 7372 section 3.2).
func (v *eval) spfFail() result {
	r, ok := v.spf()
	if !ok {
		return dunno
	}
	v.key = r.Result
	name, class := v.senderText(), classSender
	if v.sender == nil || v.sender.IsZero() {
		name, class = v.s.HELO, classHelo
	}
	switch r.Result {
	case "fail":
		return v.refuse(policyFault, v.e.opt.Codes.SPFFail, "5.7.23", "<%s>: %s rejected: SPF validation failed%s", name, class, after(": ", r.Text))
	case "temperror":
		return v.temporary(451, "4.7.24", "<%s>: %s rejected: SPF validation error%s", name, class, after(": ", r.Text))
	}
	return dunno
}

// after gives a text behind a separator, or nothing.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// maxWhy bounds the bytes of another server's words in a reply.
const maxWhy = 250

// unverified refuses addresses that their own mail server refuses.
func (v *eval) unverified(a addr.Address, text, class string) result {
	if v.e.needs.Verifier == nil {
		v.unknown("no address verification is configured")
		return dunno
	}
	codes, addresses := &v.e.opt.Codes, &v.e.opt.Addresses
	rejectCode, deferCode, dsn, why := codes.UnverifiedSender, codes.UnverifiedSenderDefer, "4.1.7", addresses.UnverifiedSenderRejectReason
	if class == classRecipient {
		rejectCode, deferCode, dsn, why = codes.UnverifiedRecipient, codes.UnverifiedRecipientDefer, "4.1.1", addresses.UnverifiedRecipientRejectReason
	}
	known := v.e.needs.Verifier.Verify(v.ctx, v.s, v.e.addresses.qualify(a), class == classSender)
	why = orElse(why, orElse(clipTo(known.Why, maxWhy), "Address verification in progress"))
	v.key = a.Domain
	code := deferCode
	switch known.Status {
	case VerifyOK:
		return dunno
	case VerifyFailed:
		return v.temporary(450, dsn, "<%s>: %s rejected: address verification problem", text, class)
	case VerifyBounced:
		if code = rejectCode; code >= 500 {
			return v.refuse(policyFault, code, dsn, "<%s>: %s rejected: undeliverable address: %s", text, class, why)
		}
	}
	if code < 300 {
		return dunno
	}
	return v.temporary(code, dsn, "<%s>: %s rejected: unverified address: %s", text, class, why)
}

// clipTo cuts a text to n bytes.
func clipTo(s string, n int) string { return s[:min(len(s), n)] }
