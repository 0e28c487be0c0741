package message

import (
	"strings"
	"unicode/utf8"
)

// encodedWord is one encoded word (RFC 2047 section 2), its text decoded from
// its encoding but not from its charset.
type encodedWord struct {
	charset string
	// base64 holds the undecoded text of a B word, so that a group of four
	// that was cut between two words can be joined again.
	base64 string
	b      bool
	data   []byte
	end    int // offset after the word
}

// decodeWords decodes the encoded words in an unfolded value and turns 8-bit
// octets into UTF-8. It takes words as mail readers do: within quotes and
// beside text, with blanks and question marks in them, cut within a character
// or a base64 group. bad quotes the first word that was not clean.
func decodeWords(value string) (text, bad string) {
	if !strings.Contains(value, "=?") {
		return cleanText(value), ""
	}
	var b strings.Builder
	b.Grow(len(value))
	rest := value
	for {
		i := strings.Index(rest, "=?")
		if i < 0 {
			break
		}
		word, ok := parseWord(rest[i:])
		if !ok {
			if bad == "" && looksEncoded(rest[i:]) {
				bad = rest[i:]
			}
			b.WriteString(cleanText(rest[:i+2]))
			rest = rest[i+2:]
			continue
		}
		b.WriteString(cleanText(rest[:i]))
		words := []encodedWord{word}
		whole := rest[i:]
		rest = rest[i+word.end:]
		for {
			next, skip, ok := adjacentWord(rest)
			if !ok {
				break
			}
			words = append(words, next)
			rest = rest[skip+next.end:]
		}
		if !writeWords(&b, words) && bad == "" {
			bad = whole[:len(whole)-len(rest)]
		}
	}
	b.WriteString(cleanText(rest))
	return b.String(), bad
}

// looksEncoded tells whether s, which begins with "=?", was probably meant as
// an encoded word.
func looksEncoded(s string) bool {
	return strings.Count(s[:min(len(s), 200)], "?") >= 3
}

// adjacentWord parses a word that only blanks separate from the one before:
// those blanks are not shown (RFC 2047 section 6.2).
func adjacentWord(s string) (word encodedWord, skip int, ok bool) {
	for skip < len(s) && isBlank(s[skip]) {
		skip++
	}
	if !strings.HasPrefix(s[skip:], "=?") {
		return word, 0, false
	}
	word, ok = parseWord(s[skip:])
	return word, skip, ok
}

// isBlank tells whether c is white space within a header.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// parseWord parses the encoded word at the beginning of s, which begins with
// "=?".
func parseWord(s string) (word encodedWord, ok bool) {
	charset, rest, ok := strings.Cut(s[2:], "?")
	if !ok || charset == "" || strings.ContainsAny(charset, "\"<>@=") || len(charset) > 60 {
		return word, false
	}
	// RFC 2231 section 5: a language may follow the charset.
	word.charset, _, _ = strings.Cut(strings.TrimSpace(charset), "*")
	if len(rest) < 2 || rest[1] != '?' {
		return word, false
	}
	start := len(s) - len(rest) + 2
	switch rest[0] {
	case 'q', 'Q':
		n, after := wordEnd(s[start:], true)
		if n < 0 {
			return word, false
		}
		word.data, word.end = decodeQ(s[start:start+n]), start+after
	case 'b', 'B':
		n, after := wordEnd(s[start:], false)
		if n < 0 {
			return word, false
		}
		word.b, word.base64, word.end = true, s[start:start+n], start+after
	default:
		return word, false
	}
	return word, true
}

// maxWord bounds the text of one encoded word. RFC 2047 section 2 allows 75
// bytes; some senders put a whole field in one.
const maxWord = 8 << 10

