package message

import (
	"bytes"
	"strings"
)

// transfer is a content transfer encoding (RFC 2045 section 6) or one of the
// older ones that mail readers still take off.
type transfer uint8

const (
	identity transfer = iota
	base64Encoding
	quotedPrintable
	uuencode
	yencode
	unknownEncoding
)

// transferOf understands the value of Content-Transfer-Encoding the way mail
// readers do: the first word counts, comments and case do not. exact is false
// for a value that only some readers would understand so.
func transferOf(word string) (enc transfer, exact bool) {
	switch word {
	case "", "7bit", "8bit", "binary":
		return identity, true
	case "base64":
		return base64Encoding, true
	case "quoted-printable":
		return quotedPrintable, true
	case "x-uuencode", "x-uue":
		return uuencode, true
	case "uuencode", "uue", "x-uu":
		return uuencode, false
	case "x-yencode", "x-yenc", "yenc":
		return yencode, false
	case "7-bit", "8-bit", "7bits", "8bits", "none", "plain", "text", "us-ascii", "7", "8":
		return identity, false
	}
	switch {
	case strings.Contains(word, "base64"):
		return base64Encoding, false
	case strings.Contains(word, "quoted-printable"):
		return quotedPrintable, false
	}
	return unknownEncoding, false
}

// transferFault is what a decoder found wrong; at is the offset into the
// encoded bytes, -1 for nothing.
type transferFault struct {
	kind DefectKind
	at   int
}

// decodeTransfer takes the transfer encoding off src, giving at most limit
// bytes; cut tells that there was more.
func decodeTransfer(enc transfer, src []byte, limit int) (out []byte, fault transferFault, cut bool) {
	fault.at = -1
	switch enc {
	case base64Encoding:
		return decodeBase64(src, limit)
	case quotedPrintable:
		return decodeQuotedPrintable(src, limit)
	case uuencode:
		out, fault = decodeUUPart(src)
	case yencode:
		out, fault = decodeYEnc(src)
	default:
		return src, fault, false
	}
	if len(out) > limit {
		return out[:limit], fault, true
	}
	return out, fault, false
}

// base64 classes of octets beside the values 0 to 63.
const (
	b64Pad   = 64
	b64Blank = 65
	b64Junk  = 66
)

