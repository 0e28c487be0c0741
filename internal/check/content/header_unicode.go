package content

import (
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"postern/internal/check"
	"postern/internal/verdict"
)

// DeceptiveText looks for characters in the subject and in the display name
// of From that people do not see, or that turn the direction of writing
// (Unicode Technical Report 36).
func DeceptiveText() check.Check {
	return check.New(check.Info{
		Name:  "deceptive_text",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("FROM_NAME_INVISIBLE_CHARS", 3, "The display name in From has invisible characters within words"),
			headerSymbol("FROM_NAME_BIDI", 3, "The display name in From turns the direction of writing"),
			headerSymbol("SUBJECT_INVISIBLE_CHARS", 2.5, "The subject has invisible characters within words"),
			headerSymbol("SUBJECT_BIDI", 2.5, "The subject turns the direction of writing"),
		},
	}, deceptiveText)
}

func deceptiveText(_ context.Context, tx *check.Transaction, out *check.Report) error {
	if from := author(tx.Message); from != nil {
		reportDeceptive(from.Name, "FROM_NAME_INVISIBLE_CHARS", "FROM_NAME_BIDI", out)
	}
	reportDeceptive(subjectOf(tx), "SUBJECT_INVISIBLE_CHARS", "SUBJECT_BIDI", out)
	return nil
}

// reportDeceptive examines one text.
func reportDeceptive(text, invisible, bidi string, out *check.Report) {
	if isASCII(text) {
		return
	}
	if hiddenInWords(text) {
		out.Add(invisible, strconv.QuoteToASCII(text))
	}
	if turnsDirection(text) {
		out.Add(bidi, strconv.QuoteToASCII(text))
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// hiddenInWords tells whether an invisible character stands between two
// letters of an alphabet that does not need it. Joiners are part of the
// spelling in Persian and the scripts of India, and of many emoji.
func hiddenInWords(text string) bool {
	var before rune
	hidden := false
	for _, c := range text {
		switch {
		case invisibleRune(c):
			hidden = hidden || plainLetter(before)
			continue
		case hidden && plainLetter(c):
			return true
		}
		before, hidden = c, false
	}
	return false
}

// invisibleRune tells whether c takes no room and has no look of its own.
func invisibleRune(c rune) bool {
	switch c {
	case 0xAD, 0x34F, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xFEFF:
		return true
	}
	return 0xE0000 <= c && c <= 0xE007F
}

// plainLetter tells whether c is a letter or digit of an alphabet that is
// written without joiners.
func plainLetter(c rune) bool {
	if c < utf8.RuneSelf {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
	}
	return unicode.In(c, unicode.Latin, unicode.Cyrillic, unicode.Greek)
}

// turnsDirection tells whether a text overrides the direction of writing, or
// embeds one although nothing in it is written from right to left.
func turnsDirection(text string) bool {
	embeds := false
	for _, c := range text {
		switch {
		case c == 0x202D || c == 0x202E:
			return true
		case c == 0x202A || c == 0x202B || 0x2066 <= c && c <= 0x2068:
			embeds = true
		}
	}
	return embeds && strings.IndexFunc(text, rightToLeft) < 0
}

func rightToLeft(c rune) bool {
	return 0x590 <= c && c <= 0x8FF || 0xFB1D <= c && c <= 0xFDFF || 0xFE70 <= c && c <= 0xFEFC
}
