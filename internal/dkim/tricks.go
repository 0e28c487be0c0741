package dkim

import (
	"bytes"
	"slices"
	"strings"
)

// aroundNUL gives the name of a field of which mail has only one that stands
// at the beginning of a line of the header with NUL octets in it, which some
// readers leave out; "" for none.
func aroundNUL(header []byte) string {
	if bytes.IndexByte(header, 0) < 0 {
		return ""
	}
	for line := range bytes.Lines(header) {
		nul, colon := bytes.IndexByte(line, 0), bytes.IndexByte(line, ':')
		if nul < 0 || nul > colon {
			continue
		}
		if name := singletonName(bytes.ReplaceAll(line[:min(len(line), behindBytes)], []byte{0}, nil)); name != "" {
			return name
		}
	}
	return ""
}

// singletonName gives the name with which a line begins when it is one of a
// field of which mail has only one; "" for others.
func singletonName(line []byte) string {
	name, _, colon := bytes.Cut(line[:min(len(line), behindBytes)], []byte{':'})
	text := string(bytes.TrimRight(name, " \t"))
	if colon && slices.Contains(singletons, strings.ToLower(text)) {
		return text
	}
	return ""
}

// behindCR gives the name of a field of which mail has only one that stands
// within another field behind a CR without LF, which some readers take for the
// end of a line; "" for none.
func behindCR(raw []byte) string {
	for {
		i := bytes.IndexByte(raw, '\r')
		if i < 0 || i+1 >= len(raw) {
			return ""
		}
		raw = raw[i+1:]
		if raw[0] == '\n' {
			continue
		}
		if name := singletonName(raw); name != "" {
			return name
		}
	}
}

// behindBytes is how far the colon after a field's name may be.
const behindBytes = 64