// base64Values gives the value of each octet (RFC 2045 section 6.8).
var base64Values = func() (t [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range t {
		t[i] = b64Junk
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = byte(i)
	}
	for _, c := range " \t\r\n\f\v" {
		t[c] = b64Blank
	}
	t['='] = b64Pad
	return t
}()

// decodeBase64 decodes as mail readers do: octets outside the alphabet are
// skipped, and padding ends a group but not the text, since some programs
// encode in pieces. After padding only lines that can be base64 count; the
// footers that mailing lists append do not.
func decodeBase64(src []byte, limit int) (out []byte, fault transferFault, cut bool) {
	fault.at = -1
	size := len(src)/4*3 + 3
	if size > limit+3 {
		size = limit + 3
	}
	out = make([]byte, 0, size)
	var group uint32
	n := 0
	note := func(kind DefectKind, at int) {
		if fault.at < 0 {
			fault = transferFault{kind, at}
		}
	}
	for i := 0; i < len(src); {
		if n == 0 {
			if out, i = base64Quads(out, src, i, limit); i >= len(src) {
				break
			}
			if len(out) >= limit {
				return out[:limit], fault, base64Remains(src[i:])
			}
		}
		v := base64Values[src[i]]
		i++
		switch {
		case v < b64Pad:
			group = group<<6 | uint32(v)
			if n++; n == 4 {
				out = append(out, byte(group>>16), byte(group>>8), byte(group))
				n, group = 0, 0
			}
		case v == b64Junk:
			note(BadBase64, i-1)
			if n == 0 && i > 1 && src[i-2] == '\n' && len(out) > 0 && footerLine(src[i-1:]) {
				return clip(out, limit, fault)
			}
		case v == b64Pad:
			if n == 1 {
				note(BadBase64, i-1)
			}
			out = base64Flush(out, group, n)
			n, group = 0, 0
			end := base64AfterPadding(src, i)
			if end < len(src) && base64Remains(src[end:]) {
				note(BadBase64, end)
				if !base64Line(src[end:]) {
					return clip(out, limit, fault)
				}
			}
			i = end
		}
	}
	if n > 0 {
		note(TruncatedBase64, len(src))
		out = base64Flush(out, group, n)
	}
	return clip(out, limit, fault)
}

func clip(out []byte, limit int, fault transferFault) ([]byte, transferFault, bool) {
	if len(out) > limit {
		return out[:limit], fault, true
	}
	return out, fault, false
}

// base64Quads decodes whole groups of four, and the line ends between them,
// until something else comes or the limit is reached.
func base64Quads(out, src []byte, i, limit int) ([]byte, int) {
	for len(out) < limit {
		for i+4 <= len(src) {
			a, b := base64Values[src[i]], base64Values[src[i+1]]
			c, d := base64Values[src[i+2]], base64Values[src[i+3]]
			if (a|b|c|d)&0xC0 != 0 || len(out)+3 > cap(out) {
				break
			}
			out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
			i += 4
		}
		j := i
		for j < len(src) && base64Values[src[j]] == b64Blank {
			j++
		}
		if j == i {
			break
		}
		i = j
	}
	return out, i
}

// base64Flush writes the whole octets of an unfinished group.
func base64Flush(out []byte, group uint32, n int) []byte {
	switch n {
	case 2:
		out = append(out, byte(group>>4))
	case 3:
		out = append(out, byte(group>>10), byte(group>>2))
	}
	return out
}

// base64AfterPadding gives the place after the padding of a group and the
// blanks that follow it. What follows on the same line after a blank is none
// of the text, and is passed over.
func base64AfterPadding(src []byte, i int) int {
	for i < len(src) && base64Values[src[i]] == b64Pad {
		i++
	}
	if i < len(src) && (src[i] == ' ' || src[i] == '\t') {
		for i < len(src) && src[i] != '\n' && src[i] != '\r' {
			if base64Values[src[i]] < b64Pad {
				return len(src)
			}
			i++
		}
	}
	for i < len(src) {
		if v := base64Values[src[i]]; v != b64Pad && v != b64Blank {
			break
		}
		i++
	}
	return i
}

// base64Remains tells whether anything but blanks and padding is left.
func base64Remains(src []byte) bool {
	for _, c := range src {
		if v := base64Values[c]; v != b64Blank && v != b64Pad {
			return true
		}
	}
	return false
}

// footerLine tells whether src, which begins with no base64, begins with a
// line of words or a rule, as in the footer of a mailing list.
func footerLine(src []byte) bool {
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		src = src[:i]
	}
	src = bytes.TrimRight(src, " \t\r")
	letters, blanks := 0, 0
	for _, c := range src {
		switch v := base64Values[c]; {
		case v < b64Pad:
			letters++
		case v == b64Blank:
			blanks++
		}
	}
	return letters == 0 && len(src) > 1 || blanks > 0
}

// base64Line tells whether src begins with a line that can be base64: not
// with words and punctuation as in a footer.
func base64Line(src []byte) bool {
	line := src
	if i := bytes.IndexAny(src, "\r\n"); i >= 0 {
		line = src[:i]
	}
	line = bytes.TrimRight(line, " \t")
	for _, c := range line {
		if base64Values[c] >= b64Blank {
			return false
		}
	}
	return true
}

// sniffed is how much of a body is looked at to tell its encoding.
const sniffed = 4 << 10

// looksBase64 tells whether raw, whose encoding is in doubt, is base64:
// nothing else, and enough of it.
func looksBase64(raw []byte) bool {
	n := 0
	for _, c := range raw[:min(len(raw), sniffed)] {
		switch v := base64Values[c]; {
		case v == b64Junk:
			return false
		case v < b64Pad:
			n++
		case c == ' ':
			return false
		}
	}
	return n >= 16
}

// looksQuotedPrintable tells whether raw, whose encoding is in doubt, has
// escapes of quoted-printable and no other equals signs.
func looksQuotedPrintable(raw []byte) bool {
	raw = raw[:min(len(raw), sniffed)]
	n := 0
	for i := 0; i+2 < len(raw); i++ {
		if raw[i] != '=' {
			continue
		}
		switch {
		case hexValue(raw[i+1]) < 16 && hexValue(raw[i+2]) < 16:
			n++
		case raw[i+1] != '\r' && raw[i+1] != '\n':
			return false
		}
	}
	return n >= 2
}
