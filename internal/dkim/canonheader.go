package dkim

import "bytes"

// appendField appends a field in its canonical form with a CRLF at its end
// (RFC 6376 sections 3.4.1 and 3.4.2).
func appendField(dst []byte, c Canon, raw []byte) []byte {
	if c == Relaxed {
		dst = appendRelaxed(dst, raw)
	} else {
		dst = appendSimple(dst, raw[:len(raw)-lastLineEnd(raw)])
	}
	return append(dst, '\r', '\n')
}

// lastLineEnd counts the octets of the line end at the end of a field.
func lastLineEnd(raw []byte) int {
	n := len(raw)
	switch {
	case n > 1 && raw[n-1] == '\n' && raw[n-2] == '\r':
		return 2
	case n > 0 && (raw[n-1] == '\n' || raw[n-1] == '\r' && bytes.IndexByte(raw, '\n') < 0):
		return 1
	}
	return 0
}

// appendSimple appends the field as it is; only LF alone becomes CRLF.
func appendSimple(dst, raw []byte) []byte {
	for {
		lf := bytes.IndexByte(raw, '\n')
		if lf < 0 {
			return append(dst, raw...)
		}
		if lf > 0 && raw[lf-1] == '\r' {
			dst = append(dst, raw[:lf+1]...)
		} else {
			dst = append(append(dst, raw[:lf]...), '\r', '\n')
		}
		raw = raw[lf+1:]
	}
}

// appendRelaxed appends the field with its name in lower case, without folds,
// and with its blanks made few.
func appendRelaxed(dst, raw []byte) []byte {
	colon := bytes.IndexByte(raw, ':')
	if colon < 0 {
		return dst
	}
	name := bytes.TrimRight(raw[:colon], " \t")
	for _, c := range name {
		dst = append(dst, lower(c))
	}
	dst = append(dst, ':')
	start, blank := len(dst), false
	for i := colon + 1; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == ' ' || c == '\t':
			blank = true
		case c == '\n', c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
			// a fold, of which the blanks after it count
		default:
			if blank && len(dst) > start {
				dst = append(dst, ' ')
			}
			blank = false
			dst = append(dst, c)
		}
	}
	return dst
}

// appendSignature appends the signature's own field in its canonical form:
// without the value of b=, which stands between two offsets, and without a
// line end (RFC 6376 section 3.7).
func appendSignature(dst []byte, c Canon, raw []byte, bStart, bEnd int) []byte {
	void := make([]byte, 0, len(raw))
	void = append(append(void, raw[:bStart]...), raw[bEnd:]...)
	void = void[:len(void)-lastLineEnd(void)]
	if c == Relaxed {
		return appendRelaxed(dst, void)
	}
	return appendSimple(dst, void)
}

// lower folds one ASCII letter.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
