package content

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"postern/internal/check"
	"postern/internal/verdict"
)

// Bounds that tell shouting and padding subjects from ordinary ones.
const (
	// minCaps is the least number of letters of a subject that can shout.
	minCaps = 10
	// minShout is the least length of a word in capitals that is not taken
	// for an abbreviation.
	minShout = 5
	// longSubject is the number of characters that no honest subject needs.
	longSubject = 200
	// minGappy is the least number of single letters in a row set apart.
	minGappy = 5
	// minPadding is the least number of blanks in a row that push something
	// out of sight.
	minPadding = 10
)

// Subject looks at the text of the subject.
func Subject() check.Check {
	const group = "subject"
	return check.New(check.Info{
		Name:  "subject",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			groupSymbol(group, "SUBJ_ALL_CAPS", 3, "Nearly all letters of the subject are capitals"),
			groupSymbol(group, "LONG_SUBJ", 3, "The subject has more than 200 characters"),
			// rspamd: 4. In public corpora ham has it as often as spam (0.05 to 0.4 %).
			groupSymbol(group, "URL_IN_SUBJECT", 2, "The subject holds a web address"),
			groupSymbol(group, "SUBJECT_GAPPY", 2, "Letters of a word in the subject are set apart"),
			groupSymbol(group, "SUBJECT_PADDED", 2, "The subject has a long run of blanks before its end"),
			headerSymbol("SUBJECT_ENDS_EXCLAIM", 0, "The subject ends with an exclamation mark"),
			// rspamd: 1. In public corpora it stands in more ham (6.5 to 10 %) than
			// spam (3 to 4 %), so it only informs.
			headerSymbol("SUBJECT_ENDS_QUESTION", 0, "The subject ends with a question mark"),
			headerSymbol("SUBJECT_ENDS_SPACES", 0.5, "The subject ends with blanks"),
			headerSymbol("SUBJECT_HAS_CURRENCY", 1, "The subject names a sum of money"),
			headerSymbol("SUBJECT_HAS_EXCLAIM", 0, "The subject has an exclamation mark"),
			headerSymbol("SUBJECT_HAS_QUESTION", 0, "The subject has a question mark"),
			headerSymbol("FAKE_REPLY", 1, "The subject says that this is an answer, but nothing says to what"),
		},
	}, subject)
}

// subjectOf gives the subject: what the door was told, or the field's text.
func subjectOf(tx *check.Transaction) string {
	if tx.Session.Subject != "" {
		return tx.Session.Subject
	}
	return tx.Message.Subject()
}

func subject(_ context.Context, tx *check.Transaction, out *check.Report) error {
	text := subjectOf(tx)
	if text == "" {
		return nil
	}
	h := tx.Message.Header()
	if f := h.First("Subject"); f != nil {
		if raw := strings.TrimRight(string(f.RawValue()), "\r\n"); strings.TrimRight(raw, " \t") != raw {
			out.Add("SUBJECT_ENDS_SPACES", text)
		}
	}
	reportMarks(text, out)
	reportShape(text, out)
	refers := h.Has("In-Reply-To") || h.Has("References")
	if weight := webAddressWeight(text); weight > 0 {
		if refers {
			// An answer repeats the subject that somebody else wrote.
			weight /= 2
		}
		out.AddWeighted("URL_IN_SUBJECT", weight, text)
	}
	if !refers && claimsReply(text) {
		out.Add("FAKE_REPLY", text)
	}
	return nil
}

// reportMarks reports marks that advertisements like.
func reportMarks(text string, out *check.Report) {
	trimmed := strings.TrimRight(text, " \t")
	if strings.IndexByte(text, '!') >= 0 {
		out.Add("SUBJECT_HAS_EXCLAIM")
		if strings.HasSuffix(trimmed, "!") {
			out.Add("SUBJECT_ENDS_EXCLAIM", text)
		}
	}
	if strings.IndexByte(text, '?') >= 0 {
		out.Add("SUBJECT_HAS_QUESTION")
		if strings.HasSuffix(trimmed, "?") {
			out.Add("SUBJECT_ENDS_QUESTION", text)
		}
	}
	if hasMoney(text) {
		out.Add("SUBJECT_HAS_CURRENCY", text)
	}
}

