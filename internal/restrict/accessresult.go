package restrict

import (
	"fmt"
	"strconv"
	"strings"

	"postern/internal/verdict"
)

// maxValue bounds the bytes of a table's value or policy service's answer
// that are understood.
const maxValue = 8192

// obey does what the value of an access table or the answer of a policy
// service says (access(5)). The name and class are for the reply; source is
// the table or service.
func (v *eval) obey(value, name, class, source string) result {
	value = strings.Trim(value, " \t\r\n")
	if len(value) > maxValue {
		return v.serverError("%s: value of %d bytes is too long", source, len(value))
	}
	command, text := cutWord(value)
	if r, done := v.obeyRefusal(command, text, name, class); done {
		return r
	}
	if r, done := v.obeyEffect(command, text, name, class, source); done {
		return r
	}
	switch {
	case strings.EqualFold(command, "DUNNO"):
		return dunno
	case strings.EqualFold(command, "OK"), strings.EqualFold(command, "RELAY"), allDigits(value):
		return permit
	case len(command) == 3 && (command[0] == '4' || command[0] == '5') && allDigits(command):
		return v.obeyCode(command, text, name, class)
	}
	return v.obeyList(value, source)
}

// cutWord splits a value at its first blank.
func cutWord(value string) (word, rest string) {
	if i := strings.IndexAny(value, " \t"); i >= 0 {
		return value[:i], strings.TrimLeft(value[i:], " \t")
	}
	return value, ""
}

// refusals are the actions that refuse, or may, with their enhanced code and
// text.
var refusals = map[string]struct{ dsn, text string }{
	"REJECT":          {"5.7.1", "Access denied"},
	"DEFER":           {"4.7.1", "Access denied"},
	"DEFER_IF_PERMIT": {"4.7.1", "Service unavailable"},
	"DEFER_IF_REJECT": {"4.7.1", "Service unavailable"},
}

// obeyRefusal does the actions that refuse.
func (v *eval) obeyRefusal(command, text, name, class string) (r result, done bool) {
	command = strings.ToUpper(command)
	standard, ok := refusals[command]
	if !ok {
		return dunno, false
	}
	dsn, text := splitDSN(text, standard.dsn)
	dsn = fixDSN(dsn, class)
	if text == "" {
		text = standard.text
	}
	const format = "<%s>: %s rejected: %s"
	codes := &v.e.opt.Codes
	switch command {
	case "REJECT":
		return v.refuse(policyFault, codes.AccessMapReject, dsn, format, name, class, text), true
	case "DEFER":
		return v.refuse(policyFault, codes.AccessMapDefer, dsn, format, name, class, text), true
	case "DEFER_IF_PERMIT":
		return v.deferIfPermit(true, codes.AccessMapDefer, dsn, format, name, class, text), true
	}
	return v.deferIfReject(codes.AccessMapDefer, dsn, format, name, class, text), true
}

// obeyCode does a value that begins with a reply code.
func (v *eval) obeyCode(command, text, name, class string) result {
	code, err := strconv.Atoi(command)
	if err != nil {
		return dunno
	}
	standard := "5.7.1"
	if code < 500 {
		standard = "4.7.1"
	}
	dsn, text := splitDSN(text, standard)
	if text == "" {
		text = "Access denied"
	}
	return v.refuse(policyFault, code, fixDSN(dsn, class), "<%s>: %s rejected: %s", name, class, text)
}

// obeyEffect does the actions that do something to the message.
func (v *eval) obeyEffect(command, text, name, class, source string) (r result, done bool) {
	command = strings.ToUpper(command)
	switch command {
	case "INFO", "WARN":
		v.logReply(strings.ToLower(command), text)
		return dunno, true
	case "HANGUP":
		if v.scoring {
			return dunno, true
		}
		// 421 closes the connection where a door cannot (RFC 5321 section 3.8).
		v.d.Hangup = true
		return v.refuse(ownFault, 421, "4.7.0", "<%s>: %s rejected: Service unavailable", name, class), true
	case "FILTER", "HOLD", "DISCARD", "REDIRECT", "BCC", "PREPEND":
	default:
		return dunno, false
	}
	if command == "FILTER" {
		v.refuseFilter(text)
		return dunno, true
	}
	if why := v.effectRefused(command, text); why != "" {
		v.d.note("warning", "%s: action %s %s", source, command, why)
		return dunno, true
	}
	if v.warn || v.scoring {
		return dunno, true
	}
	return v.effect(command, text, name, class), true
}

// effectRefused says why an action cannot be done here; "" when it can.
func (v *eval) effectRefused(command, text string) string {
	switch {
	case v.sender == nil:
		return "needs a mail transaction, use it where the sender is known"
	case (command == "REDIRECT" || command == "BCC") && !strings.Contains(text, "@"):
		return "lacks an address"
	case command == "PREPEND" && v.stage == EndOfData:
		return "comes too late, use it before the end of data"
	case command == "PREPEND" && !isHeader(text):
		return "lacks a header field such as \"X-Note: text\""
	}
	return ""
}

// effect does an action on the message.
func (v *eval) effect(command, text, name, class string) result {
	e := &v.d.Effects
	switch command {
	case "HOLD":
		if text == "" {
			text = "triggers HOLD action"
		}
		e.Hold = printable(fmt.Sprintf("<%s>: %s %s", name, class, text))
	case "DISCARD":
		v.st.discard = true
	case "REDIRECT":
		e.Redirect = text
	case "BCC":
		if len(e.Bcc) < maxEffects {
			e.Bcc = append(e.Bcc, text)
		}
	case "PREPEND":
		if len(e.Prepend) < maxEffects {
			e.Prepend = append(e.Prepend, text)
		}
	}
	if text == "" {
		text = "triggers " + command + " action"
	}
	v.logReply(strings.ToLower(command), fmt.Sprintf("<%s>: %s %s", name, class, text))
	if command == "DISCARD" {
		return permit
	}
	return dunno
}

// maxEffects bounds the header fields, recipients and tags of one stage.
const maxEffects = 100

// refuseFilter tells why FILTER is not done.
func (v *eval) refuseFilter(text string) {
	v.d.note("filter", "FILTER %s is not done: only the mail server can send mail elsewhere; set content_filter or FILTER there", text)
	was := v.symbol
	v.symbol = SymbolFilter
	v.found(verdict.Reply{}, true)
	v.symbol = was
}

// isHeader tells whether a text is a header field (RFC 5322 section 2.2).
func isHeader(text string) bool {
	name, _, ok := strings.Cut(text, ":")
	if !ok || name == "" {
		return false
	}
	for i := 0; i < len(name); i++ {
		if name[i] <= ' ' || name[i] >= 0x7f {
			return false
		}
	}
	return !strings.ContainsAny(text, "\r\n\x00")
}

// obeyList evaluates a value that is a list of restrictions.
func (v *eval) obeyList(value, source string) result {
	if value == "" {
		v.d.note("warning", "%s: empty value, taken as OK", source)
		return permit
	}
	p := parser{classes: v.e.lists.classes}
	l, err := p.parse("value of "+source, []string{value})
	if err != nil {
		return v.serverError("%v", err)
	}
	symbol, key := v.symbol, v.key
	v.obeying++
	r := v.list(l)
	v.obeying--
	v.symbol, v.key = symbol, key
	return r
}
