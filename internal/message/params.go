package message

import (
	"sort"
	"strings"
)

// param is one parameter of a MIME field, its value decoded.
type param struct{ name, value string }

// paramFlaws quotes what was broken in a list of parameters, "" for nothing.
type paramFlaws struct{ bad, duplicate string }

// params is a parsed list of parameters. Names are in lower case; where one
// stands twice the first one counts.
type params []param

// get gives the value of a parameter, "" when there is none.
func (ps params) get(name string) string {
	v, _ := ps.lookup(name)
	return v
}

// lookup gives the value of a parameter and whether it is there.
func (ps params) lookup(name string) (string, bool) {
	for _, p := range ps {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// parseParams parses the value of a field such as Content-Type or
// Content-Disposition: word is what stands before the parameters in lower
// case without blanks, such as "text/html" or "attachment". It takes RFC 2045
// and RFC 2231 parameters and what mail readers accept beyond them. No more
// than limit parameters are read.
func parseParams(value string, limit int) (word string, ps params, flaws paramFlaws) {
	s := paramScan{text: value}
	word = s.word()
	var segments []segment
	for n := 0; ; n++ {
		name, text, ok := s.next()
		if !ok {
			break
		}
		if n == limit {
			s.note(name)
			break
		}
		if name == "" {
			continue
		}
		if seg, ok := splitName(name, text); ok {
			segments = append(segments, seg)
			continue
		}
		text = paramText(text)
		if old, ok := ps.lookup(name); ok {
			if old != text && s.flaws.duplicate == "" {
				s.flaws.duplicate = name
			}
		}
		ps = append(ps, param{name, text})
	}
	if len(segments) > 0 {
		ps = joinSegments(ps, segments, &s.flaws)
	}
	return word, ps, s.flaws
}

// paramText decodes encoded words, which are not allowed here but usual, and
// 8-bit octets.
func paramText(s string) string {
	text, _ := decodeWords(s)
	return text
}

// paramScan walks over the text of parameters.
type paramScan struct {
	text  string
	pos   int
	flaws paramFlaws
}

// note keeps the first thing that was broken.
func (s *paramScan) note(what string) {
	if s.flaws.bad == "" {
		s.flaws.bad = what
	}
}

// skip passes blanks and comments.
func (s *paramScan) skip() {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case isBlank(c):
			s.pos++
		case c == '(':
			s.pos = commentEnd(s.text, s.pos)
		default:
			return
		}
	}
}

// commentEnd gives the offset after the comment that begins at pos (RFC 5322
// section 3.2.2); the end of the text when it is not closed.
func commentEnd(s string, pos int) int {
	depth := 0
	for ; pos < len(s); pos++ {
		switch s[pos] {
		case '\\':
			pos++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return pos + 1
			}
		}
	}
	return len(s)
}

// word reads what stands before the parameters. Blanks around a slash belong
// to it.
func (s *paramScan) word() string {
	s.skip()
	if s.pos < len(s.text) && s.text[s.pos] == '"' { // QUIRK: "text/html"; charset=x
		s.note(s.text[s.pos:])
		text := s.quoted()
		return strings.ToLower(strings.TrimSpace(paramText(text)))
	}
	start := s.pos
	if eq := strings.IndexAny(s.text[start:], "=; \t,("); eq >= 0 && s.text[start+eq] == '=' {
		return "" // parameters without a word before them
	}
	var b strings.Builder
	for {
		begin := s.pos
		for s.pos < len(s.text) && !strings.ContainsRune(" \t\r\n;,(/", rune(s.text[s.pos])) {
			s.pos++
		}
		b.WriteString(s.text[begin:s.pos])
		s.skip()
		if s.pos < len(s.text) && s.text[s.pos] == '/' {
			s.pos++
			b.WriteByte('/')
			s.skip()
			continue
		}
		return wholeWord(b.String())
	}
}

// wholeWord brings what stands before the parameters to lower case; a type
// without its subtype is a word of its own, a subtype alone is nothing.
func wholeWord(s string) string {
	if strings.HasPrefix(s, "/") {
		return ""
	}
	return strings.ToLower(cleanText(strings.TrimRight(s, "/")))
}

// next reads the next parameter; name is "" for one without a name or value,
// which is passed over.
func (s *paramScan) next() (name, value string, ok bool) {
	s.separators()
	if s.pos >= len(s.text) {
		return "", "", false
	}
	start := s.pos
	for s.pos < len(s.text) && !strings.ContainsRune("=;, \t\r\n(\"", rune(s.text[s.pos])) {
		s.pos++
	}
	name = strings.ToLower(cleanText(s.text[start:s.pos]))
	s.skip()
	if s.pos >= len(s.text) || s.text[s.pos] != '=' {
		s.note(s.text[start:])
		if s.pos == start || s.text[min(s.pos, len(s.text)-1)] == '"' {
			s.pos++
		}
		return "", "", true
	}
	s.pos++
	return name, s.value(), true
}

// separators passes semicolons, and the commas that some senders write.
func (s *paramScan) separators() {
	for {
		s.skip()
		if s.pos >= len(s.text) || s.text[s.pos] != ';' && s.text[s.pos] != ',' {
			return
		}
		s.pos++
	}
}

