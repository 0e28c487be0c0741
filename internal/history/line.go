package history

import (
	"io"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"postern/internal/verdict"
)

// The bounds of a log line: how many symbols, recipients and bytes of one
// value are shown. What is left out is shown as its number, such as "+3".
const (
	lineSymbols    = 30
	lineRecipients = 5
	lineValue      = 256
)

// AppendLine appends the entry as one line of the mail log, with a line feed
// at its end, and returns the extended buffer. It is logfmt: key=value with
// blanks between, values quoted as in Go where they have blanks, quotes, "="
// or anything that is not a printable character. Keys without a value are
// left out, except sender, which is "<>" for the null sender.
//
// A message whose recipients got different verdicts has one "action=" for
// the first and "profile:NAME=ACTION/SCORE" for each further one.
func AppendLine(buf []byte, e *Entry) []byte {
	v := e.firstVerdict()
	buf = append(buf, "case="...)
	buf = appendValue(buf, e.CaseID)
	buf = appendText(buf, "queue", e.QueueID)
	buf = appendText(buf, "action", v.Action.String())
	buf = appendScore(buf, v)
	buf = appendSymbols(buf, v.Findings)
	buf = append(buf, " from=<"...)
	buf = appendAddress(buf, e.Sender)
	buf = append(buf, '>')
	buf = appendRecipients(buf, e)
	if e.Client.IP.IsValid() {
		buf = append(buf, " ip="...)
		buf = e.Client.IP.AppendTo(buf)
	}
	buf = appendText(buf, "name", e.Client.Name)
	buf = appendText(buf, "helo", e.HELO)
	buf = appendText(buf, "user", e.User)
	buf = appendText(buf, "msgid", e.MessageID)
	buf = append(buf, " size="...)
	buf = strconv.AppendInt(buf, e.Size, 10)
	buf = append(buf, " ms="...)
	buf = strconv.AppendFloat(buf, float64(e.Duration)/float64(time.Millisecond), 'f', 2, 64)
	buf = appendText(buf, "door", e.Door)
	buf = appendText(buf, "stage", e.Stage)
	buf = appendText(buf, "reason", v.Reason)
	return append(appendRemarks(buf, e, v), '\n')
}

// firstVerdict is Verdict without copying.
func (e *Entry) firstVerdict() *Verdict {
	if len(e.Verdicts) == 0 {
		return &Verdict{}
	}
	return &e.Verdicts[0]
}

// appendRemarks adds what is said only where it is so.
func appendRemarks(buf []byte, e *Entry, v *Verdict) []byte {
	buf = appendText(buf, "forced", v.Forced)
	if v.Observed != v.Action {
		buf = appendText(buf, "observed", v.Observed.String())
	}
	if v.Reply != nil && !v.Reply.IsZero() {
		buf = append(buf, " code="...)
		buf = strconv.AppendInt(buf, int64(v.Reply.Code), 10)
	}
	if v.Incomplete {
		buf = append(buf, " incomplete=yes"...)
	}
	for i := 1; i < len(e.Verdicts); i++ {
		buf = appendFurther(buf, &e.Verdicts[i])
	}
	return buf
}

// appendFurther adds the verdict for a further group of recipients.
func appendFurther(buf []byte, v *Verdict) []byte {
	buf = append(buf, " profile:"...)
	for _, c := range []byte(v.Profile) {
		if c <= ' ' || c >= 0x7f || c == '=' || c == '"' {
			c = '_'
		}
		buf = append(buf, c)
	}
	buf = append(buf, '=', '"')
	buf = append(buf, v.Action.String()...)
	buf = append(buf, '/')
	buf = appendNumber(buf, v.Score)
	return append(buf, '"')
}

// appendScore adds such as score=7.50/15.00: the score and what is required
// for a message to be rejected, or else marked.
func appendScore(buf []byte, v *Verdict) []byte {
	buf = append(buf, " score="...)
	buf = appendNumber(buf, v.Score)
	buf = append(buf, '/')
	return appendNumber(buf, verdict.Thresholds(v.Thresholds).Required())
}

