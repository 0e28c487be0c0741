package message

import (
	"bytes"
	"strings"
)

// uuFile is a file uuencoded within a text, from its begin line to its end
// line; start and end are offsets into the text.
type uuFile struct {
	name       string
	data       []byte
	start, end int
	broken     bool
}

// decodeUUPart decodes the body of a part encoded x-uuencode. Without a begin
// line the lines are decoded as they come.
func decodeUUPart(src []byte) ([]byte, transferFault) {
	if f, ok := nextUUFile(src, 0); ok {
		if f.broken {
			return f.data, transferFault{BadUUEncode, f.start}
		}
		return f.data, transferFault{at: -1}
	}
	data, _, _ := uuLines(src, 0)
	if len(data) == 0 {
		return src, transferFault{BadUUEncode, 0}
	}
	return data, transferFault{BadUUEncode, 0}
}

// nextUUFile finds the first uuencoded file at or after from.
func nextUUFile(src []byte, from int) (f uuFile, ok bool) {
	for from < len(src) {
		i := bytes.Index(src[from:], []byte("begin"))
		if i < 0 {
			return f, false
		}
		at := from + i
		from = at + 5
		if at > 0 && src[at-1] != '\n' && src[at-1] != '\r' {
			continue
		}
		name, next, base64, ok := uuBegin(src, at)
		if !ok {
			continue
		}
		f = uuFile{name: name, start: at}
		if base64 {
			f.data, f.end, f.broken = uuBase64(src, next)
		} else {
			f.data, f.end, f.broken = uuLines(src, next)
		}
		if len(f.data) == 0 {
			from = max(from, f.end)
			continue
		}
		return f, true
	}
	return f, false
}

// uuBegin understands "begin 644 name" and "begin-base64 644 name".
func uuBegin(src []byte, at int) (name string, next int, base64, ok bool) {
	line, next := lineAt(src, at)
	if len(line) > 300 {
		return "", next, false, false
	}
	words := strings.Fields(string(line))
	if len(words) < 3 || words[0] != "begin" && words[0] != "begin-base64" {
		return "", next, false, false
	}
	if len(words[1]) < 3 || len(words[1]) > 6 || strings.Trim(words[1], "01234567") != "" {
		return "", next, false, false
	}
	return strings.Join(words[2:], " "), next, words[0] == "begin-base64", true
}

// lineAt gives the line at offset at without its end, and where the next one
// begins.
func lineAt(src []byte, at int) (line []byte, next int) {
	i := bytes.IndexByte(src[at:], '\n')
	if i < 0 {
		return bytes.TrimSuffix(src[at:], []byte{'\r'}), len(src)
	}
	return bytes.TrimSuffix(src[at:at+i], []byte{'\r'}), at + i + 1
}

// uuLines decodes the lines after a begin line up to "end". A line that is
// no uuencoded data ends the file too, and leaves it broken.
func uuLines(src []byte, at int) (data []byte, end int, broken bool) {
	for at < len(src) {
		line, next := lineAt(src, at)
		if string(bytes.TrimRight(line, " \t")) == "end" {
			return data, next, false
		}
		if len(line) == 0 {
			at = next
			continue
		}
		var ok bool
		if data, ok = uuLine(data, line); !ok {
			return data, at, true
		}
		at = next
	}
	return data, at, true
}

// uuLine decodes one line: a length character, then groups of four of six
// bits each plus 32; a grave accent stands for a blank.
func uuLine(data, line []byte) ([]byte, bool) {
	if line[0] < ' ' || line[0] > '`' {
		return data, false
	}
	n := int(line[0]-' ') & 63
	line = line[1:]
	// Blanks at the end of a line get lost on the way; more than a group
	// beyond the length is no uuencoded line.
	need := (n + 2) / 3 * 4
	if len(line) > need+4 || len(line)+4 < need/2 {
		return data, false
	}
	for i := 0; n > 0; i += 4 {
		var v [4]byte
		for k := range v {
			if i+k < len(line) {
				c := line[i+k]
				if c < ' ' || c > '`' {
					return data, false
				}
				v[k] = (c - ' ') & 63
			}
		}
		three := [3]byte{v[0]<<2 | v[1]>>4, v[1]<<4 | v[2]>>2, v[2]<<6 | v[3]}
		data = append(data, three[:min(n, 3)]...)
		n -= 3
	}
	return data, true
}

// uuBase64 decodes the lines after begin-base64 up to "====".
func uuBase64(src []byte, at int) (data []byte, end int, broken bool) {
	from := at
	for at < len(src) {
		line, next := lineAt(src, at)
		if bytes.HasPrefix(line, []byte("====")) {
			data, _, _ = decodeBase64(src[from:at], len(src))
			return data, next, false
		}
		if !base64Line(line) {
			break
		}
		at = next
	}
	data, _, _ = decodeBase64(src[from:at], len(src))
	return data, at, true
}
