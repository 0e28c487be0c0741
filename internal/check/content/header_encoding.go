package content

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// HeaderEncoding looks for header texts that should have been encoded and are
// not (RFC 2047), and for such as are encoded without need, which hides words
// from simple filters.
func HeaderEncoding() check.Check {
	symbols := []verdict.Symbol{
		headerSymbol("SUBJECT_NEEDS_ENCODING", 1, "The subject has 8-bit or control characters that are not encoded"),
		headerSymbol("FROM_NEEDS_ENCODING", 1, "The From field has 8-bit or control characters that are not encoded"),
		headerSymbol("TO_NEEDS_ENCODING", 1, "The To field has 8-bit or control characters that are not encoded"),
		// rspamd: 6 each. Capped: no single heuristic reaches the junk threshold of 6.
		headerSymbol("INVALID_FROM_8BIT", 3, "The From field has 8-bit characters that are not UTF-8"),
		headerSymbol("INVALID_RCPT_8BIT", 3, "To or Cc has 8-bit characters that are not UTF-8"),
	}
	for _, f := range encodedFields {
		symbols = append(symbols,
			groupSymbol("excessqp", f.stem+"_EXCESS_QP", 1.2, "The "+f.name+" field is encoded as quoted-printable without need"),
			groupSymbol("excessb64", f.stem+"_EXCESS_BASE64", 1.5, "The "+f.name+" field is encoded as base64 without need"))
	}
	return check.New(check.Info{Name: "header_encoding", Stage: check.Header, Symbols: symbols}, headerEncoding)
}

// encodedFields are the fields examined, with the symbols about them: stem
// begins those of needless encoding, needs is that of missing encoding, raw
// that of octets in an unknown charset.
var encodedFields = [...]struct{ name, stem, needs, raw string }{
	{"Subject", "SUBJ", "SUBJECT_NEEDS_ENCODING", ""},
	{"From", "FROM", "FROM_NEEDS_ENCODING", "INVALID_FROM_8BIT"},
	{"To", "TO", "TO_NEEDS_ENCODING", "INVALID_RCPT_8BIT"},
	{"Cc", "CC", "", "INVALID_RCPT_8BIT"},
	{"Reply-To", "REPLYTO", "", ""},
}

func headerEncoding(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	_, smtputf8 := tx.Session.SenderArg("SMTPUTF8")
	for i := range encodedFields {
		e := &encodedFields[i]
		f := h.First(e.name)
		if f == nil {
			continue
		}
		value := f.Value()
		switch bad := firstUnencoded(value); {
		case bad == utf8.RuneSelf && !utf8.ValidString(value):
			addIfNamed(out, e.raw, strconv.QuoteToASCII(value))
			addIfNamed(out, e.needs, strconv.QuoteToASCII(value))
		case bad == utf8.RuneSelf && !smtputf8, bad == 1:
			addIfNamed(out, e.needs, strconv.QuoteToASCII(value))
		}
		reportNeedless(e.stem, f, value, out)
	}
	return nil
}

// addIfNamed reports a symbol unless its name is empty.
func addIfNamed(out *check.Report, symbol, evidence string) {
	if symbol != "" {
		out.Add(symbol, evidence)
	}
}

// firstUnencoded gives utf8.RuneSelf when the value has 8-bit characters, 1
// when it has control characters only, 0 when it has neither.
func firstUnencoded(value string) int {
	found := 0
	for i := range len(value) {
		switch c := value[i]; {
		case c >= utf8.RuneSelf:
			return utf8.RuneSelf
		case c < ' ' && c != '\t' && c != '\r' && c != '\n', c == 0x7F:
			found = 1
		}
	}
	return found
}

// reportNeedless reports a field with encoded words whose text is plain
// printable ASCII without anything that looks like an encoded word itself.
func reportNeedless(stem string, f *message.Field, value string, out *check.Report) {
	qp, b64 := encodedWords(value)
	if !qp && !b64 {
		return
	}
	text := f.Text()
	if !isASCII(text) || strings.Contains(text, "=?") || firstUnencoded(text) != 0 {
		return
	}
	if qp {
		out.Add(stem+"_EXCESS_QP", value)
	}
	if b64 {
		out.Add(stem+"_EXCESS_BASE64", value)
	}
}

// encodedWords tells which encodings the encoded words of a value use.
func encodedWords(value string) (qp, b64 bool) {
	for {
		_, word, ok := strings.Cut(value, "=?")
		if !ok {
			return qp, b64
		}
		charset, rest, ok := strings.Cut(word, "?")
		if ok && charset != "" && len(rest) > 1 && rest[1] == '?' {
			switch rest[0] {
			case 'q', 'Q':
				qp = true
			case 'b', 'B':
				b64 = true
			}
		}
		value = rest
	}
}
