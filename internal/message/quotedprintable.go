package message

import "bytes"

// decodeQuotedPrintable decodes RFC 2045 section 6.7 as mail readers do: an
// "=" that no two hex digits and no line end follow stays as it is, lower
// case digits count, and blanks at the end of a line are dropped.
func decodeQuotedPrintable(src []byte, limit int) (out []byte, fault transferFault, cut bool) {
	fault.at = -1
	out = make([]byte, 0, min(len(src), limit))
	for i := 0; i < len(src); {
		j := bytes.IndexByte(src[i:], '\n')
		end, next := len(src), len(src)
		if j >= 0 {
			end, next = i+j, i+j+1
			for end > i && src[end-1] == '\r' {
				end--
			}
		}
		var soft bool
		var bad int
		out, soft, bad = quotedPrintableLine(out, src[i:end])
		if bad >= 0 && fault.at < 0 {
			fault = transferFault{BadQuotedPrintable, i + bad}
		}
		if !soft {
			out = append(out, src[end:next]...)
		}
		if len(out) > limit {
			return out[:limit], fault, true
		}
		i = next
	}
	return out, fault, false
}

// quotedPrintableLine appends one decoded line; soft tells that it ends in a
// soft line break. bad is the place of the first fault, or -1.
func quotedPrintableLine(out, line []byte) (_ []byte, soft bool, bad int) {
	bad = -1
	trimmed := bytes.TrimRight(line, " \t")
	if n := len(trimmed); n > 0 && trimmed[n-1] == '=' {
		soft = true
		trimmed = trimmed[:n-1]
	}
	for i := 0; i < len(trimmed); {
		j := bytes.IndexByte(trimmed[i:], '=')
		if j < 0 {
			return append(out, trimmed[i:]...), soft, bad
		}
		out = append(out, trimmed[i:i+j]...)
		i += j
		if i+2 < len(trimmed) {
			hi, lo := hexValue(trimmed[i+1]), hexValue(trimmed[i+2])
			if hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 3
				continue
			}
		}
		if bad < 0 {
			bad = i
		}
		out = append(out, '=')
		i++
	}
	return out, soft, bad
}

// hexValue is the value of a hexadecimal digit, 255 for other octets.
func hexValue(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
