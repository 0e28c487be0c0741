package dkim

import (
	"bytes"
	"hash"
)

// bodyHash hashes a body in its canonical form (RFC 6376 sections 3.4.3 and
// 3.4.4) straight from the received bytes, once for all l= that are wanted.
type bodyHash struct {
	h hash.Hash
	// n counts the octets of the canonical form so far.
	n int64
	// limits are the wanted l= in ascending order, those of them done have
	// their hash in sums.
	limits []int64
	sums   [][]byte
	// crlf and blank are here so that writing them allocates nothing.
	crlf  [2]byte
	blank [1]byte
}

// newBodyHash makes a hash of a body; limits must be in ascending order.
func newBodyHash(h hash.Hash, limits []int64) *bodyHash {
	return &bodyHash{h: h, limits: limits, crlf: [2]byte{'\r', '\n'}, blank: [1]byte{' '}}
}

// write hashes a piece of the canonical form, and stops at each limit.
func (w *bodyHash) write(p []byte) {
	for len(w.sums) < len(w.limits) {
		left := w.limits[len(w.sums)] - w.n
		if int64(len(p)) < left {
			break
		}
		w.h.Write(p[:left])
		w.n += left
		p = p[left:]
		w.sums = append(w.sums, w.h.Sum(nil))
	}
	w.h.Write(p)
	w.n += int64(len(p))
}

// simple hashes a body of which only the empty lines at the end do not count.
// Lines that end in LF alone count as ending in CRLF, which is how they leave
// a mail server (RFC 6376 section 5.3).
func (w *bodyHash) simple(body []byte) {
	body = body[:simpleEnd(body)]
	from := 0
	for i := 0; i < len(body); i++ {
		lf := bytes.IndexByte(body[i:], '\n')
		if lf < 0 {
			break
		}
		i += lf
		if i == 0 || body[i-1] != '\r' {
			w.write(body[from:i])
			w.write(w.crlf[:])
			from = i + 1
		}
	}
	w.write(body[from:])
	w.write(w.crlf[:])
}

// simpleEnd is where the empty lines at the end of the body begin, with the
// line end before them.
func simpleEnd(body []byte) int {
	end := len(body)
	for end > 0 && body[end-1] == '\n' {
		end--
		if end > 0 && body[end-1] == '\r' {
			end--
		}
	}
	return end
}

// relaxed hashes a body in which, besides, blanks at the ends of lines do not
// count and several are as one.
func (w *bodyHash) relaxed(body []byte) {
	body = body[:relaxedEnd(body)]
	if len(body) == 0 {
		return
	}
	f := finder{body: body}
	from := 0
	for i := f.next(0); i < len(body); i = f.next(i) {
		w.write(body[from:i])
		if body[i] == '\n' {
			w.write(w.crlf[:])
			i++
		} else {
			i = skipBlanks(body, i)
			if !lineEndAt(body, i) {
				w.write(w.blank[:])
			}
		}
		from = i
	}
	w.write(body[from:])
	w.write(w.crlf[:])
}

// relaxedEnd is where the lines without any text at the end of the body begin,
// with the blanks and the line end before them.
func relaxedEnd(body []byte) int {
	end := len(body)
	for end > 0 {
		switch body[end-1] {
		case ' ', '\t':
			end--
		case '\n':
			end--
			if end > 0 && body[end-1] == '\r' {
				end--
			}
		default:
			return end
		}
	}
	return 0
}

// skipBlanks gives the first place from i on that is not a blank.
func skipBlanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// lineEndAt tells whether a line ends at i.
func lineEndAt(b []byte, i int) bool {
	return i >= len(b) || b[i] == '\n' || b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n'
}

// unifyLines gives text in which every CR, LF and CRLF is a CRLF.
func unifyLines(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/32)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			i++
			fallthrough
		case c == '\r', c == '\n':
			out = append(out, '\r', '\n')
		default:
			out = append(out, c)
		}
	}
	return out
}