// wordEnd finds the "?=" that ends the encoded text s: n is the length of the
// text and after where the word ends; n is -1 when there is no end.
func wordEnd(s string, q bool) (n, after int) {
	s = s[:min(len(s), maxWord)]
	for from := 0; ; {
		i := strings.Index(s[from:], "?=")
		if i < 0 {
			if strings.HasSuffix(s, "?") && !strings.Contains(s[:len(s)-1], "?") {
				return len(s) - 1, len(s) // the very last byte was cut off
			}
			return -1, 0
		}
		n = from + i
		// QUIRK: senders leave "?" as it is before an encoded character, as
		// in "ok?=20really?="; only then does another end follow at once.
		if !q || !isHexPair(s[n+2:]) || !endsSoon(s[n+2:]) {
			return n, n + 2
		}
		from = n + 1
	}
}

// isHexPair tells whether s begins with two upper-case hexadecimal digits.
func isHexPair(s string) bool {
	return len(s) >= 2 && isUpperHex(s[0]) && isUpperHex(s[1])
}

func isUpperHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

// endsSoon tells whether "?=" comes before a blank or another word.
func endsSoon(s string) bool {
	i := strings.Index(s, "?=")
	return i >= 0 && !strings.ContainsAny(s[:i], " \t") && !strings.Contains(s[:i], "=?")
}

// decodeQ decodes the Q encoding (RFC 2047 section 4.2). What is not encoded
// well stands for itself.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0:
			out = append(out, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
		case c == '=' && i+1 < len(s) && s[i+1] == '\n': // as at the end of a quoted-printable line
		case c != '\n' && c != '\r': // where a fold cut the word
			out = append(out, c)
		}
	}
	return out
}

// hexDigit gives the value of a hexadecimal digit, -1 for another byte.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// decodeB decodes base64 without regard to missing padding, blanks and other
// characters outside the alphabet; clean tells that there were none of these.
func decodeB(s string) (out []byte, clean bool) {
	out = make([]byte, 0, len(s)*3/4+2)
	clean = true
	var group uint32
	bits, pads, digits := 0, 0, 0
	for i := 0; i < len(s); i++ {
		v := base64Digit(s[i])
		if v < 0 {
			if s[i] == '=' {
				pads++
				// Padding ends a group; text may follow where words were joined.
				group, bits = 0, 0
				continue
			}
			clean = clean && isBlank(s[i])
			continue
		}
		digits++
		group = group<<6 | uint32(v)
		if bits += 6; bits >= 8 {
			bits -= 8
			out = append(out, byte(group>>bits))
		}
	}
	return out, clean && (digits+pads)%4 == 0
}

// base64Digit gives the value of a base64 digit, -1 for another byte.
func base64Digit(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// writeWords writes the text of words that stand side by side. Octets of one
// charset are joined before they are decoded, since senders cut words within
// characters.
func writeWords(b *strings.Builder, words []encodedWord) (clean bool) {
	clean = true
	for i := 0; i < len(words); {
		charset := words[i].charset
		var data []byte
		for ; i < len(words) && strings.EqualFold(words[i].charset, charset); i++ {
			if !words[i].b {
				data = append(data, words[i].data...)
				continue
			}
			text := words[i].base64
			for openGroup(text) && i+1 < len(words) && words[i+1].b && strings.EqualFold(words[i+1].charset, charset) {
				i++
				text += words[i].base64
			}
			part, ok := decodeB(text)
			data = append(data, part...)
			clean = clean && ok
		}
		text, problem := decodeCharset(charset, data)
		b.WriteString(dropNUL(text))
		clean = clean && problem == charsetFine
	}
	return clean
}

// openGroup tells whether base64 text ends within a group of four without
// padding, so that the next word goes on with it.
func openGroup(s string) bool { return !strings.HasSuffix(s, "=") && len(s)%4 != 0 }

// cleanText makes valid UTF-8 of text without encoded words, and blanks of
// the folds that joinFolds left in it.
func cleanText(s string) string {
	if strings.IndexByte(s, '\n') >= 0 {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	if isASCII(s) || utf8.ValidString(s) {
		return dropNUL(s)
	}
	text, _ := decodeCharset("", []byte(s))
	return dropNUL(text)
}

// dropNUL takes NUL characters out, which mail readers do not show.
func dropNUL(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// isASCII tells whether s has only octets below 128.
func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
