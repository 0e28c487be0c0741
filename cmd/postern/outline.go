package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// member is one name and its value of a JSON object, in the order of the
// document.
type member struct {
	name  string
	value any // []member, []any, string, json.Number, bool or nil
}

// outline writes a JSON object for people: names and values below each
// other, objects and lists of objects indented.
func (c *console) outline(doc []byte) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	v, err := readOrdered(d)
	if err != nil {
		return err
	}
	c.outlineValue(v, "")
	return nil
}

// readOrdered reads one JSON value, keeping the order of members.
func readOrdered(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	var members []member
	list := []any{}
	for d.More() {
		var m member
		if delim == '{' {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			m.name = fmt.Sprint(name)
		}
		if m.value, err = readOrdered(d); err != nil {
			return nil, err
		}
		members, list = append(members, m), append(list, m.value)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if delim == '{' {
		return members, nil
	}
	return list, nil
}

// outlineValue writes an object or a list.
func (c *console) outlineValue(v any, indent string) {
	switch v := v.(type) {
	case []member:
		c.outlineObject(v, indent)
	case []any:
		c.table(v, indent)
	default:
		fmt.Fprintf(c.out, "%s%s\n", indent, c.plainValue("", v))
	}
}

// outlineObject writes what fits behind its name first, then the rest.
func (c *console) outlineObject(members []member, indent string) {
	width := 0
	for _, m := range members {
		if isPlain(m.value) {
			width = max(width, utf8.RuneCountInString(words(m.name)))
		}
	}
	for _, m := range members {
		if isPlain(m.value) {
			fmt.Fprintf(c.out, "%s%s  %s\n", indent, c.style.paint(dim, pad(words(m.name), width)), c.plainValue(m.name, m.value))
		}
	}
	for _, m := range members {
		if !isPlain(m.value) {
			fmt.Fprintf(c.out, "%s%s\n", indent, c.style.paint(bold, words(m.name)))
			c.outlineValue(m.value, indent+"  ")
		}
	}
}

// table writes a list of objects, a line for each, below the names of their
// members.
func (c *console) table(list []any, indent string) {
	var names []string
	var rows [][]string
	for _, item := range list {
		members, ok := item.([]member)
		if !ok {
			members = []member{{"", item}}
		}
		row := make([]string, len(names))
		for _, m := range members {
			at := slices.Index(names, m.name)
			if at < 0 {
				at = len(names)
				names, row = append(names, m.name), append(row, "")
			}
			row[at] = c.plainValue(m.name, m.value)
		}
		rows = append(rows, row)
	}
	head := make([]string, len(names))
	for i, name := range names {
		head[i] = words(name)
	}
	widths := make([]int, len(names))
	for _, row := range append(rows, head) {
		for i, text := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	fmt.Fprintf(c.out, "%s%s\n", indent, c.style.paint(dim, joinCells(head, widths)))
	for _, row := range rows {
		fmt.Fprintf(c.out, "%s%s\n", indent, joinCells(row, widths))
	}
}

// joinCells puts the cells of a row below those of the others.
func joinCells(row []string, widths []int) string {
	var b strings.Builder
	for i, text := range row {
		b.WriteString(pad(text, widths[i]) + "  ")
	}
	return strings.TrimRight(b.String(), " ")
}

// isPlain tells whether a value fits behind its name.
func isPlain(v any) bool {
	switch v := v.(type) {
	case []member:
		return len(v) == 0
	case []any:
		for _, item := range v {
			if _, object := item.([]member); object {
				return false
			}
		}
	}
	return true
}

// plainValue prints a value that fits behind its name; the name may say its
// unit.
func (c *console) plainValue(name string, v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case json.Number:
		return number(name, v)
	case []member:
		return "-"
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = c.plainValue("", item)
		}
		return strings.Join(texts, ", ")
	case string:
		if v == "" {
			return "-"
		}
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.Local().Format("2006-01-02 15:04:05")
		}
		return printable(v)
	}
	return fmt.Sprint(v)
}

// words turns a name into words, without the unit that its value shows.
func words(name string) string {
	for _, unit := range []string{"_seconds", "_bytes", "_ms"} {
		name = strings.TrimSuffix(name, unit)
	}
	return strings.ReplaceAll(name, "_", " ")
}

// number prints a number with the unit that the name speaks of.
func number(name string, n json.Number) string {
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	switch {
	case strings.HasSuffix(name, "_seconds") && f >= 10:
		return (time.Duration(f) * time.Second).String()
	case strings.HasSuffix(name, "_seconds"):
		return strconv.FormatFloat(f, 'f', 3, 64) + "s"
	case strings.HasSuffix(name, "_ms"):
		return strconv.FormatFloat(f, 'f', 2, 64) + " ms"
	case strings.HasSuffix(name, "_bytes") && f >= 1<<20:
		return strconv.FormatFloat(f/(1<<20), 'f', 1, 64) + " MB"
	case strings.HasSuffix(name, "_bytes") && f >= 1<<10:
		return strconv.FormatFloat(f/(1<<10), 'f', 1, 64) + " KB"
	case strings.HasSuffix(name, "_bytes"):
		return n.String() + " bytes"
	}
	if strings.ContainsAny(n.String(), ".eE") {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return n.String()
}
