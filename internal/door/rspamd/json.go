package rspamd

import (
	"strconv"
	"unicode/utf8"
)

// jsonText is JSON in the making. An answer is written with every message,
// and by hand it costs a fifth of what package encoding/json takes. Commas
// are set by looking at what was written last.
type jsonText []byte

// comma separates what comes from what is there.
func (j *jsonText) comma() {
	if n := len(*j); n > 0 {
		switch (*j)[n-1] {
		case '{', '[', ':':
		default:
			*j = append(*j, ',')
		}
	}
}

// open begins an object or a list, shut ends it.
func (j *jsonText) open(c byte) { j.comma(); *j = append(*j, c) }
func (j *jsonText) shut(c byte) { *j = append(*j, c) }

// name begins a member.
func (j *jsonText) name(name string) {
	j.text(name)
	*j = append(*j, ':')
}

// bool, number and text write values.
func (j *jsonText) bool(v bool) {
	j.comma()
	*j = strconv.AppendBool(*j, v)
}

func (j *jsonText) number(v float64) {
	j.comma()
	*j = strconv.AppendFloat(*j, v, 'f', -1, 64)
}

func (j *jsonText) text(s string) {
	j.comma()
	*j = append(*j, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := j.escape(s, i, start)
		i += size
		start = i
	}
	*j = append(append(*j, s[start:]...), '"')
}

// escape writes s from start to i, and the character at i so that JSON
// allows it; it gives the bytes of that character. What is not UTF-8 becomes
// the replacement character.
func (j *jsonText) escape(s string, i, start int) (size int) {
	const hex = "0123456789abcdef"
	*j = append(*j, s[start:i]...)
	c := s[i]
	switch {
	case c == '"' || c == '\\':
		*j = append(*j, '\\', c)
	case c == '\n':
		*j = append(*j, `\n`...)
	case c == '\t':
		*j = append(*j, `\t`...)
	case c == '\r':
		*j = append(*j, `\r`...)
	case c < ' ':
		*j = append(*j, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	default:
		r, n := utf8.DecodeRuneInString(s[i:])
		*j = utf8.AppendRune(*j, r)
		return n
	}
	return 1
}

// textMember, and flagMember and the like, write a member and its value;
// those with "some" leave it out where there is nothing to say.
func (j *jsonText) textMember(name, value string) {
	j.name(name)
	j.text(value)
}

func (j *jsonText) someText(name, value string) {
	if value != "" {
		j.textMember(name, value)
	}
}

func (j *jsonText) boolMember(name string, value bool) {
	j.name(name)
	j.bool(value)
}

func (j *jsonText) numberMember(name string, value float64) {
	j.name(name)
	j.number(value)
}

// list writes a list of texts.
func (j *jsonText) list(texts []string) {
	j.open('[')
	for _, s := range texts {
		j.text(s)
	}
	j.shut(']')
}

func (j *jsonText) someList(name string, texts []string) {
	if len(texts) > 0 {
		j.name(name)
		j.list(texts)
	}
}

// members writes an object, each value by write.
func members[T any](j *jsonText, o object[T], write func(*jsonText, *T)) {
	j.open('{')
	for i := range o {
		j.name(o[i].name)
		write(j, &o[i].value)
	}
	j.shut('}')
}

// The ways to write a member's value.
func writeNumber(j *jsonText, v *float64) { j.number(*v) }
func writeText(j *jsonText, v *string)    { j.text(*v) }
