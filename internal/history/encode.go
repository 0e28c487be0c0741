package history

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"postern/internal/verdict"
)

// The bounds of an encoded entry in bytes: beyond the first evidence is left
// out, beyond the second findings are.
const (
	maxEvidenceBytes = 64 << 10
	maxFindingBytes  = 256 << 10
)

// encoder writes the detail of an entry: what has no column of its own, as
// JSON with short keys in which zero values are left out. The fields are those
// of the types in decode.go. It is written by hand because it runs for every
// message.
type encoder struct {
	buf     []byte
	ids     []byte // the column symbols
	symbols *symbolTable
}

func (w *encoder) entry(e *Entry, subject bool) {
	w.buf = append(w.buf, '{')
	w.text("dr", e.Door)
	w.text("cn", e.Client.Name)
	if e.Client.ReverseName != e.Client.Name {
		w.text("cr", e.Client.ReverseName)
	}
	w.flag("cl", e.Client.Local)
	w.text("h", e.HELO)
	if e.TLS != nil {
		w.key("t")
		w.buf = append(w.buf, '[')
		for _, s := range []string{e.TLS.Version, e.TLS.Cipher, e.TLS.CertSubject} {
			w.item(s)
		}
		w.close(']')
	}
	w.text("u", e.User)
	w.text("am", e.AuthMethod)
	if n := max(e.RecipientCount, len(e.Recipients)); n != len(e.Recipients) || n > MaxRecipients {
		w.integer("rn", int64(n))
	}
	w.text("m", e.MessageID)
	w.text("f", e.From)
	if subject {
		w.text("s", e.Subject)
	}
	w.integer("z", e.Size)
	w.text("st", e.Stage)
	w.integer("d", e.Duration.Microseconds())
	w.verdicts(e)
	w.checks(e.Checks)
	w.end('}')
	if len(w.ids) > 0 {
		w.ids = append(w.ids, ',')
	}
}

func (w *encoder) verdicts(e *Entry) {
	if len(e.Verdicts) == 0 {
		return
	}
	w.key("v")
	w.buf = append(w.buf, '[')
	for i := range e.Verdicts[:min(len(e.Verdicts), MaxVerdicts)] {
		w.verdict(&e.Verdicts[i])
	}
	w.close(']')
}

func (w *encoder) verdict(v *Verdict) {
	w.buf = append(w.buf, '{')
	w.text("p", v.Profile)
	w.list("r", v.Recipients, MaxRecipients)
	w.integer("a", int64(v.Action))
	if v.Observed != v.Action {
		w.key("o")
		w.buf = append(strconv.AppendUint(w.buf, uint64(v.Observed), 10), ',')
	}
	w.text("w", v.Reason)
	w.text("x", v.Forced)
	w.number("s", v.Score)
	w.thresholds(verdict.Thresholds(v.Thresholds))
	if v.Reply != nil {
		w.key("y")
		w.buf = append(w.buf, '{')
		w.integer("c", int64(v.Reply.Code))
		w.text("e", v.Reply.Enhanced)
		w.text("t", v.Reply.Text)
		w.close('}')
	}
	w.flag("i", v.Incomplete)
	w.flag("k", v.Skipped)
	if len(v.Findings) > 0 {
		w.key("f")
		w.buf = append(w.buf, '[')
		for i := range v.Findings[:min(len(v.Findings), MaxFindings)] {
			w.finding(&v.Findings[i])
		}
		w.close(']')
	}
	w.close('}')
}

// thresholds are kept as pairs of action and score.
func (w *encoder) thresholds(t verdict.Thresholds) {
	w.key("t")
	w.buf = append(w.buf, '[')
	for a := range verdict.ActionCount {
		if t.Set(verdict.Action(a)) {
			w.buf = append(strconv.AppendInt(w.buf, int64(a), 10), ',')
			w.buf = append(appendJSONNumber(w.buf, t[a]), ',')
		}
	}
	w.close(']')
}

