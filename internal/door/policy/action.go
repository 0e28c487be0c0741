package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"postern/internal/session"
	"postern/internal/verdict"
)

// Decider decides on requests. It is asked by many goroutines at the same
// time. An error means that there is no decision: the mail server gets no
// answer and does what it was told to do without.
type Decider interface {
	Decide(ctx context.Context, s *session.Session, r Request) (Action, error)
}

// Action is an answer: one of access(5)'s. The zero Action is no answer.
type Action struct {
	// Verb is the action's name or a reply code.
	Verb string
	// Text belongs to it; what it means depends on the verb.
	Text string
}

// Dunno has no opinion: the mail server's next restriction decides.
func Dunno() Action { return Action{Verb: "DUNNO"} }

// Permit ends the mail server's list of restrictions.
func Permit() Action { return Action{Verb: "OK"} }

// Reject refuses for good; text may begin with an enhanced status code.
func Reject(text string) Action { return Action{"REJECT", text} }

// Defer refuses for now.
func Defer(text string) Action { return Action{"DEFER", text} }

// DeferIfPermit refuses for now what nothing behind refuses for good.
func DeferIfPermit(text string) Action { return Action{"DEFER_IF_PERMIT", text} }

// Prepend adds a header field, given with its name.
func Prepend(field string) Action { return Action{"PREPEND", field} }

// Hold puts the message into the mail server's hold queue.
func Hold(text string) Action { return Action{"HOLD", text} }

// Discard drops the message and says that it was taken.
func Discard(text string) Action { return Action{"DISCARD", text} }

// Redirect sends the message to another address instead.
func Redirect(address string) Action { return Action{"REDIRECT", address} }

// Reply refuses with a reply of its own. One that is no refusal is no opinion.
func Reply(r verdict.Reply) Action {
	if r.Code < 400 || r.Code > 599 {
		return Dunno()
	}
	text := strings.TrimSpace(r.Enhanced + " " + r.Text)
	return Action{fmt.Sprint(r.Code), text}
}

// What may stand before the text. FILTER is left out: it belongs to content
// filters that a policy server does not know of.
var verbs = map[string]bool{
	"DUNNO": true, "OK": true, "REJECT": true, "DEFER": true, "DEFER_IF_PERMIT": true, "DEFER_IF_REJECT": true,
	"PREPEND": true, "HOLD": true, "DISCARD": true, "REDIRECT": true, "BCC": true, "WARN": true, "INFO": true,
}

// needsText are verbs that mean nothing without a text.
var needsText = map[string]bool{"PREPEND": true, "REDIRECT": true, "BCC": true}

var errNoAction = errors.New("there is no such action")

// line gives the action as it is sent, in one line that nothing can be
// smuggled into.
func (a Action) line() (string, error) {
	verb := strings.ToUpper(a.Verb)
	text := clean(a.Text)
	switch {
	case !verbs[verb] && !isCode(verb):
		return "", fmt.Errorf("%w: %.40q", errNoAction, a.Verb)
	case text == "" && needsText[verb]:
		return "", fmt.Errorf("%w: %s without a text", errNoAction, verb)
	case verb == "PREPEND" && !isField(text):
		return "", fmt.Errorf("%w: PREPEND of %.40q, which is no header field", errNoAction, text)
	case (verb == "REDIRECT" || verb == "BCC") && strings.Contains(text, " "):
		return "", fmt.Errorf("%w: %s to %.40q, which is no address", errNoAction, verb, text)
	case text == "":
		return verb, nil
	}
	return verb + " " + cut(text, maxAction-len(verb)-1), nil
}

// isCode tells whether a verb is a reply code that refuses.
func isCode(s string) bool {
	return len(s) == 3 && (s[0] == '4' || s[0] == '5') && isDigit(s[1]) && isDigit(s[2])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isField tells whether a text begins with the name of a header field (RFC
// 5322 section 2.2).
func isField(text string) bool {
	name, _, ok := strings.Cut(text, ":")
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
}

// clean makes blanks of line breaks and other control characters, and takes
// out what is no UTF-8: Postfix refuses the whole answer for it.
func clean(text string) string {
	plain := true
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return strings.TrimSpace(text)
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.TrimSpace(text)
}

// cut shortens a text to a number of bytes without breaking a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
