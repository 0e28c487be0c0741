package restrict

import (
	"fmt"
	"strings"

	"postern/internal/verdict"
)

// maxReply bounds the bytes of a reply line (RFC 5321 section 4.5.3.1.5,
// without CRLF).
const maxReply = 510

// fault is the kind of reason for a refusal.
type fault uint8

const (
	// policyFault is the mail's; warn_if_reject turns it into a warning.
	policyFault fault = iota
	// protocolFault is the client's; it is treated alike.
	protocolFault
	// ownFault is ours: it is never turned into a warning.
	ownFault
)

func faultOf(own bool) fault {
	if own {
		return ownFault
	}
	return policyFault
}

// refuse makes a reply and gives reject, or dunno where it only counts as a
// warning. The arguments are code, enhanced code and text.
func (v *eval) refuse(kind fault, code int, dsn, format string, args ...any) result {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	warn := v.scoring || v.warn && kind != ownFault
	if !warn && code >= 500 && v.ifReject.active {
		w := v.ifReject
		v.ifReject = deferral{}
		return v.refuse(faultOf(w.fault), w.code, w.dsn, "%s", w.text)
	}
	reply := makeReply(code, dsn, text, v.e.opt.SoftBounce)
	v.found(reply, warn)
	if !v.scoring {
		what := "reject"
		if warn {
			what = "reject_warning"
		}
		v.logReply(what, reply.String())
	}
	if warn {
		return dunno
	}
	v.d.Reply = reply
	return reject
}

// makeReply corrects a reply as Postfix does before it gives it.
func makeReply(code int, dsn, text string, soft bool) verdict.Reply {
	if code < 400 || code > 599 || !validDSN(dsn) {
		code, dsn, text = 450, "4.7.1", "Service unavailable"
	}
	text = printable(text)
	if most := maxReply - len("550 ") - len(dsn) - 1; len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	if soft && code >= 500 {
		code -= 100
	}
	return verdict.Reply{Code: code, Enhanced: string(byte('0'+code/100)) + dsn[1:], Text: text}
}

// found makes a finding of the present restriction.
func (v *eval) found(reply verdict.Reply, warned bool) {
	v.foundWeighted(v.symbol, 1, reply, warned)
}

func (v *eval) foundWeighted(symbol string, weight float64, reply verdict.Reply, warned bool) {
	if v.silent || symbol == "" {
		return
	}
	v.d.Findings = append(v.d.Findings, Finding{
		Symbol: symbol, Weight: weight, List: listNames[v.kind], Item: v.index, Key: v.key, Reply: reply, Warned: warned,
	})
}

// logReply writes the line that Postfix logs for a refusal.
func (v *eval) logReply(what, text string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s: %s;", v.stage.where(v.s), v.namaddr(), text)
	if v.sender != nil {
		fmt.Fprintf(&b, " from=<%s>", v.senderText())
	}
	if v.rcpt != nil {
		fmt.Fprintf(&b, " to=<%s>", v.rcptText())
	}
	if v.s.Protocol != "" {
		fmt.Fprintf(&b, " proto=%s", v.s.Protocol)
	}
	if v.s.HELO != "" {
		fmt.Fprintf(&b, " helo=<%s>", printable(v.s.HELO))
	}
	v.d.Notes = append(v.d.Notes, Note{Kind: what, Text: b.String()})
}

// deferIfPermit puts a refusal off until a list permits; a refusal at once
// where postpone is false or it only counts as a warning.
func (v *eval) deferIfPermit(postpone bool, code int, dsn, format string, args ...any) result {
	if v.warn || v.scoring || !postpone {
		return v.refuse(policyFault, code, dsn, format, args...)
	}
	v.putOff(&v.ifPermit, code, dsn, format, args...)
	return dunno
}

// deferIfReject puts a refusal off until a list rejects for good.
func (v *eval) deferIfReject(code int, dsn, format string, args ...any) result {
	if v.scoring {
		return dunno
	}
	v.putOff(&v.ifReject, code, dsn, format, args...)
	return dunno
}

