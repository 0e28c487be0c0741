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

// guessEastAsian gives the East Asian encoding in which the sample has no bad
// characters and mostly those in daily use; nil when there is none.
func guessEastAsian(sample []byte) encoding.Encoding {
	best, bestScore := encoding.Encoding(nil), 0.9
	for _, e := range eastAsian {
		text := strings.TrimRight(decodeWith(e.enc, sample), "\ufffd") // the sample may end within a character
		if text == "" || strings.ContainsRune(text, utf8.RuneError) {
			continue
		}
		if score := e.score(text, sample); score > bestScore {
			best, bestScore = e.enc, score
		}
	}
	return best
}

// eastAsianTable is an East Asian encoding with the lead bytes of the rows in
// which its table has the Han characters in daily use.
type eastAsianTable struct {
	enc         encoding.Encoding
	first, last byte
}

// eastAsian are the encodings that are guessed.
var eastAsian = [...]eastAsianTable{
	{japanese.EUCJP, 0xb0, 0xcf}, {japanese.ShiftJIS, 0x88, 0x97}, {korean.EUCKR, 1, 0},
	{simplifiedchinese.GB18030, 0xb0, 0xd7}, {traditionalchinese.Big5, 0xa4, 0xc6},
}

// score tells how much of the text beyond ASCII is what a text in that
// encoding has: its own script, and the Han characters in daily use.
func (e eastAsianTable) score(text string, raw []byte) float64 {
	all, score := 0.0, 0.0
	for _, r := range text {
		if len(raw) == 0 {
			break
		}
		lead := raw[0]
		raw = raw[min(len(raw), e.size(raw)):]
		if r < utf8.RuneSelf {
			continue
		}
		all++
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana) && r < 0xff00, unicode.Is(unicode.Hangul, r):
			score += 1.1
		case r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff5e:
			score++
		case unicode.Is(unicode.Han, r) && lead >= e.first && lead <= e.last:
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

// size gives the length of the character at the beginning of raw.
func (e eastAsianTable) size(raw []byte) int {
	c := raw[0]
	switch {
	case c < 0x80, e.enc == japanese.ShiftJIS && c >= 0xa1 && c <= 0xdf, e.enc == simplifiedchinese.GB18030 && c == 0x80:
		return 1
	case e.enc == japanese.EUCJP && c == 0x8f:
		return 3
	case e.enc == simplifiedchinese.GB18030 && len(raw) > 1 && raw[1] >= '0' && raw[1] <= '9':
		return 4
	}
	return 2
}
