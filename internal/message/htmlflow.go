package message

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textFlow writes text with blanks run together as a browser shows it.
type textFlow struct {
	b       strings.Builder
	blank   bool // a blank comes before the next word
	midLine bool // something stands in the line already
	empty   int  // line ends in a row
}

// write adds text; pre keeps blanks and line ends.
func (f *textFlow) write(text []byte, pre bool) {
	if pre {
		f.verbatim(text)
		return
	}
	for len(text) > 0 {
		i := 0
		for i < len(text) && !isBlank(text[i]) && text[i] != '\f' {
			i++
		}
		if i > 0 {
			f.word(text[:i])
			text = text[i:]
			continue
		}
		for i < len(text) && (isBlank(text[i]) || text[i] == '\f') {
			i++
		}
		f.space()
		text = text[i:]
	}
}

func (f *textFlow) word(word []byte) {
	if f.blank && f.midLine {
		f.b.WriteByte(' ')
	}
	f.blank = false
	f.midLine = true
	f.empty = 0
	for {
		// A blank that does not break is a blank to the reader.
		i := bytes.Index(word, noBreakSpace)
		if i < 0 {
			break
		}
		f.b.Write(word[:i])
		f.b.WriteByte(' ')
		word = word[i+len(noBreakSpace):]
	}
	f.b.Write(word)
}

// noBreakSpace is U+00A0 in UTF-8.
var noBreakSpace = []byte("\u00a0")

// space makes a blank before the next word of the line.
func (f *textFlow) space() { f.blank = true }

// verbatim adds text as it is.
func (f *textFlow) verbatim(text []byte) {
	if len(text) == 0 {
		return
	}
	if f.blank && f.midLine {
		f.b.WriteByte(' ')
	}
	f.blank = false
	f.b.Write(text)
	f.midLine = text[len(text)-1] != '\n'
	f.empty = 0
}

// newline ends the line if something stands in it.
func (f *textFlow) newline() {
	f.blank = false
	if f.midLine {
		f.b.WriteByte('\n')
		f.midLine = false
		f.empty = 1
	}
}

// lineBreak ends the line; up to one empty line is kept.
func (f *textFlow) lineBreak() {
	f.blank = false
	if f.b.Len() > 0 && f.empty < 2 {
		f.b.WriteByte('\n')
		f.empty++
	}
	f.midLine = false
}

// hasWord tells whether text has a letter or a digit.
func hasWord(text []byte) bool {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if lowerByte(c) >= 'a' && lowerByte(c) <= 'z' || '0' <= c && c <= '9' {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
		i += n
	}
	return false
}
