package engine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// DefaultHeaders adds what the usual Sieve rules and people look at.
func DefaultHeaders() HeaderOptions {
	return HeaderOptions{
		Add: []string{
			"X-Spam", "X-Spam-Score", "X-Spam-Status", "X-Spamd-Result",
			"X-Postern-Case", authenticationResults,
		},
		Remove: []string{"X-Spam", "X-Spam-*", "X-Spamd-*", "X-Rspamd-*", "X-Postern-*"},
	}
}

const authenticationResults = "Authentication-Results"

// headerWriter makes the header changes of a verdict.
type headerWriter struct {
	add      []string
	remove   []string
	trusted  bool
	hostname string
}

// newHeaderWriter makes a writer of options that Validate finds right.
func newHeaderWriter(o HeaderOptions, hostname string) headerWriter {
	return headerWriter{add: o.Add, remove: o.Remove, trusted: o.Trusted, hostname: hostname}
}

// Validate checks the names of the headers.
func (o HeaderOptions) Validate() error {
	var errs []error
	for i, name := range o.Add {
		if _, ok := headerValues[strings.ToLower(name)]; !ok {
			errs = append(errs, unit.BadKey(fmt.Sprintf("add[%d]", i), "%q is not a header that Postern writes", name))
		}
	}
	for i, name := range o.Remove {
		if stem := strings.TrimSuffix(name, "*"); stem == "" || strings.ContainsAny(stem, "*: ") {
			errs = append(errs, unit.BadKey(fmt.Sprintf("remove[%d]", i), "%q is not a header name, or one that ends in *", name))
		}
	}
	return errors.Join(errs...)
}

// changes lists what is to be done to the header: forged copies go, the
// subject is marked, our own are added. Mail of clients that are not scored
// stays as it is unless the options say otherwise.
func (w *headerWriter) changes(v *verdict.Verdict, s *session.Session, m *message.Message) []verdict.HeaderChange {
	if v.Action >= verdict.Reject || v.Action == verdict.SoftReject || v.Skipped && !w.trusted {
		return nil
	}
	list := w.removals(m.Header())
	if v.Action == verdict.RewriteSubject {
		list = append(list, subjectChange(m.Header(), v.Subject))
	}
	for _, name := range w.add {
		c := verdict.HeaderChange{Op: verdict.AddHeaderField, Name: name}
		if c.Value = headerValues[strings.ToLower(name)](w, v, s); c.Value == "" {
			continue
		}
		if strings.EqualFold(name, authenticationResults) {
			// Above all fields but the trace field of our own mail server
			// (RFC 8601 section 5).
			c.Op, c.Index = verdict.InsertHeaderField, 1
		}
		list = append(list, c)
	}
	return list
}

// removals removes copies of our own headers that came from outside, the last
// ones first so that the indexes stay right.
func (w *headerWriter) removals(h *message.Header) []verdict.HeaderChange {
	fields := h.Fields()
	var list []verdict.HeaderChange
	seen := map[string]int{}
	for i := range fields {
		name := fields[i].Name()
		if !w.ours(name) {
			continue
		}
		key := strings.ToLower(name)
		seen[key]++
		if key == "authentication-results" && !claims(fields[i].Value(), w.hostname) {
			continue
		}
		list = append(list, verdict.HeaderChange{Op: verdict.RemoveHeaderField, Name: name, Index: seen[key]})
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// ours tells whether a field from outside may not stay, or not always.
func (w *headerWriter) ours(name string) bool {
	if len(name) == len(authenticationResults) && strings.EqualFold(name, authenticationResults) {
		return true
	}
	for _, pattern := range w.remove {
		stem, wild := strings.CutSuffix(pattern, "*")
		if len(name) < len(stem) || !wild && len(name) != len(stem) {
			continue
		}
		if strings.EqualFold(name[:len(stem)], stem) {
			return true
		}
	}
	return false
}

// claims tells whether an Authentication-Results value bears our authserv-id
// (RFC 8601 section 2.2: the first word, perhaps with a version behind it).
func claims(value, hostname string) bool {
	id, _, _ := strings.Cut(value, ";")
	id = stripComments(id)
	id, _, _ = strings.Cut(strings.TrimSpace(id), " ")
	return strings.EqualFold(strings.Trim(id, "\" \t"), hostname)
}

// stripComments takes away (comments), nested ones too.
func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// subjectChange sets the subject, or adds one where there is none.
func subjectChange(h *message.Header, subject string) verdict.HeaderChange {
	if h.Has("Subject") {
		return verdict.HeaderChange{Op: verdict.ChangeHeaderField, Name: "Subject", Index: 1, Value: subject}
	}
	return verdict.HeaderChange{Op: verdict.AddHeaderField, Name: "Subject", Value: subject}
}

// headerValues makes the value of each header that can be added; "" leaves
// the header out.
var headerValues = map[string]func(*headerWriter, *verdict.Verdict, *session.Session) string{
	"x-spam": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string {
		return map[bool]string{true: "Yes"}[v.Action.Spam()]
	},
	"x-spam-flag": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string {
		return map[bool]string{true: "YES"}[v.Action.Spam()]
	},
	"x-spam-score": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string {
		return strconv.FormatFloat(v.Score, 'f', 2, 64)
	},
	"x-spam-level": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string {
		return strings.Repeat("*", min(max(int(v.Score), 0), 50))
	},
	"x-spam-status": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string { return spamStatus(v) },
	"x-spamd-bar":   func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string { return spamdBar(v.Score) },
	"x-spamd-result": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string {
		return spamdResult(v)
	},
	"x-postern-case": func(_ *headerWriter, v *verdict.Verdict, _ *session.Session) string { return v.CaseID },
	"authentication-results": func(w *headerWriter, v *verdict.Verdict, s *session.Session) string {
		return w.hostname + ";\n\t" + authResults(s, v.Authenticated)
	},
}