// putOff keeps the first reason.
func (v *eval) putOff(w *deferral, code int, dsn, format string, args ...any) {
	if w.active {
		return
	}
	*w = deferral{active: true, code: code, dsn: dsn, text: fmt.Sprintf(format, args...)}
	v.found(makeReply(code, dsn, w.text, false), true)
}

// temporary says that DNS or another server did not answer for now, as
// reject_tempfail_action wants it.
func (v *eval) temporary(code int, dsn, format string, args ...any) result {
	switch v.e.opt.TempfailAction {
	case "pass":
		v.unknown("no answer for now, else: %s", fmt.Sprintf(format, args...))
		return dunno
	case "defer":
		return v.deferIfPermit(false, code, dsn, format, args...)
	}
	return v.deferIfPermit(true, code, dsn, format, args...)
}

// serverError says that the configuration makes no sense at this point.
func (v *eval) serverError(format string, args ...any) result {
	why := fmt.Sprintf(format, args...)
	v.d.note("warning", "%s", why)
	return v.failed(ownFault, why, 451, "4.3.5", "Server configuration error")
}

// lookupFailed says that something about an address could not be looked up.
func (v *eval) lookupFailed(name string, err error) result {
	v.d.note("warning", "%v", err)
	return v.failed(ownFault, err.Error(), 451, "4.3.0", "<%s>: Temporary lookup failure", name)
}

// failed refuses for now for a fault of ours, or passes it over where
// on_failure says so.
func (v *eval) failed(kind fault, why string, code int, dsn, format string, args ...any) result {
	if v.e.opt.OnFailure == "pass" || v.scoring {
		v.unknown("%s", why)
		return dunno
	}
	return v.refuse(kind, code, dsn, format, args...)
}

// unknown notes that the present restriction could not find something out.
func (v *eval) unknown(format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	v.d.unknown("%s[%d]: %s", listNames[v.kind], v.index, why)
	was := v.key
	v.key = why
	v.foundWeighted(SymbolUnknown, 1, verdict.Reply{}, true)
	v.key = was
}

// validDSN tells whether s is an enhanced status code (RFC 3463). Its class is
// brought in line with the reply code.
func validDSN(s string) bool { return s != "" && dsnLength(s) == len(s) }

// dsnLength gives the length of the enhanced status code at the beginning of
// s, 0 for none.
func dsnLength(s string) int {
	if s == "" || s[0] != '2' && s[0] != '4' && s[0] != '5' {
		return 0
	}
	pos := 1
	for range 2 {
		if pos >= len(s) || s[pos] != '.' {
			return 0
		}
		start := pos + 1
		for pos = start; pos < len(s) && '0' <= s[pos] && s[pos] <= '9'; pos++ {
		}
		if pos == start || pos-start > 3 {
			return 0
		}
	}
	if pos < len(s) && s[pos] != ' ' && s[pos] != '\t' {
		return 0
	}
	return pos
}

// splitDSN takes the enhanced status code off the beginning of a text.
func splitDSN(text, standard string) (dsn, rest string) {
	if n := dsnLength(text); n > 0 {
		return text[:n], strings.TrimLeft(text[n:], " \t")
	}
	return standard, text
}

// The address details of RFC 3463 section 3.2 as they must be to fit a sender
// or recipient; a detail beyond the list becomes 0.
var (
	senderDetails    = map[string]string{"1": "7", "2": "8", "3": "7", "4": "7", "6": "7", "7": "7", "8": "8"}
	recipientDetails = map[string]string{"1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "3", "8": "2"}
)

// fixDSN corrects an x.1.N code so that it fits what is refused.
func fixDSN(dsn, class string) string {
	detail, address := strings.CutPrefix(dsn[1:], ".1.")
	if !address {
		return dsn
	}
	switch class {
	case classSender:
		return dsn[:1] + ".1." + zeroIfNone(senderDetails[detail])
	case classRecipient:
		return dsn[:1] + ".1." + zeroIfNone(recipientDetails[detail])
	}
	return dsn[:1] + ".0.0"
}

func zeroIfNone(s string) string {
	if s == "" {
		return "0"
	}
	return s
}
