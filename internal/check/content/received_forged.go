package content

import (
	"bytes"
	"context"
	"net/netip"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// ReceivedForged looks for trace fields that no mail server writes in that
// form: bulk mailers add them to feign a way the message never came.
func ReceivedForged() check.Check {
	return check.New(check.Info{
		Name: "received_forged", Stage: check.Header,
		Symbols: []verdict.Symbol{
			{Name: "R_RCVD_SPAMBOTS", Group: "headers", Score: 3, Description: "Trace field as spam bots write it: address, host and date only"},
			{Name: "FORGED_GENERIC_RECEIVED", Group: "headers", Score: 3.6, Description: "Trace field without protocol from an address to a full host name"},
			{Name: "FORGED_GENERIC_RECEIVED2", Group: "headers", Score: 3.6, Description: "Trace field with a twelve-letter id and without protocol"},
			{Name: "FORGED_GENERIC_RECEIVED3", Group: "headers", Score: 3.6, Description: "Trace field with an id of 14 letters and 13 digits by a bare address"},
			{Name: "FORGED_GENERIC_RECEIVED4", Group: "headers", Score: 3.6, Description: "Trace field from localhost with nothing but a host and a date"},
			{Name: "INVALID_POSTFIX_RECEIVED", Group: "headers", Score: 3, Description: "Trace field that feigns Postfix but lacks the time zone's name"},
			{Name: "RCVD_DOUBLE_IP_SPAM", Group: "headers", Score: 2, Description: "Trace field from a bare address by a bare address"},
			// Lowered from 6: a heuristic must not decide alone.
			{Name: "STRONGMAIL", Group: "headers", Score: 5, Description: "Trace field as a rogue copy of StrongMail writes it"},
		},
	}, receivedForged)
}

func receivedForged(_ context.Context, tx *check.Transaction, out *check.Report) error {
	received := tx.Message.Received()
	for i := range received {
		if received[i].Field == nil || !worthReading(received[i].Field.RawValue()) {
			continue
		}
		value := received[i].Field.Value()
		words := traceWords(value)
		if symbol := forgedReceived(&words, &received[i]); symbol != "" {
			out.Add(symbol, value)
		}
	}
	return nil
}

// worthReading tells at a glance whether a trace field may be one of those
// looked for: most begin with the name of a real host.
func worthReading(raw []byte) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if rest, ok := bytes.CutPrefix(raw, []byte("from ")); ok && len(rest) > 0 && bytes.IndexByte([]byte("[0123456789ls"), rest[0]) >= 0 {
		return true
	}
	if rest, ok := bytes.CutPrefix(raw, []byte("by ")); ok && len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
		return true
	}
	return bytes.Contains(raw, []byte("(Postfix) with ESMTP id "))
}

// trace is a trace field cut at its semicolon into blank-separated words and
// the date.
type trace struct {
	words [16]string
	n     int
	date  string
}

func (t *trace) word(i int) string {
	if i < t.n {
		return t.words[i]
	}
	return ""
}

func traceWords(value string) trace {
	var t trace
	text, date, _ := strings.Cut(value, ";")
	t.date = strings.TrimSpace(date)
	for text != "" && t.n < len(t.words) {
		text = strings.TrimLeft(text, " \t")
		end := strings.IndexAny(text, " \t")
		if end < 0 {
			end = len(text)
		}
		if end > 0 {
			t.words[t.n] = text[:end]
			t.n++
		}
		text = text[end:]
	}
	return t
}

// forgedReceived names the symbol for one trace field, the most telling one
// where several would fit, or "".
func forgedReceived(t *trace, r *message.Received) string {
	switch {
	case t.word(0) == "from" && t.word(2) == "by":
		return forgedFromBy(t)
	case t.n == 6 && t.word(0) == "by" && t.word(2) == "with" && t.word(3) == "SMTP" && t.word(4) == "id":
		if bareAddress(t.word(1)) && lettersDigits(t.word(5)) && strings.HasSuffix(t.date, "(GMT)") {
			return "FORGED_GENERIC_RECEIVED3"
		}
	case t.word(1) == "strongmail" && t.word(3) == "by" && t.word(5) == "(-)":
		return "STRONGMAIL"
	}
	if hasFold(r.Field.Value(), "(postfix) with esmtp id ") && endsInZone(t.date) {
		return "INVALID_POSTFIX_RECEIVED"
	}
	return ""
}

// forgedFromBy judges a field of the form "from X by Y ...": real servers put
// what they know of X into a comment after it.
func forgedFromBy(t *trace) string {
	from, by := t.word(1), t.word(3)
	literal := bracketedAddress(from)
	switch {
	case (literal || bareAddress(from)) && bareAddress(by) && (t.n == 4 || t.word(4) == "with"):
		return "RCVD_DOUBLE_IP_SPAM"
	case t.n == 4 && literal && endsInZone(t.date) && strings.Contains(by, "."):
		return "FORGED_GENERIC_RECEIVED"
	case t.n == 4 && literal && endsInZone(t.date):
		return "R_RCVD_SPAMBOTS"
	case t.n == 6 && literal && t.word(4) == "id" && len(t.word(5)) == 12:
		return "FORGED_GENERIC_RECEIVED2"
	case t.n == 4 && from == "localhost" && endsInZone(t.date):
		return "FORGED_GENERIC_RECEIVED4"
	}
	return ""
}

func bareAddress(s string) bool {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func bracketedAddress(s string) bool {
	return len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' && bareAddress(s[1:len(s)-1])
}

// endsInZone tells whether a date ends in a numeric time zone such as +0100,
// with no comment behind.
func endsInZone(date string) bool {
	if len(date) < 20 {
		return false
	}
	z := date[len(date)-5:]
	return (z[0] == '+' || z[0] == '-') && strings.Trim(z[1:], "0123456789") == ""
}

// lettersDigits tells whether an id is 14 letters, a dot and 13 digits.
func lettersDigits(id string) bool {
	if len(id) != 28 || id[14] != '.' || strings.Trim(id[15:], "0123456789") != "" {
		return false
	}
	for i := range 14 {
		if c := id[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
