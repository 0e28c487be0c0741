package dkim

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Tag is one "name=value" of a list.
type Tag struct {
	// Name, in which case matters.
	Name string
	// Value without blanks at both ends; folds within stand as they came.
	Value string
	// start and end bound the value with the blanks around it in the list.
	start, end int
}

// TagList is a list of tags as signatures and key records are written in
// (RFC 6376 section 3.2).
type TagList []Tag

// ParseTagList reads a list. Anything that the grammar does not allow is an
// error: a tag without "=", an empty or repeated name, control characters.
func ParseTagList(s string) (TagList, error) {
	list := make(TagList, 0, 12)
	for pos := 0; pos < len(s); {
		end := len(s)
		if i := strings.IndexByte(s[pos:], ';'); i >= 0 {
			end = pos + i
		}
		if end == len(s) && len(list) > 0 && trimFWS(s[pos:]) == "" {
			break // blanks after the last semicolon
		}
		tag, err := parseTag(s, pos, end)
		if err != nil {
			return list, err
		}
		if _, twice := list.Get(tag.Name); twice {
			return list, fmt.Errorf("tag %s= stands twice", tag.Name)
		}
		if len(list) == maxTags {
			return list, fmt.Errorf("more than %d tags", maxTags)
		}
		list = append(list, tag)
		pos = end + 1
	}
	if len(list) == 0 {
		return list, fmt.Errorf("no tags")
	}
	return list, nil
}

// parseTag reads the tag between two offsets.
func parseTag(s string, pos, end int) (Tag, error) {
	equals := strings.IndexByte(s[pos:end], '=')
	if equals < 0 {
		return Tag{}, fmt.Errorf("%s is not a tag with a value", quoted(s[pos:end]))
	}
	tag := Tag{Name: trimFWS(s[pos : pos+equals]), start: pos + equals + 1, end: end}
	if !validTagName(tag.Name) {
		return Tag{}, fmt.Errorf("%s is not the name of a tag", quoted(tag.Name))
	}
	tag.Value = trimFWS(s[tag.start:end])
	if !validTagValue(tag.Value) {
		return Tag{}, fmt.Errorf("tag %s= has characters that must not stand there", tag.Name)
	}
	return tag, nil
}

// Get gives the value of a tag and whether it is there.
func (l TagList) Get(name string) (string, bool) {
	if t := l.find(name); t != nil {
		return t.Value, true
	}
	return "", false
}

// find gives the tag of that name, or nil.
func (l TagList) find(name string) *Tag {
	for i := range l {
		if l[i].Name == name {
			return &l[i]
		}
	}
	return nil
}

// validTagName tells whether s is a letter followed by letters, digits and
// underscores.
func validTagName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// validTagValue tells whether s has only printable characters, blanks and
// folds (RFC 6376 section 3.2; UTF-8 by RFC 8616).
func validTagValue(s string) bool {
	ascii := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' && !isFWS(c), c == 0x7f:
			return false
		case c >= 0x80:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s)
}

// isFWS tells whether c is a blank or part of a fold.
func isFWS(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trimFWS takes blanks and folds from both ends.
func trimFWS(s string) string {
	for len(s) > 0 && isFWS(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isFWS(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// withoutFWS takes all blanks and folds out.
func withoutFWS(s string) string {
	clean := 0
	for clean < len(s) && !isFWS(s[clean]) {
		clean++
	}
	if clean == len(s) {
		return s
	}
	b := make([]byte, clean, len(s))
	copy(b, s)
	for i := clean; i < len(s); i++ {
		if !isFWS(s[i]) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// quotedBytes is how much of others' text is shown in a reason.
const quotedBytes = 40

// quoted shows others' text in a reason: short and on one line.
func quoted(s string) string {
	if len(s) > quotedBytes {
		s = s[:quotedBytes] + "..."
	}
	return fmt.Sprintf("%q", s)
}
