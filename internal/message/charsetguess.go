package message

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// guessBytes bounds the sample a guess looks at.
const guessBytes = 4096

// guessCharset decodes text of which the charset is not known: by a byte
// order mark, as UTF-8 where it is valid, by the script that its octets look
// like, and as windows-1252 otherwise, which has a meaning for every octet.
func guessCharset(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return string(bytes.ToValidUTF8(data[3:], []byte("\ufffd")))
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data)
	case utf8.Valid(data):
		return string(data)
	}
	if text := decodeWith(guessEncoding(data), data); text != "" {
		return text
	}
	return decodeWith(charmap.Windows1252, data)
}

// decodeWith decodes with one table; "" on failure.
func decodeWith(enc encoding.Encoding, data []byte) string {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return ""
	}
	return string(bytes.ToValidUTF8(out, []byte("\ufffd")))
}

// guessEncoding picks a legacy encoding by a sample: the Cyrillic tables by
// which of their halves holds small letters, the East Asian ones by decoding.
func guessEncoding(data []byte) encoding.Encoding {
	sample := data[:min(len(data), guessBytes)]
	high, low, upper, controls := 0, 0, 0, 0
	letters := 0
	for _, c := range sample {
		switch {
		case c >= 0xe0:
			high++
			upper++
		case c >= 0xc0:
			high++
			low++
		case c >= 0x80:
			high++
			controls++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	// Western text has few letters with accents among many without.
	if high*3 < letters || high < 4 {
		return charmap.Windows1252
	}
	if enc := guessEastAsian(sample); enc != nil {
		return enc
	}
	if controls*4 > high {
		return charmap.Windows1252
	}
	if upper > low {
		return charmap.Windows1251
	}
	return charmap.KOI8R
}

// guessEastAsian gives the first East Asian encoding in which the sample has
// no bad characters and mostly those in daily use; nil when there is none.
func guessEastAsian(sample []byte) encoding.Encoding {
	best, bestScore := encoding.Encoding(nil), 0.9
	for _, enc := range []encoding.Encoding{
		japanese.EUCJP, japanese.ShiftJIS, korean.EUCKR, simplifiedchinese.GB18030, traditionalchinese.Big5,
	} {
		text := strings.TrimRight(decodeWith(enc, sample), "\ufffd") // the sample may end within a character
		if text == "" || strings.ContainsRune(text, utf8.RuneError) {
			continue
		}
		if score := eastAsianScore(text, enc); score > bestScore {
			best, bestScore = enc, score
		}
	}
	return best
}

// eastAsianScore tells how much of the text beyond ASCII is what a text in
// that encoding has: its own script, and the Han characters in daily use.
func eastAsianScore(text string, enc encoding.Encoding) float64 {
	all, score := 0.0, 0.0
	for _, r := range text {
		if r < utf8.RuneSelf {
			continue
		}
		all++
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana) && r < 0xff00:
			score += 1.1
		case unicode.Is(unicode.Hangul, r):
			score += 1.1
		case commonHan(r, enc):
			score++
		case r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff5e:
			score++
		case unicode.Is(unicode.Han, r):
			score += 0.7
		}
	}
	if all == 0 {
		return 0
	}
	return score / all
}

// commonHan tells whether r stands in the first level of the encoding's
// table, where the characters in daily use are.
func commonHan(r rune, enc encoding.Encoding) bool {
	if !unicode.Is(unicode.Han, r) {
		return false
	}
	code, err := enc.NewEncoder().String(string(r))
	if err != nil || len(code) != 2 {
		return false
	}
	lead := code[0]
	switch enc {
	case simplifiedchinese.GB18030:
		return lead >= 0xb0 && lead <= 0xd7 && code[1] >= 0xa1
	case traditionalchinese.Big5:
		return lead >= 0xa4 && lead <= 0xc6
	case japanese.EUCJP:
		return lead >= 0xb0 && lead <= 0xcf
	case japanese.ShiftJIS:
		return lead >= 0x88 && lead <= 0x97
	}
	return false
}
