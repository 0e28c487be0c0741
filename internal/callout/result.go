package callout

import (
	"fmt"
	"strings"
	"time"

	"postern/internal/verdict"
)

// Status is what is known of an address.
type Status uint8

// The states of an address. The zero Status is Failure, so that nothing that
// was forgotten passes for an answer.
const (
	// Failure says that it could not be asked: a fault of ours, or we are
	// stopping.
	Failure Status = iota
	// Unknown says that the answer is not in yet: a probe is under way, or
	// the limits allow none now.
	Unknown
	// OK says that the server takes mail for the address.
	OK
	// Deferred says that no server would tell for now, or that its refusal
	// is about us and not about the address.
	Deferred
	// Bounced says that the address takes no mail.
	Bounced
	// Skipped says that the address is not to be asked for: nobody was asked,
	// and nothing speaks against it.
	Skipped
)

var statusNames = [...]string{"failure", "unknown", "ok", "deferred", "bounced", "skipped"}

// String gives the status in one word, such as "bounced".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// settled tells whether the status is an answer that can be kept.
func (s Status) settled() bool { return s == OK || s == Deferred || s == Bounced }

// Result is what is known of an address.
type Result struct {
	// Status of the address.
	Status Status
	// Reply is what the other server said, or what it amounts to. Its Text is
	// the WHY of Postfix's "unverified address: WHY": printable ASCII of at
	// most MaxWhy octets that says who said what.
	Reply verdict.Reply
	// Cached tells that nobody had to be asked now.
	Cached bool
	// Checked is when the answer was given; zero where there is none.
	Checked time.Time
	// CatchAll tells that the server accepts any address, so that OK says
	// little. It is only looked for where Options.CatchAll is set.
	CatchAll bool
}

// Why gives the reply's text.
func (r Result) Why() string { return r.Reply.Text }

// MaxWhy bounds the octets of a result's text, as Postfix bounds it.
const MaxWhy = 250

// The texts of results that no server gave, the first two as Postfix has them.
const (
	whyPending = "Address verification in progress"
	whyFailure = "address verification problem"
	whyLimited = "Address verification postponed: too many probes"
)

// result makes a result; the text is formatted and cleaned.
func result(s Status, code int, enhanced, format string, args ...any) Result {
	return Result{Status: s, Reply: verdict.Reply{Code: code, Enhanced: enhanced, Text: clean(fmt.Sprintf(format, args...))}}
}

func bounced(enhanced, format string, args ...any) Result {
	return result(Bounced, 550, enhanced, format, args...)
}

func deferred(enhanced, format string, args ...any) Result {
	return result(Deferred, 450, enhanced, format, args...)
}

func unknown(why string) Result { return result(Unknown, 450, "4.0.0", "%s", why) }

func failure(why string) Result { return result(Failure, 450, "4.3.0", "%s", why) }

func skipped(format string, args ...any) Result {
	return result(Skipped, 250, "2.0.0", format, args...)
}

// clean makes foreign text fit for a reply of ours: printable ASCII with
// single blanks, at most MaxWhy octets.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	blank := false
	for _, r := range s {
		switch {
		case r == ' ' || r == '\t' || r == '\r' || r == '\n':
			blank = b.Len() > 0
			continue
		case r < ' ' || r > '~':
			r = '?'
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		if b.WriteRune(r); b.Len() >= MaxWhy {
			break
		}
	}
	return b.String()[:min(b.Len(), MaxWhy)]
}

// isClean tells whether clean would leave the text as it is.
func isClean(s string) bool {
	before := byte(' ') // none at the start either
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && before == ' ' {
			return false
		}
		before = s[i]
	}
	return s == "" || before != ' ' && len(s) <= MaxWhy
}
