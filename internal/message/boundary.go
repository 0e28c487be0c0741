package message

import "bytes"

// boundary is one boundary that is open where the tree builder stands.
type boundary struct {
	text    []byte
	part    *Part
	suspect bool // noted already that lines are like it
}

// delimiter is a delimiter line (RFC 2046 section 5.1.1). level is the index
// of its boundary among the open ones, -1 at the end of the message.
type delimiter struct {
	level      int
	start, end int
	closing    bool
}

// nextDelimiter finds the first line at or after pos, a line's begin, that
// delimits an open multipart.
func (b *builder) nextDelimiter(pos int) delimiter {
	raw := b.m.raw
	if len(b.open) == 0 {
		return delimiter{level: -1, start: len(raw), end: len(raw)}
	}
	for at := b.dashes(pos, pos); at >= 0; {
		line, next := b.line(at)
		if level, closing := b.match(line, at); level >= 0 {
			return delimiter{level, at, next, closing}
		}
		if next <= at {
			break
		}
		at = b.dashes(next, next)
	}
	return delimiter{level: -1, start: len(raw), end: len(raw)}
}

// dashes finds the first line at or after pos that begins with "--"; origin
// is known to begin a line.
func (b *builder) dashes(pos, origin int) int {
	raw := b.m.raw
	if pos > len(raw) {
		return -1
	}
	if pos == origin && bytes.HasPrefix(raw[pos:], []byte("--")) {
		return pos
	}
	if !b.bareCR {
		i := bytes.Index(raw[pos:], []byte("\n--"))
		if i < 0 {
			return -1
		}
		return pos + i + 1
	}
	for pos < len(raw) {
		i := bytes.Index(raw[pos:], []byte("--"))
		if i < 0 {
			return -1
		}
		pos += i
		if pos > origin && (raw[pos-1] == '\n' || raw[pos-1] == '\r') {
			return pos
		}
		pos++
	}
	return -1
}

// maxCRs is how many CR before one LF are still one line end: mails that were
// converted twice have more than one.
const maxCRs = 4

// line gives the line at pos without its end, and where the next one begins.
func (b *builder) line(pos int) (line []byte, next int) {
	rest := b.m.raw[pos:]
	if b.bareCR {
		i := bytes.IndexAny(rest, "\r\n")
		if i < 0 {
			return rest, len(b.m.raw)
		}
		end := i
		for end < min(len(rest)-1, i+maxCRs) && rest[end] == '\r' {
			end++
		}
		if rest[end] == '\n' {
			return rest[:i], pos + end + 1
		}
		return rest[:i], pos + i + 1
	}
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		return rest, len(b.m.raw)
	}
	return rest[:i], pos + i + 1
}

// match tells which open boundary the line is a delimiter of, -1 for none.
// The innermost counts first. RFC 2046 lets a delimiter go on after the
// boundary; to readers it does so after a blank at most.
func (b *builder) match(line []byte, at int) (level int, closing bool) {
	line = bytes.TrimRight(line[2:], " \t\r\v\f\x00")
	longer := -1
	for level := len(b.open) - 1; level >= 0; level-- {
		text := b.open[level].text
		if !bytes.HasPrefix(line, text) {
			continue
		}
		switch rest := line[len(text):]; {
		case len(rest) == 0:
			return level, false
		case string(rest) == "--":
			return level, true
		case longer < 0:
			longer = level
		}
	}
	if longer < 0 {
		return -1, false
	}
	return b.longerLine(longer, line, at)
}

// longerLine tells what a line is that begins with the boundary of level and
// goes on.
func (b *builder) longerLine(level int, line []byte, at int) (int, bool) {
	o := &b.open[level]
	if !o.suspect {
		o.suspect = true
		b.m.defect(SuspectBoundary, at, o.part.path, string(line[:min(len(line), detailBytes)]))
	}
	rest := line[len(o.text):]
	closed, closing := bytes.CutPrefix(rest, []byte("--"))
	if c := closed[0]; c == ' ' || c == '\t' {
		return level, closing
	}
	return -1, false
}

// headerLimit gives where a header that begins at pos must end at the latest:
// at a delimiter before its first empty line, be it of an open multipart or
// of the one that the header itself declares; else at the message's end.
func (b *builder) headerLimit(start int) int {
	raw := b.m.raw
	for pos := start; pos < len(raw); {
		line, next := b.line(pos)
		if len(line) == 0 || line[0] == '\r' {
			break
		}
		if line[0] == '-' && len(line) > 2 && line[1] == '-' {
			if level, _ := b.match(line, pos); level >= 0 || declares(raw[start:pos], line) {
				return pos
			}
		}
		pos = next
	}
	return len(raw)
}

// declares tells whether a header declares the boundary of which line is a
// delimiter.
func declares(header, line []byte) bool {
	text := bytes.TrimRight(line[2:], " \t\r")
	if len(text) == 0 || len(text) > 200 {
		return false
	}
	_, after, ok := bytes.Cut(header, []byte("boundary"))
	return ok && bytes.Contains(after[:min(len(after), 400)], text)
}

// bodyEnd gives where a body ends before a delimiter at start: the line end
// before the delimiter belongs to the delimiter.
func (b *builder) bodyEnd(body, start int) int {
	raw := b.m.raw
	if start >= len(raw) || start <= body {
		return max(start, body)
	}
	if raw[start-1] == '\n' {
		start--
		if start > body && raw[start-1] == '\r' {
			start--
		}
	} else if raw[start-1] == '\r' {
		start--
	}
	return start
}

// guessBoundary looks for lines in raw that visibly delimit parts: two
// dashes and a word, followed by a MIME field, or standing once more with
// dashes at its end. nil when there are none.
func guessBoundary(raw []byte) []byte {
	const longest, most = 200, 64
	seen := map[string]bool{}
	for pos := 0; pos < len(raw); {
		line, next := lineAt(raw, pos)
		pos = next
		if len(line) < 3 || len(line) > longest || line[0] != '-' || line[1] != '-' {
			continue
		}
		word := bytes.TrimRight(line[2:], " \t\r")
		if len(bytes.Trim(word, "-=_*~ ")) == 0 {
			continue
		}
		if contentField(raw[next:]) {
			return word
		}
		if base, ok := bytes.CutSuffix(word, []byte("--")); ok && seen[string(base)] {
			return base
		}
		if len(seen) < most {
			seen[string(word)] = true
		}
	}
	return nil
}

// contentField tells whether raw begins with a Content-... field.
func contentField(raw []byte) bool {
	prefix := []byte("content-")
	return len(raw) > len(prefix) && bytes.EqualFold(raw[:len(prefix)], prefix)
}