// value reads a value, quoted or not.
func (s *paramScan) value() string {
	for s.pos < len(s.text) && isBlank(s.text[s.pos]) {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		return s.quoted()
	}
	start := s.pos
	end := len(s.text)
	if i := strings.IndexByte(s.text[start:], ';'); i >= 0 {
		end = start + i
	}
	// QUIRK: unquoted values with blanks, as in name=My file.doc, up to the
	// next parameter if a semicolon is missing.
	comments := 0
	for i := start; i < end; i++ {
		if isBlank(s.text[i]) && i+1 < end && !isBlank(s.text[i+1]) && beginsParam(s.text[i+1:end]) {
			s.note(s.text[start:end])
			end = i
		} else if s.text[i] == '(' && i > start && isBlank(s.text[i-1]) && comments < maxComments {
			comments++
			if closesAtEnd(s.text[i:end]) {
				end = i
			}
		} else if s.text[i] == ',' && beginsParam(s.text[i+1:end]) {
			end = i
		}
	}
	s.pos = end
	text := strings.TrimRight(s.text[start:end], " \t\r\n")
	if strings.ContainsAny(text, " \t\"<>@,()[]?/\\") {
		s.note(text)
	}
	return text
}

// maxComments bounds the places in a value at which a comment is looked for.
const maxComments = 8

// closesAtEnd tells whether the comment at the beginning of s is all of it.
func closesAtEnd(s string) bool {
	return strings.TrimSpace(s[min(commentEnd(s, 0), len(s)):]) == ""
}

// beginsParam tells whether s begins with a parameter's name and "=".
func beginsParam(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	n := 0
	for n < len(s) && (lowerByte(s[n]) >= 'a' && lowerByte(s[n]) <= 'z' || n > 0 && strings.IndexByte("-*0123456789", s[n]) >= 0) {
		n++
	}
	return n > 1 && n+1 < len(s) && s[n] == '=' && s[n+1] != '='
}

// quoted reads a quoted string. A backslash stands for itself unless a quote
// or a backslash follows, as in names of files of Windows.
func (s *paramScan) quoted() string {
	start := s.pos + 1
	var b strings.Builder
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\' && i+1 < len(s.text) && strings.IndexByte("\"'\\", s.text[i+1]) >= 0:
			i++
			b.WriteByte(s.text[i])
		case c == '"':
			s.pos = i + 1
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return s.unclosed(start)
}

// unclosed reads a quoted string without its end: up to the next parameter.
func (s *paramScan) unclosed(start int) string {
	s.note(s.text[start-1:])
	end := len(s.text)
	for i := start; i < end; i++ {
		if s.text[i] == ';' && beginsParam(s.text[i+1:]) {
			end = i
		}
	}
	s.pos = end
	return strings.TrimRight(s.text[start:end], " \t\r\n")
}

// segment is one piece of a parameter by RFC 2231.
type segment struct {
	name, text string
	number     int  // -1 for a parameter in one piece
	encoded    bool // percent-encoded
}

// splitName takes an RFC 2231 name apart: name*, name*0, name*0*.
func splitName(name, text string) (segment, bool) {
	base, rest, ok := strings.Cut(name, "*")
	if !ok || base == "" {
		return segment{}, false
	}
	seg := segment{name: base, text: text, number: -1}
	if rest == "" {
		seg.encoded = true
		return seg, true
	}
	rest, seg.encoded = strings.CutSuffix(rest, "*")
	n := 0
	for _, c := range []byte(rest) {
		if c < '0' || c > '9' || n > 9999 {
			return segment{}, false
		}
		n = n*10 + int(c-'0')
	}
	seg.number = n
	return seg, rest != ""
}

// joinSegments makes whole parameters of pieces. A parameter in one encoded
// piece counts before one in many, and both before a plain one of that name,
// which senders add for old readers.
func joinSegments(ps params, segments []segment, flaws *paramFlaws) params {
	sort.SliceStable(segments, func(i, j int) bool {
		a, b := segments[i], segments[j]
		if a.name != b.name {
			return a.name < b.name
		}
		return a.number < b.number
	})
	var joined params
	for i := 0; i < len(segments); {
		first := segments[i]
		j := i + 1
		for first.number >= 0 && j < len(segments) && segments[j].name == first.name {
			if segments[j].number == segments[j-1].number && segments[j].text != segments[j-1].text && flaws.duplicate == "" {
				flaws.duplicate = first.name
			}
			if segments[j].number > segments[j-1].number+1 && flaws.bad == "" {
				flaws.bad = first.name
			}
			j++
		}
		if first.number > 0 && flaws.bad == "" {
			flaws.bad = first.name
		}
		if _, ok := joined.lookup(first.name); !ok {
			joined = append(joined, param{first.name, segmentText(segments[i:j], flaws)})
		}
		i = j
	}
	return append(joined, ps...)
}

// segmentText decodes pieces of one parameter: charset'language'text, octets
// as %xx.
func segmentText(segments []segment, flaws *paramFlaws) string {
	var charset string
	var data []byte
	encoded := false
	for i, seg := range segments {
		text := seg.text
		if i > 0 && seg.number == segments[i-1].number {
			continue
		}
		if seg.encoded && i == 0 {
			c, rest, ok := strings.Cut(text, "'")
			if _, value, ok2 := strings.Cut(rest, "'"); ok && ok2 {
				charset, text = c, value
			} else if flaws.bad == "" {
				flaws.bad = seg.name
			}
		}
		if seg.encoded && i > 0 && charset != "" {
			// QUIRK: the charset again in each piece.
			if rest, ok := strings.CutPrefix(text, charset+"'"); ok {
				text = strings.TrimPrefix(rest, "'")
			}
		}
		if seg.encoded {
			data = append(data, percentDecode(text)...)
			encoded = true
		} else {
			data = append(data, text...)
		}
	}
	if !encoded {
		return paramText(string(data))
	}
	text, _ := decodeCharset(charset, data)
	return dropNUL(text)
}

// percentDecode decodes %xx; what is not encoded well stands for itself.
func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0 {
			out = append(out, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}
