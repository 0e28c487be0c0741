package spf

import "strings"

// maxHeaderValue bounds each value in the header, so that with what escaping
// adds a line stays below 998 octets (RFC 5322 section 2.1.1).
const maxHeaderValue = 320

// ReceivedSPF gives the value of the header Received-SPF for a result (RFC
// 7208 section 9.1), folded with line feeds and tabs.
func (c *Checker) ReceivedSPF(r Request, result Result) string {
	receiver := c.options.Hostname
	if receiver == "" {
		receiver = "unknown"
	}
	var b strings.Builder
	b.WriteString(result.Code.String())
	b.WriteString(" (" + commentText(receiver+": "+sentence(r, &result)) + ")")
	separator := "\n\t"
	pair := func(key, value string) {
		b.WriteString(separator + key + "=" + quoteValue(value))
		separator = ";\n\t"
	}
	pair("client-ip", ipText(r))
	pair("envelope-from", senderText(r, &result))
	pair("helo", macroDomain(r.HELO))
	pair("receiver", receiver)
	pair("identity", result.Identity.String())
	switch {
	case result.Code == TempError || result.Code == PermError:
		pair("problem", result.Reason)
	case result.Mechanism != "":
		pair("mechanism", result.Mechanism)
	case result.Code == Neutral:
		pair("mechanism", "default")
	}
	return b.String()
}

// ipText gives the client's address.
func ipText(r Request) string {
	if !r.IP.IsValid() {
		return "unknown"
	}
	return r.IP.Unmap().WithZone("").String()
}

// senderText gives the sender that was checked.
func senderText(r Request, result *Result) string {
	if result.Identity == HELO && r.Sender.IsZero() {
		return "postmaster@" + macroDomain(r.HELO)
	}
	return r.Sender.Local + "@" + macroDomain(r.Sender.Domain)
}

// sentence says the result for people.
func sentence(r Request, result *Result) string {
	domain, ip := "domain of "+senderText(r, result), ipText(r)
	if result.Identity == HELO || result.Code == None ||
		result.Code == TempError || result.Code == PermError {
		domain = result.Domain
	}
	domain = clipTo(domain, maxHeaderValue)
	switch result.Code {
	case Pass:
		return domain + " designates " + ip + " as permitted sender"
	case Fail:
		return domain + " does not designate " + ip + " as permitted sender"
	case SoftFail:
		return domain + " probably does not designate " + ip + " as permitted sender"
	case Neutral:
		return ip + " is neither permitted nor denied by " + domain
	case TempError:
		return "the record of " + domain + " could not be looked up for now"
	case PermError:
		return "the record of " + domain + " cannot be understood"
	}
	if result.Guess == Pass {
		return domain + " has no record, best guess is pass"
	}
	return domain + " has no record"
}

// commentText makes a text fit for a comment.
func commentText(s string) string {
	return strings.NewReplacer("(", `\(`, ")", `\)`, `\`, `\\`).Replace(printable(clipTo(s, maxHeaderValue+130)))
}

// quoteValue writes a value as a dot-atom where it is one, else as a quoted
// string (RFC 5322 sections 3.2.3 and 3.2.4).
func quoteValue(s string) string {
	s = printable(clipTo(s, maxHeaderValue))
	if isDotAtom(s) {
		return s
	}
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s) + `"`
}

// isDotAtom tells whether s is a dot-atom.
func isDotAtom(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		if !isAlpha(s[i]) && !isDigit(s[i]) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", s[i]) < 0 {
			return false
		}
	}
	return true
}
