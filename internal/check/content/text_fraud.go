package content

import (
	"context"
	"strings"
	"unicode/utf8"

	"postern/internal/check"
	"postern/internal/verdict"
)

// introductionBytes bounds where strangers introduce themselves: at the top.
const introductionBytes = 4 << 10

// FraudText looks for phrases and shapes of text that go with fraud.
func FraudText() check.Check {
	return check.New(check.Info{
		Name:  "fraud_text",
		Stage: check.Message,
		Symbols: []verdict.Symbol{
			groupSymbol("scams", "INTRODUCTION", 2, "The writer introduces himself as strangers do"),
			// rspamd: 3.84, for a much wider pattern.
			headerSymbol("TRACKER_ID", 1.5, "The text ends with a meaningless string that makes each copy different"),
		},
	}, fraudText)
}

func fraudText(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		visible := p.Visible()
		if phrase := introduction(clipText(visible, introductionBytes)); phrase != "" {
			out.Add("INTRODUCTION", phrase)
		}
		if id := trackerID(visible); id != "" && !p.Is("text/html") {
			out.Add("TRACKER_ID", id)
		}
	}
	return nil
}

// clipText gives at most limit bytes from the beginning, without cutting a
// character.
func clipText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// introduction finds "my name is", or "I am" and "this is" with a title and a
// name behind; "" when there is none.
func introduction(text string) string {
	for at := 0; ; {
		i := strings.Index(text[at:], " name is ")
		if i < 0 {
			break
		}
		at += i
		if at >= 2 && strings.EqualFold(text[at-2:at], "my") && (at == 2 || !isLetter(text[at-3])) {
			return clipText(text[at-2:], 40)
		}
		at += len(" name is ")
	}
	for _, verb := range [...]string{" am ", " is "} {
		for at := 0; ; {
			i := strings.Index(text[at:], verb)
			if i < 0 {
				break
			}
			at += i + len(verb)
			if speaksOfSelf(text[:at-len(verb)], verb) && beginsWithTitle(clipText(text[at:], 40)) {
				return clipText(text[at-len(verb)-1:], 40)
			}
		}
	}
	return ""
}

// speaksOfSelf tells whether what stands before the verb is "I" or "this".
func speaksOfSelf(before, verb string) bool {
	subject := "i"
	if verb == " is " {
		subject = "this"
	}
	n := len(before) - len(subject)
	return n >= 0 && strings.EqualFold(before[n:], subject) && (n == 0 || !isLetter(before[n-1]))
}

// Bounds of a string that looks like a tracker's.
const (
	minTracker = 16
	maxTracker = 84
)

// trackerID finds a last line that consists of one meaningless string of small
// letters and digits; "" when there is none.
func trackerID(text string) string {
	text = strings.TrimRight(text, " \t\r\n")
	line := text[strings.LastIndexByte(text, '\n')+1:]
	if len(line) < minTracker || len(line) > maxTracker || len(line) == len(text) {
		return ""
	}
	digits, changes := 0, 0
	for i := range len(line) {
		c := line[i]
		switch {
		case isDigit(c):
			digits++
		case !('a' <= c && c <= 'z') && c != '-' && c != '_':
			return ""
		}
		if i > 0 && isDigit(c) != isDigit(line[i-1]) {
			changes++
		}
	}
	if digits < 3 || digits == len(line) || changes < 3 {
		return ""
	}
	return line
}
