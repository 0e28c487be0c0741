package message

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// The charsets in this file write other scripts with octets below 128. The
// tables of browsers replace such a text as a whole, for their own safety;
// mail readers show it.

// decodeUTF7 decodes UTF-7 (RFC 2152). What is not encoded well stands for
// itself.
func decodeUTF7(data []byte) string {
	var b strings.Builder
	b.Grow(len(data))
	for len(data) > 0 {
		i := bytes.IndexByte(data, '+')
		if i < 0 {
			break
		}
		writeUTF8(&b, data[:i])
		data = data[i+1:]
		n := 0
		for n < len(data) && base64Digit(data[n]) >= 0 {
			n++
		}
		text, ok := utf7Units(data[:n])
		switch {
		case n == 0 && len(data) > 0 && data[0] == '-':
			b.WriteByte('+')
		case n == 0 || !ok:
			b.WriteByte('+')
			b.Write(data[:n])
			data = data[n:]
			continue
		default:
			b.WriteString(text)
		}
		data = data[n:]
		if len(data) > 0 && data[0] == '-' {
			data = data[1:]
		}
	}
	writeUTF8(&b, data)
	return b.String()
}

// writeUTF8 writes data, octets that are not UTF-8 by guess.
func writeUTF8(b *strings.Builder, data []byte) {
	if utf8.Valid(data) {
		b.Write(data)
		return
	}
	b.WriteString(guessCharset(data))
}

// utf7Units decodes one shifted run: base64 of UTF-16.
func utf7Units(digits []byte) (string, bool) {
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
	n, err := base64.RawStdEncoding.Decode(raw, digits)
	if err != nil || n < 2 {
		return "", false
	}
	return string(utf16.Decode(units16(raw[:n&^1], false))), true
}

// units16 gives the 16-bit units of octets in either order.
func units16(raw []byte, little bool) []uint16 {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		hi, lo := raw[2*i], raw[2*i+1]
		if little {
			hi, lo = lo, hi
		}
		units[i] = uint16(hi)<<8 | uint16(lo)
	}
	return units
}

// decodeUTF16 decodes UTF-16 by its byte order mark or, without one, by where
// its NUL octets stand.
func decodeUTF16(data []byte) string {
	little := false
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		little, data = true, data[2:]
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		data = data[2:]
	default:
		even, odd := 0, 0
		for i, c := range data[:min(len(data), guessBytes)] {
			if c == 0 && i%2 == 0 {
				even++
			} else if c == 0 {
				odd++
			}
		}
		little = odd > even
	}
	return string(utf16.Decode(units16(data, little)))
}

// decodeUTF32 decodes UTF-32 by its byte order mark or, without one, by where
// its NUL octets stand.
func decodeUTF32(data []byte) string {
	little := len(data) >= 4 && data[0] != 0 && data[3] == 0
	var b strings.Builder
	for ; len(data) >= 4; data = data[4:] {
		r := rune(uint32(data[0])<<24 | uint32(data[1])<<16 | uint32(data[2])<<8 | uint32(data[3]))
		if little {
			r = rune(uint32(data[3])<<24 | uint32(data[2])<<16 | uint32(data[1])<<8 | uint32(data[0]))
		}
		if r != 0xfeff {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// decodeISO2022KR decodes ISO-2022-KR (RFC 1557): between SO and SI pairs of
// octets are KS C 5601.
func decodeISO2022KR(data []byte) string {
	return decodeShifted(data, func(run []byte) string { return decodeWith(korean.EUCKR, run) })
}

// decodeISO2022CN decodes ISO-2022-CN (RFC 1922) as far as its GB 2312 part.
func decodeISO2022CN(data []byte) string {
	return decodeShifted(data, func(run []byte) string { return decodeWith(simplifiedchinese.GB18030, run) })
}

// decodeShifted decodes text in which SO and SI switch to a table and back;
// run decodes its octets with the eighth bit set.
func decodeShifted(data []byte, run func([]byte) string) string {
	const so, si, esc = 0x0e, 0x0f, 0x1b
	var b strings.Builder
	var table []byte
	shifted := false
	flush := func() {
		b.WriteString(run(table))
		table = table[:0]
	}
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == esc && i+3 < len(data) && data[i+1] == '$' && (data[i+2] == ')' || data[i+2] == '*'):
			i += 3 // names the table
		case c == so:
			shifted = true
		case c == si:
			flush()
			shifted = false
		case c >= utf8.RuneSelf: // QUIRK: not shifted but in the table's 8-bit form
			table = append(table, c)
		case shifted && c > ' ':
			table = append(table, c|0x80)
		default:
			flush()
			b.WriteByte(c)
			shifted = shifted && c != '\n'
		}
	}
	flush()
	return b.String()
}

// decodeHZ decodes HZ (RFC 1843): pairs between ~{ and ~} are GB 2312.
func decodeHZ(data []byte) string {
	var b strings.Builder
	for len(data) > 0 {
		i := bytes.IndexByte(data, '~')
		if i < 0 || i+1 >= len(data) {
			break
		}
		writeUTF8(&b, data[:i])
		next, pending := data[i+1], 0
		data = data[i:]
		switch next {
		case '~':
			b.WriteByte('~')
		case '\n', '{':
		default:
			b.WriteByte('~')
			pending = 1 // the octet after it is text
		}
		data = data[2-pending:]
		if next == '{' {
			data = writeHZRun(&b, data)
		}
	}
	writeUTF8(&b, data)
	return b.String()
}

// writeHZRun decodes up to ~} or the end of the line and gives the rest.
func writeHZRun(b *strings.Builder, data []byte) []byte {
	n := 0
	for n+1 < len(data) && data[n] != '\n' && (data[n] != '~' || data[n+1] != '}') {
		n++
	}
	if n+1 >= len(data) {
		n = len(data)
	}
	run := make([]byte, n)
	for i, c := range data[:n] {
		if c > ' ' {
			c |= 0x80
		}
		run[i] = c
	}
	b.WriteString(decodeWith(simplifiedchinese.GB18030, run))
	data = data[n:]
	if bytes.HasPrefix(data, []byte("~}")) {
		data = data[2:]
	}
	return data
}