// appendSymbols adds such as symbols=A(5.00),B(0.00): those with the highest
// scores first, as the findings stand; "?" marks a check that failed, "~" an
// observed one.
func appendSymbols(buf []byte, findings []verdict.Finding) []byte {
	if len(findings) == 0 {
		return buf
	}
	buf = append(buf, " symbols="...)
	for i := range findings {
		if i == lineSymbols {
			buf = append(buf, ",+"...)
			return strconv.AppendInt(buf, int64(len(findings)-i), 10)
		}
		if i > 0 {
			buf = append(buf, ',')
		}
		f := &findings[i]
		buf = appendBare(buf, f.Symbol)
		if f.Failed != "" {
			buf = append(buf, '?')
		}
		if f.Observed {
			buf = append(buf, '~')
		}
		buf = append(buf, '(')
		buf = appendNumber(buf, f.Score)
		buf = append(buf, ')')
	}
	return buf
}

// appendRecipients adds such as to=<a@x>,<b@y>,+3.
func appendRecipients(buf []byte, e *Entry) []byte {
	for i, r := range e.Recipients {
		if i == lineRecipients {
			break
		}
		if i == 0 {
			buf = append(buf, " to="...)
		} else {
			buf = append(buf, ',')
		}
		buf = append(buf, '<')
		buf = appendAddress(buf, r)
		buf = append(buf, '>')
	}
	all := max(e.RecipientCount, len(e.Recipients))
	if more := all - min(len(e.Recipients), lineRecipients); more > 0 && len(e.Recipients) > 0 {
		buf = append(buf, ",+"...)
		buf = strconv.AppendInt(buf, int64(more), 10)
	}
	return buf
}

// appendNumber adds a score with two decimals; what is no number as "-".
func appendNumber(buf []byte, x float64) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(buf, '-')
	}
	return strconv.AppendFloat(buf, x, 'f', 2, 64)
}

// appendText adds " key=value" unless the value is empty.
func appendText(buf []byte, key, value string) []byte {
	if value == "" {
		return buf
	}
	buf = append(buf, ' ')
	buf = append(buf, key...)
	buf = append(buf, '=')
	return appendValue(buf, value)
}

// appendValue adds a value, quoted where it is not plain.
func appendValue(buf []byte, value string) []byte {
	short := clip(value, lineValue)
	if plain(short) {
		buf = append(buf, short...)
	} else {
		buf = strconv.AppendQuote(buf, short)
	}
	return buf
}

// plain tells whether a value needs no quotes.
func plain(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c <= ' ' || c == 0x7f || c == '"' || c == '=' || c == '\\' {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			return false
		}
		i += n
	}
	return s != ""
}

// appendAddress adds an address that stands in angle brackets and outside
// quotes: whatever could end it or break the line is escaped.
func appendAddress(buf []byte, address string) []byte {
	return appendBare(buf, clip(address, lineValue))
}

// appendBare adds text without quotes; what is not printable ASCII or
// printable Unicode, and blanks, quotes and brackets, as \x or \u escapes.
func appendBare(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1, r < utf8.RuneSelf && bareEscaped(byte(r)):
			buf = append(buf, '\\', 'x', hex[s[i]>>4], hex[s[i]&15])
		case r < utf8.RuneSelf || unicode.IsPrint(r):
			buf = append(buf, s[i:i+n]...)
		default:
			quoted := strconv.AppendQuoteRuneToASCII(buf, r)
			// Without the quotes that stand around it.
			copy(quoted[len(buf):], quoted[len(buf)+1:len(quoted)-1])
			buf = quoted[:len(quoted)-2]
		}
		i += n
	}
	return buf
}

// bareEscaped tells whether an ASCII character must not stand bare.
func bareEscaped(c byte) bool {
	switch c {
	case '"', '\\', '<', '>', ',', '(', ')':
		return true
	}
	return c <= ' ' || c == 0x7f
}

// LineWriter writes the mail log: one line an entry, in one write. It is safe
// for concurrent use.
type LineWriter struct {
	mu    sync.Mutex
	w     io.Writer
	stamp bool
	buf   []byte
}

// NewLineWriter writes to w. With stamp each line begins with "time=" in UTC;
// the journal and syslog have a time of their own.
func NewLineWriter(w io.Writer, stamp bool) *LineWriter {
	return &LineWriter{w: w, stamp: stamp, buf: make([]byte, 0, 2048)}
}

// Write writes the entry's line.
func (l *LineWriter) Write(e *Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = l.buf[:0]
	if l.stamp {
		l.buf = append(l.buf, "time="...)
		l.buf = e.Time.UTC().AppendFormat(l.buf, "2006-01-02T15:04:05.000Z")
		l.buf = append(l.buf, ' ')
	}
	l.buf = AppendLine(l.buf, e)
	_, err := l.w.Write(l.buf)
	return err
}
