package migrate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// document is the configuration that is made.
type document struct{ sections []*section }

// section is one of the file.
type section struct {
	name string
	// comment stands before the header.
	comment []string
	keys    []*key
}

// key is one of a section.
type key struct {
	name    string
	comment []string
	// value is a scalar as TOML has it; "" for a list.
	value string
	items []item
	// off makes a comment of it.
	off bool
	// at is where it comes from.
	at Place
}

// item is one text of a list.
type item struct {
	text string
	// comment stands behind it, above before it.
	comment string
	above   []string
	// off makes a comment of it.
	off bool
	// at is where it comes from.
	at Place
}

// sectionOrder is how sections stand in the file.
var sectionOrder = []string{
	"milter", "policy", "engine", "actions", "domains", "restrictions", "restrictions.classes", "restrictions.hosts", "restrictions.addresses",
	"restrictions.codes", "restrictions.dns_lists", "restrictions.policy", verifying, "greylist",
}

// section gives a section, which is there from now on.
func (d *document) section(name string) *section {
	for _, s := range d.sections {
		if s.name == name {
			return s
		}
	}
	s := &section{name: name}
	d.sections = append(d.sections, s)
	return s
}

// add puts a key into a section.
func (d *document) add(section string, k *key) { s := d.section(section); s.keys = append(s.keys, k) }

func (d *document) write(w *tomlWriter) {
	for _, name := range sectionOrder {
		for _, s := range d.sections {
			if s.name == name {
				s.write(w)
			}
		}
	}
}

func (s *section) write(w *tomlWriter) {
	if len(s.keys) == 0 {
		return
	}
	w.blank()
	for _, c := range s.comment {
		w.comment(c)
	}
	w.line(s.off(), "["+s.name+"]")
	for _, k := range s.keys {
		k.write(w)
	}
}

// off tells that all of a section is a comment.
func (s *section) off() bool {
	for _, k := range s.keys {
		if !k.off {
			return false
		}
	}
	return true
}

func (k *key) write(w *tomlWriter) {
	for _, c := range k.comment {
		w.comment(c)
	}
	name := k.name
	if name == "" || strings.Trim(name, bareKey) != "" {
		name = quote(name)
	}
	switch {
	case k.value != "":
		w.line(k.off, name+" = "+k.value)
	case len(k.items) == 0:
		w.line(k.off, name+" = []")
	default:
		w.line(k.off, name+" = [")
		for _, it := range k.items {
			for _, c := range it.above {
				w.b.WriteString("  ")
				w.comment(c)
			}
			w.line(k.off || it.off, "  "+quote(it.text)+","+suffixComment(it.comment))
		}
		w.line(k.off, "]")
	}
}

const bareKey = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

func suffixComment(c string) string {
	if c == "" {
		return ""
	}
	return " # " + clean(c)
}

// tomlWriter writes lines.
type tomlWriter struct{ b strings.Builder }

func (w *tomlWriter) blank() { w.b.WriteByte('\n') }

func (w *tomlWriter) comment(s string) {
	w.b.WriteString(strings.TrimRight("# "+clean(s), " "))
	w.b.WriteByte('\n')
}

func (w *tomlWriter) line(off bool, s string) {
	if off {
		w.b.WriteByte('#')
	}
	w.b.WriteString(s)
	w.b.WriteByte('\n')
}

// quote writes a text as a basic string of TOML. Bytes that are not UTF-8,
// which TOML cannot hold, become the replacement character.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, string(utf8.RuneError)) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// clean makes a text fit for a comment: one line of UTF-8 without control
// characters.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		if r < ' ' || r == 0x7f {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}
