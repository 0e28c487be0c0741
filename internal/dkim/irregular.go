package dkim

import (
	"bytes"
	"encoding/binary"
)

// finder finds, from the beginning to the end, the places where the canonical
// form of a relaxed body may differ from the body: blanks that are more than
// one, or a tab, or at the end of a line, and an LF without CR. Each kind is
// looked for on its own, many octets at a time, and only as far as needed.
type finder struct {
	body []byte
	// tab, double and line are where the next tab, the next of two blanks, and
	// the next irregular end of a line are; none is valid when below the place
	// from which is looked.
	tab, double, line int
	// scanned is where the next line begins that was not looked at.
	scanned int
	started bool
}

// next gives the first such place from i on, the body's length when there is
// none. Places must be asked for in ascending order, and not within blanks.
func (f *finder) next(i int) int {
	if !f.started || f.tab < i {
		f.tab = f.findTab(i)
	}
	if !f.started || f.double < i {
		f.double = nextDouble(f.body, i)
	}
	if !f.started || f.line < i {
		f.line = f.findLine(i)
	}
	f.started = true
	return min(f.tab, f.double, f.line)
}

// findTab finds the next tab, or the blank before it.
func (f *finder) findTab(i int) int {
	at := bytes.IndexByte(f.body[i:], '\t')
	if at < 0 {
		return len(f.body)
	}
	if at > 0 && f.body[i+at-1] == ' ' {
		at--
	}
	return i + at
}

// findLine finds the next end of a line that is not CRLF or has a blank before
// it. The place is the blank's, or the LF's.
func (f *finder) findLine(i int) int {
	f.scanned = max(f.scanned, i)
	for {
		lf := bytes.IndexByte(f.body[f.scanned:], '\n')
		if lf < 0 {
			f.scanned = len(f.body)
			return len(f.body)
		}
		at := f.scanned + lf
		f.scanned = at + 1
		end := at
		if end > 0 && f.body[end-1] == '\r' {
			end--
		}
		switch {
		case end > i && f.body[end-1] == ' ':
			if end == at {
				f.scanned = at // the LF alone comes next
			}
			return end - 1
		case end == at:
			return at
		}
	}
}

// nextDouble finds the first of two blanks next to one another from i on. It
// looks at seven octets at a time.
func nextDouble(b []byte, i int) int {
	for ; i+8 <= len(b); i += 7 {
		blanks := equalTo(binary.LittleEndian.Uint64(b[i:]), ' ')
		if blanks&(blanks>>8) != 0 {
			break
		}
	}
	for ; i+1 < len(b); i++ {
		if b[i] == ' ' && b[i+1] == ' ' {
			return i
		}
	}
	return len(b)
}

// equalTo marks, by their highest bits, the octets of v that are c.
func equalTo(v uint64, c byte) uint64 {
	const low7 = 0x7f7f7f7f7f7f7f7f
	x := v ^ uint64(c)*0x0101010101010101
	return ^((x&low7 + low7) | x | low7)
}
