package content

import (
	"strings"
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
	"postern/internal/session"
)

// mailWith gives the clean mail with other fields: "Name: value" replaces
// the field of that name or adds one, "+Name: value" adds one in any case,
// "-Name" takes it out. A value may be folded.
func mailWith(changes ...string) string {
	head, body, _ := strings.Cut(checktest.Clean, "\n\n")
	for _, c := range changes {
		name, _, _ := strings.Cut(strings.TrimLeft(c, "+-"), ":")
		if c[0] == '+' {
			head += "\n" + c[1:]
			continue
		}
		before, after, had := cutField(head, name)
		switch {
		case c[0] == '-':
			head = before + after
		case had:
			head = before + c + "\n" + after
		default:
			head += "\n" + c
		}
		head = strings.TrimSuffix(head, "\n")
	}
	return head + "\n\n" + body
}

// cutField cuts the first field of that name out of a header.
func cutField(head, name string) (before, after string, ok bool) {
	lines := strings.SplitAfter(head+"\n", "\n")
	for i, l := range lines {
		if !strings.HasPrefix(strings.ToLower(l), strings.ToLower(name)+":") {
			continue
		}
		end := i + 1
		for end < len(lines) && (strings.HasPrefix(lines[end], "\t") || strings.HasPrefix(lines[end], " ")) {
			end++
		}
		return strings.Join(lines[:i], ""), strings.Join(lines[end:], ""), true
	}
	return head, "", false
}

// quietOnClean gives one case a symbol in which the clean mail must not show
// it, for all symbols of a check but those named.
func quietOnClean(c check.Check, except ...string) []checktest.Case {
	var cases []checktest.Case
next:
	for _, s := range c.Info().Symbols {
		for _, e := range except {
			if e == s.Name {
				continue next
			}
		}
		cases = append(cases, checktest.Case{Name: "clean mail", Symbol: s.Name})
	}
	return cases
}

// sentBy changes the envelope sender.
func sentBy(local, domain string) func(*session.Session) {
	return func(s *session.Session) { s.Sender.Local, s.Sender.Domain = local, domain }
}

func TestMailWith(t *testing.T) {
	got := mailWith("-Date", "Subject: a\n b", "X-New: 1", "+Subject: c")
	if strings.Contains(got, "\nDate:") || !strings.Contains(got, "\nSubject: a\n b\n") ||
		!strings.HasSuffix(strings.Split(got, "\n\n")[0], "\nX-New: 1\nSubject: c") || !strings.Contains(got, "\n\nDear Bob") {
		t.Errorf("mailWith gives\n%s", got)
	}
}

// weightOf runs a check on a message and gives the weight of one symbol, 0
// when it was not found.
func weightOf(t *testing.T, c check.Check, text, symbol string) float64 {
	t.Helper()
	raw := []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	tx := &check.Transaction{
		Session: checktest.Session(), Now: checktest.Now,
		Message: message.Parse(raw, message.DefaultLimits()),
	}
	for _, f := range checktest.Find(t, c, tx) {
		if f.Symbol == symbol {
			return f.Weight
		}
	}
	return 0
}