func (w *encoder) finding(f *verdict.Finding) {
	id := w.symbols.id(symbol{f.Symbol, f.Group, f.Description})
	if id == 0 || len(w.buf) > maxFindingBytes {
		return
	}
	w.symbolID(id)
	w.buf = append(w.buf, '{')
	w.integer("n", id)
	w.number("s", f.Score)
	if f.FullScore != f.Score {
		w.key("l")
		w.buf = append(appendJSONNumber(w.buf, f.FullScore), ',')
	}
	if f.Weight != 1 {
		w.key("w")
		w.buf = append(appendJSONNumber(w.buf, f.Weight), ',')
	}
	w.flag("o", f.Observed)
	w.text("x", f.Failed)
	if len(w.buf) < maxEvidenceBytes {
		w.list("e", f.Evidence, len(f.Evidence))
	}
	w.close('}')
}

// symbolID adds an id to the column once.
func (w *encoder) symbolID(id int64) {
	var text [24]byte
	entry := strconv.AppendInt(append(text[:0], ','), id, 10)
	if !containsID(w.ids, entry) {
		w.ids = append(w.ids, entry...)
	}
}

// containsID looks for ",17" in ",3,17,170".
func containsID(ids, entry []byte) bool {
	for i := 0; i+len(entry) <= len(ids); i++ {
		if ids[i] == ',' && slices.Equal(ids[i:i+len(entry)], entry) &&
			(i+len(entry) == len(ids) || ids[i+len(entry)] == ',') {
			return true
		}
	}
	return false
}

// checks are kept as lists of name, microseconds and error.
func (w *encoder) checks(checks []CheckTime) {
	if len(checks) == 0 {
		return
	}
	w.key("c")
	w.buf = append(w.buf, '[')
	for _, c := range checks[:min(len(checks), MaxChecks)] {
		w.buf = append(w.buf, '{')
		w.text("n", c.Name)
		w.integer("t", c.Took.Microseconds())
		w.text("x", c.Error)
		w.close('}')
	}
	w.close(']')
}

// key begins a field.
func (w *encoder) key(name string) {
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '"', ':')
}

// end closes what was open, without the comma behind the last item.
func (w *encoder) end(c byte) {
	if n := len(w.buf) - 1; w.buf[n] == ',' {
		w.buf = w.buf[:n]
	}
	w.buf = append(w.buf, c)
}

// close is end and a comma.
func (w *encoder) close(c byte) {
	w.end(c)
	w.buf = append(w.buf, ',')
}

func (w *encoder) text(name, value string) {
	if value != "" {
		w.key(name)
		w.item(value)
	}
}

func (w *encoder) list(name string, values []string, limit int) {
	if len(values) == 0 {
		return
	}
	w.key(name)
	w.buf = append(w.buf, '[')
	for _, v := range values[:min(len(values), limit)] {
		w.item(v)
	}
	w.close(']')
}

// item adds a text and a comma.
func (w *encoder) item(value string) {
	w.buf = append(appendJSONText(w.buf, clip(value, MaxText)), ',')
}

func (w *encoder) integer(name string, value int64) {
	if value != 0 {
		w.key(name)
		w.buf = append(strconv.AppendInt(w.buf, value, 10), ',')
	}
}

func (w *encoder) number(name string, value float64) {
	if value != 0 {
		w.key(name)
		w.buf = append(appendJSONNumber(w.buf, value), ',')
	}
}

func (w *encoder) flag(name string, value bool) {
	if value {
		w.key(name)
		w.buf = append(w.buf, '1', ',')
	}
}

// appendJSONNumber adds a number; JSON has none that is not finite. Scores
// are sums of decimal fractions, so what is behind the sixth place is noise.
func appendJSONNumber(buf []byte, x float64) []byte {
	buf = strconv.AppendFloat(buf, finite(x), 'f', 6, 64)
	for buf[len(buf)-1] == '0' {
		buf = buf[:len(buf)-1]
	}
	if buf[len(buf)-1] == '.' {
		buf = buf[:len(buf)-1]
	}
	return buf
}

// appendJSONText adds a JSON string (RFC 8259 section 7); octets that are not
// UTF-8 become U+FFFD.
func appendJSONText(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			buf = append(buf, '\\', c)
		case c < ' ':
			buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			buf = append(buf, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			buf = utf8.AppendRune(buf, r)
			i += n
			continue
		}
		i++
	}
	return append(buf, '"')
}
