package message

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Field is one header field, a view into the received bytes.
type Field struct {
	h     *Header
	index int32 // within the header
	next  int32 // index plus one of the next field in the same bucket
	hash  uint32
	// folded tells that it has more than one line.
	folded bool
	// start is the offset in the message; from there count the end of the
	// name, the value after the colon, its end without the line end, and the
	// end of the field with it.
	start                         int
	nameEnd, value, valueEnd, end uint32
}

// part gives a piece of the field.
func (f *Field) part(from, to uint32) []byte { return f.h.m.raw[f.start+int(from) : f.start+int(to)] }

// Name is the field's name as written.
func (f *Field) Name() string { return string(f.part(0, f.nameEnd)) }

// Is compares the name without regard to case.
func (f *Field) Is(name string) bool {
	own := f.part(0, f.nameEnd)
	if len(own) != len(name) {
		return false
	}
	for i, c := range own {
		if c != name[i] && lowerByte(c) != lowerByte(name[i]) {
			return false
		}
	}
	return true
}

// lowerByte folds one ASCII letter.
func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Raw gives the whole field as received, with its folds and last line end.
func (f *Field) Raw() []byte { return f.part(0, f.end) }

// RawValue gives what stands after the colon as received, with blanks and
// folds, without the last line end.
func (f *Field) RawValue() []byte { return f.part(f.value, f.valueEnd) }

// Value is the value unfolded (line ends removed, RFC 5322 section 2.2.3) and
// trimmed of blanks at both ends, encoded words as they stand. Of a field
// beyond Limits.FieldBytes it is the beginning.
func (f *Field) Value() string {
	cell := &f.h.cells[f.index]
	if v := cell.value.Load(); v != nil {
		return *v
	}
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	return *f.makeValue(cell)
}

// makeValue unfolds the value; the header is locked.
func (f *Field) makeValue(cell *fieldCell) *string {
	if v := cell.value.Load(); v != nil {
		return v
	}
	if len(f.RawValue()) > f.h.m.limits.FieldBytes {
		f.h.m.defect(HeaderTooLong, f.start, f.h.part, f.Name())
	}
	raw := f.boundedValue()
	var v string
	if f.folded {
		v = unfold(raw)
	} else {
		v = string(raw)
	}
	cell.value.Store(&v)
	return &v
}

// boundedValue is the trimmed raw value, up to Limits.FieldBytes.
func (f *Field) boundedValue() []byte {
	raw := f.RawValue()
	return bytes.Trim(raw[:min(len(raw), f.h.m.limits.FieldBytes)], " \t\r\n")
}

// joinFolds makes one LF of each fold with the blanks around it. decodeWords
// shows it as a blank, or not at all within an encoded word.
func joinFolds(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw))
	for len(raw) > 0 {
		i := bytes.IndexAny(raw, "\r\n")
		if i < 0 {
			b.Write(raw)
			break
		}
		b.Write(bytes.TrimRight(raw[:i], " \t"))
		b.WriteByte('\n')
		raw = bytes.TrimLeft(raw[i:], " \t\r\n")
	}
	return b.String()
}

// unfold takes the line ends out.
func unfold(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw))
	for len(raw) > 0 {
		i := bytes.IndexAny(raw, "\r\n")
		if i < 0 {
			b.Write(raw)
			break
		}
		b.Write(raw[:i])
		raw = raw[i+1:]
	}
	return b.String()
}

// Text is Value with encoded words decoded (RFC 2047) and 8-bit octets turned
// into UTF-8 (RFC 6532, else by guess): valid UTF-8 always.
func (f *Field) Text() string {
	cell := &f.h.cells[f.index]
	if t := cell.text.Load(); t != nil {
		return *t
	}
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	if t := cell.text.Load(); t != nil {
		return *t
	}
	value := f.makeValue(cell)
	source := *value
	if f.folded {
		source = joinFolds(f.boundedValue())
	}
	text, bad := decodeWords(f.legible(source))
	if bad != "" {
		f.h.m.defect(BadEncodedWord, f.start, f.h.part, bad)
	}
	if text == *value {
		cell.text.Store(value)
		return *value
	}
	cell.text.Store(&text)
	return text
}

// legible turns octets that are no UTF-8 into it by the charset of the
// header's own Content-Type, as mail readers do, or else by guess. Beside
// encoded words decodeWords does so piece by piece.
func (f *Field) legible(value string) string {
	if isASCII(value) || utf8.ValidString(value) || strings.Contains(value, "=?") {
		return value
	}
	charset := ""
	if ct := f.h.First("Content-Type"); ct != nil && ct != f {
		_, ps, _ := parseParams(unfold(ct.boundedValue()), f.h.m.limits.ParamsPerPart)
		charset = ps.get("charset")
	}
	if normalCharset(charset) == "utf-8" {
		charset = "" // which it is not
	}
	text, _ := decodeCharset(charset, []byte(value))
	return text
}

// Line is the number of the field's first line in the message, from 1.
func (f *Field) Line() int {
	end := byte('\n')
	if crOnly(f.h.m.raw) {
		end = '\r'
	}
	return 1 + bytes.Count(f.h.m.raw[:f.start], []byte{end})
}

// Offset is where the field begins in the message, in bytes.
func (f *Field) Offset() int { return f.start }

// eightBit tells whether the value has octets above 127, and whether they are
// valid UTF-8.
func (f *Field) eightBit() (some, valid bool) {
	raw := f.Raw()
	if isASCIIBytes(raw) {
		return false, true
	}
	return true, utf8.Valid(raw)
}