// hasMoney tells whether a sign of a currency stands beside a number.
func hasMoney(text string) bool {
	for i, c := range text {
		switch c {
		case '$', '€', '£', '¥', '₽', '₹', '₿':
			after := strings.TrimLeft(text[i+utf8.RuneLen(c):], " ")
			before := strings.TrimRight(text[:i], " ")
			if after != "" && isDigit(after[0]) || before != "" && isDigit(before[len(before)-1]) {
				return true
			}
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// reportShape reports subjects that shout, go on too long, or are stretched.
func reportShape(text string, out *check.Report) {
	if shouts(text) {
		out.Add("SUBJ_ALL_CAPS", text)
	}
	if len(text) > longSubject && utf8.RuneCountInString(text) > longSubject {
		out.Add("LONG_SUBJ", text)
	}
	if word := gappyWord(text); word != "" {
		out.Add("SUBJECT_GAPPY", word)
	}
	if i := strings.Index(text, strings.Repeat(" ", minPadding)); i > 0 && strings.TrimSpace(text[i:]) != "" {
		out.Add("SUBJECT_PADDED", text)
	}
}

// shouts tells whether at least nine of ten letters are capitals, there are
// enough of them, and they make words and not abbreviations only.
func shouts(text string) bool {
	capitals, small, words, run, longest := 0, 0, 1, 0, 0
	for _, c := range text {
		switch {
		case 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf && unicode.IsUpper(c):
			capitals++
			run++
			longest = max(longest, run)
			continue
		case 'a' <= c && c <= 'z' || c >= utf8.RuneSelf && unicode.IsLower(c):
			small++
		case c == ' ':
			words++
		}
		run = 0
	}
	return capitals >= minCaps && longest >= minShout && words > 1 && capitals*10 >= (capitals+small)*9
}

// gappyWord finds single letters set apart by one and the same character, as
// in "F R E E"; "" when there are fewer than five in a row.
func gappyWord(text string) string {
	for i := 0; i+2*minGappy-1 <= len(text); i++ {
		if i > 0 && isLetter(text[i-1]) {
			continue
		}
		if n := gappyRun(text[i:]); n >= minGappy {
			return text[i : i+2*n-1]
		}
	}
	return ""
}

// gappyRun counts the single letters set apart at the beginning of s.
func gappyRun(s string) int {
	n := 0
	for j := 0; j < len(s) && isLetter(s[j]); j += 2 {
		if j+1 < len(s) && isLetter(s[j+1]) {
			break
		}
		n++
		if j+1 == len(s) || s[j+1] != s[1] || strings.IndexByte(" .-_*", s[1]) < 0 {
			break
		}
	}
	return n
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// webAddressWeight tells how surely a subject advertises a web address: 1 for
// one with a scheme or one that is all there is, less for a www name within
// other text, 0 for none.
func webAddressWeight(text string) float64 {
	if hasWebAddress(text) {
		return 1
	}
	i := strings.Index(text, "www.")
	if i < 0 || i > 0 && isDomainByte(text[i-1]) {
		return 0
	}
	rest := text[i+len("www."):]
	if end := strings.IndexAny(rest, " \t"); end >= 0 {
		rest = rest[:end]
	}
	switch {
	case strings.IndexByte(rest, '.') < 1:
		return 0
	case len(rest)+len("www.") == len(text):
		return 1
	}
	return 0.6
}

// replyMarks are the words for "answer" that mail programs of several
// languages set before the subject.
var replyMarks = [...]string{"re:", "aw:", "sv:", "vs:", "antw:", "antwort:", "odp:", "ynt:", "ref:", "rif:"}

// claimsReply tells whether a subject begins with such a word.
func claimsReply(text string) bool {
	for _, mark := range replyMarks {
		if len(text) > len(mark) && strings.EqualFold(text[:len(mark)], mark) {
			return true
		}
	}
	return false
}
