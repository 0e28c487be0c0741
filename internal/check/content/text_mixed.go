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

// Bounds on the search for words of mixed alphabets.
const (
	// minMixed is the least number of letters of a word taken for a disguise:
	// shorter ones are units and formulas.
	minMixed = 4
	// mixedBytes bounds what is examined of one text.
	mixedBytes = 8 << 10
	// mixedWords is the number of such words in a text that leaves no doubt;
	// a few come about when people forget to switch the keyboard.
	mixedWords = 10
	// fewMixed is the number that such slips do not reach.
	fewMixed = 3
)

// MixedAlphabets looks for words that mix letters of alphabets which look
// alike, so that people read them and filters do not.
func MixedAlphabets() check.Check {
	return check.New(check.Info{
		Name:  "mixed_alphabets",
		Stage: check.Message,
		Symbols: []verdict.Symbol{
			headerSymbol("R_MIXED_CHARSET", 5, "Words mix letters of alphabets that look alike"),
		},
	}, mixedAlphabets)
}

func mixedAlphabets(_ context.Context, tx *check.Transaction, out *check.Report) error {
	if from := author(tx.Message); from != nil {
		reportMixed(from.Name, 1, out)
	}
	reportMixed(subjectOf(tx), 1, out)
	for _, p := range tx.Message.Texts() {
		reportMixed(clipText(p.Visible(), mixedBytes), fewMixed, out)
	}
	return nil
}

// reportMixed reports the mixed words of a text if there are at least least.
func reportMixed(text string, least int, out *check.Report) {
	if !hasLookalikes(text) {
		return
	}
	word, n := mixedIn(text)
	if n < least {
		return
	}
	weight := 1.0
	if least > 1 {
		weight = min(1, float64(n)/mixedWords)
	}
	out.AddWeighted("R_MIXED_CHARSET", weight, strconv.Itoa(n)+" words such as "+word+" = "+strconv.QuoteToASCII(word))
}

// hasLookalikes tells whether a text has Greek or Cyrillic letters, by the
// first bytes of their UTF-8 forms; most texts have none.
func hasLookalikes(text string) bool {
	for i := range len(text) {
		if c := text[i]; 0xCD <= c && c <= 0xD4 {
			return true
		}
	}
	return false
}

// mixedIn counts the words of a text that mix Latin with Cyrillic or Greek
// letters in order to look like words of one alphabet, and gives the first.
func mixedIn(text string) (first string, n int) {
	start, latin, other := -1, false, false
	word := func(end int) {
		if latin && other && deceives(text[start:end]) {
			if n++; n == 1 {
				first = text[start:end]
			}
		}
		start, latin, other = -1, false, false
	}
	for i, c := range text {
		switch {
		case c < utf8.RuneSelf && isLetter(byte(c)):
			latin = true
		case 0x370 <= c && c <= 0x52F:
			other = true
		case c < utf8.RuneSelf || !unicode.IsLetter(c):
			if start >= 0 {
				word(i)
			}
			continue
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		word(len(text))
	}
	return first, n
}

// deceives tells whether a word consists of Latin letters and such Cyrillic or
// Greek ones as look the same, or changes the alphabet again and again. "SMSка"
// is honest Russian: it changes once, and its ending looks Cyrillic.
func deceives(word string) bool {
	letters, latin, lookalikes, others, changes := 0, 0, 0, 0, 0
	wasLatin, first := false, true
	for _, c := range word {
		letters++
		isLatin := c < utf8.RuneSelf || unicode.Is(unicode.Latin, c)
		switch {
		case isLatin:
			latin++
		case strings.ContainsRune(lookalikeLetters, c):
			lookalikes++
		case unicode.In(c, unicode.Cyrillic, unicode.Greek):
			others++
		default:
			return false
		}
		if !first && isLatin != wasLatin {
			changes++
		}
		wasLatin, first = isLatin, false
	}
	if letters < minMixed || latin == 0 || lookalikes+others == 0 {
		return false
	}
	return others == 0 || changes >= 3
}

// lookalikeLetters are Cyrillic and Greek letters that look like Latin ones.
const lookalikeLetters = "аеёорсухіјѕԁԛԝһӏАВЕКМНОРСТУХІЈЅԌ" + "αικνορυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
