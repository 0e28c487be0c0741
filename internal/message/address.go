package message

import (
	"strings"

	"postern/internal/addr"
)

// Mailbox is one mailbox of an address field.
type Mailbox struct {
	// Name is the decoded display name or, where there is none, the comment.
	Name string
	// Address is the addr-spec.
	Address addr.Address
	// Raw is the mailbox as written.
	Raw string
	// Group is the display name of the group it stands in, "" for none.
	Group string
	// Valid tells that Address obeys RFC 5322 with a local part and a domain.
	Valid bool
}

// Mailboxes gives the mailboxes of the field read as a list of addresses (RFC
// 5322 section 3.4 with its obsolete forms, and what mail readers accept),
// groups flattened, up to Limits.Addresses.
func (f *Field) Mailboxes() []Mailbox {
	list, _ := parseMailboxes(f.legible(f.Value()), f.h.m.limits.Addresses)
	return list
}

// parseMailboxes parses a list of addresses. bad quotes the first thing that
// is none, "" when all is well.
func parseMailboxes(value string, limit int) (list []Mailbox, bad string) {
	s := mailboxScan{text: value, limit: limit}
	for s.pos < len(s.text) {
		s.step()
		if len(s.list) >= limit && s.pos < len(s.text) {
			s.note(s.text[s.pos:])
			return s.list, s.bad
		}
	}
	s.flush()
	s.checkPending()
	return s.list, s.bad
}

// mailboxScan walks over a list of addresses.
type mailboxScan struct {
	text  string
	pos   int
	limit int
	list  []Mailbox
	bad   string
	group string
	// inGroup tells that a group's colon was passed; in is set by anything
	// that makes the current entry more than blank.
	inGroup bool
	// The entry under way: where it began, its words, its comments, and what
	// stood in angle brackets.
	start    int
	words    []word
	comments []string
	angle    string
	hasAngle bool
	// openComment and openLiteral tell that one without its end was seen.
	openComment, openLiteral bool
	// pending counts the last entries of list that were words without an
	// address, which may have been the beginning of the next one's name;
	// pendingStart is where they began.
	pending, pendingStart int
}

// word is a piece of a phrase or of an address without brackets.
type word struct {
	text   string // without quotes, for names
	raw    string // as written, for addresses
	joined bool   // no blank before it
	quoted bool
}

// note keeps the first thing that is no address.
func (s *mailboxScan) note(what string) {
	if s.bad == "" {
		s.bad = what
		if what == "" {
			s.bad = "<>"
		}
	}
}

// step reads one token.
func (s *mailboxScan) step() {
	switch c := s.text[s.pos]; c {
	case ' ', '\t', '\r', '\n', 0:
		s.pos++
	case '(':
		end := commentEnd(s.text, s.pos)
		s.comments = append(s.comments, commentText(s.text[s.pos:end]))
		s.pos = end
	case '"':
		s.quoted()
	case '<':
		s.angled()
	case ',':
		s.flush()
		s.pos++
		s.start = s.pos
	case ';':
		s.flush()
		s.pos++
		s.start = s.pos
		s.group, s.inGroup = "", false
	case ':':
		s.colon()
	default:
		s.atom()
	}
}

// joinedHere tells whether the token at pos follows the one before it at once.
func (s *mailboxScan) joinedHere() bool {
	return s.pos > s.start && !isBlank(s.text[s.pos-1]) && s.text[s.pos-1] != ')'
}

// quoted reads a quoted string; one without its end is a word of its own
// that begins with a quotation mark.
func (s *mailboxScan) quoted() {
	joined := s.joinedHere()
	start := s.pos
	var b strings.Builder
	for i := start + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\' && i+1 < len(s.text):
			i++
			b.WriteByte(s.text[i])
		case c == '"':
			s.pos = i + 1
			s.words = append(s.words, word{b.String(), s.text[start:s.pos], joined, true})
			return
		default:
			b.WriteByte(c)
		}
	}
	s.note(s.text[start:])
	s.pos++
	s.words = append(s.words, word{`"`, `"`, joined, false})
}

// atom reads up to the next special character.
func (s *mailboxScan) atom() {
	joined := s.joinedHere()
	start := s.pos
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case '[': // an address literal
			if !s.openLiteral {
				end := strings.IndexByte(s.text[s.pos:], ']')
				s.pos += max(end, 0)
				s.openLiteral = end < 0
			}
		case '\\':
			s.pos++
		case ' ', '\t', '\r', '\n', 0, '(', '"', '<', ',', ';', ':':
			if s.text[s.pos] == ':' && s.pos == start {
				break
			}
			s.add(start, joined)
			return
		}
		s.pos++
	}
	s.pos = min(s.pos, len(s.text))
	s.add(start, joined)
}

// add adds an atom.
func (s *mailboxScan) add(start int, joined bool) {
	raw := s.text[start:s.pos]
	s.words = append(s.words, word{raw, raw, joined, false})
}

// angled reads what stands in angle brackets. A second pair within one entry
// begins a new one.
func (s *mailboxScan) angled() {
	if s.hasAngle {
		s.note(s.text[s.start:])
		s.flush()
		s.start = s.pos
	}
	start := s.pos + 1
	end := s.angleEnd(start)
	for end < len(s.text) && s.text[end] == '<' { // QUIRK: <<a@b>> and <Name <a@b>>
		s.note(s.text[s.start:])
		if before := s.text[start:end]; before != "" {
			s.words = append(s.words, word{before, before, false, false})
		}
		start = end + 1
		end = s.angleEnd(start)
	}
	s.angle, s.hasAngle = s.text[start:end], true
	s.pos = end
	if end == len(s.text) || s.text[end] != '>' {
		s.note(s.text[s.start:])
		return
	}
	s.pos++
	for s.pos < len(s.text) && s.text[s.pos] == '>' {
		s.note(s.text[s.start:])
		s.pos++
	}
}

// angleEnd finds what ends the address that begins at start: a bracket of
// either kind, or a comma after an @ where the closing bracket is missing.
func (s *mailboxScan) angleEnd(start int) int {
	text := s.text
	at, route := false, routeAhead(text[start:])
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '<', '>':
			return i
		case ',':
			if at && !route {
				return i
			}
		case '@':
			at = true
		case '\\':
			i++
		case '"':
			i = quoteEnd(text, i)
		case '(':
			if s.openComment {
				break // an earlier one was not closed: look no more
			}
			if end := commentEnd(text, i); end < len(text) {
				i = end - 1
			} else {
				s.openComment = true
			}
		}
	}
	return len(text)
}

// routeAhead tells whether a source route stands at the beginning of s: only
// there may a comma stand in angle brackets.
func routeAhead(s string) bool { return strings.HasPrefix(strings.TrimLeft(s, " \t"), "@") }

// quoteEnd gives the offset of the quotation mark that closes the one at pos,
// or pos when there is none.
func quoteEnd(s string, pos int) int {
	for i := pos + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return pos
}

// colon begins a group, unless it stands within an address or in nothing.
func (s *mailboxScan) colon() {
	s.pos++
	if s.hasAngle || s.hasAt() {
		s.words = append(s.words, word{":", ":", true, false})
		return
	}
	s.group, s.inGroup = s.phrase(s.words), true
	if s.group == "" {
		s.note(s.text[s.start:])
	}
	s.checkPending()
	s.words, s.comments, s.start = nil, nil, s.pos
}

// hasAt tells whether the words under way hold an @ outside of quotes.
func (s *mailboxScan) hasAt() bool {
	for _, w := range s.words {
		if !w.quoted && strings.IndexByte(w.raw, '@') >= 0 {
			return true
		}
	}
	return false
}

// phrase decodes words as a display name.
func (s *mailboxScan) phrase(words []word) string {
	if len(words) == 1 {
		text, bad := decodeWords(words[0].text)
		if bad != "" {
			s.note(bad)
		}
		return text
	}
	var b strings.Builder
	for i, w := range words {
		if i > 0 && !w.joined {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	text, _ := decodeWords(b.String())
	return text
}

// flush ends the entry under way.
func (s *mailboxScan) flush() {
	raw := strings.Trim(s.text[min(s.start, len(s.text)):s.pos], " \t\r\n")
	if !s.hasAngle && len(s.comments) > 0 && !s.hasAt() {
		s.commentAddress(raw)
	}
	switch {
	case s.hasAngle:
		name := s.phrase(s.words)
		if s.pending > 0 {
			name, raw = s.splitName(name)
		}
		s.emit(name, s.angle, raw)
	case s.hasAt():
		s.checkPending()
		s.bare(raw)
	case len(s.words) > 0:
		s.onlyWords(raw)
	}
	s.words, s.comments, s.angle, s.hasAngle = s.words[:0], nil, "", false
	s.start = s.pos
}

// commentAddress takes the address of an entry that has none from a comment
// that is nothing else, as in Shop,(<shop@example.com>), which much junk has.
func (s *mailboxScan) commentAddress(raw string) {
	last := strings.TrimSpace(s.comments[len(s.comments)-1])
	if !strings.HasPrefix(last, "<") || !strings.HasSuffix(last, ">") || strings.IndexByte(last, '@') < 0 {
		return
	}
	s.note(raw)
	s.angle, s.hasAngle = last[1:len(last)-1], true
	s.comments = s.comments[:len(s.comments)-1]
}

// splitName joins the words before a comma with the address after it, as in
// Doe, John <john@example.com> and Shop, <shop@example.com>: they are no
// mailbox but a name that lacks its quotes. The part beside the address is
// the name that readers show, if there is one.
func (s *mailboxScan) splitName(name string) (string, string) {
	words := s.list[len(s.list)-s.pending:]
	if name == "" {
		var parts []string
		for _, w := range words {
			parts = append(parts, w.Name+w.Address.Local)
		}
		name, _ = decodeWords(strings.Join(parts, ", "))
	}
	s.list = s.list[:len(s.list)-s.pending]
	s.pending = 0
	raw := strings.Trim(s.text[s.pendingStart:s.pos], " \t\r\n")
	s.note(raw)
	return name, raw
}

// checkPending notes that words without an address were no part of a name.
func (s *mailboxScan) checkPending() {
	if s.pending > 0 {
		s.note(s.list[len(s.list)-s.pending].Raw)
		s.pending = 0
	}
}

// onlyWords adds an entry without an @: one word is a local part, several are
// a name such as "Undisclosed recipients".
func (s *mailboxScan) onlyWords(raw string) {
	box := Mailbox{Raw: raw, Group: s.group}
	if len(s.words) == 1 && !s.words[0].quoted {
		box.Name = s.comment()
		box.Address.Local = cleanText(s.words[0].text)
	} else {
		box.Name = s.phrase(s.words)
	}
	if s.pending == 0 {
		s.pendingStart = s.start
	}
	s.list = append(s.list, box)
	s.pending++
}

// bare adds an entry without brackets: the words around an @ are its address,
// others a name without brackets after it.
func (s *mailboxScan) bare(raw string) {
	var spec string
	var name []word
	var more []string
	for i := 0; i < len(s.words); {
		j := i + 1
		for j < len(s.words) && sticks(s.words[j-1], s.words[j]) {
			j++
		}
		run, at := joinRun(s.words[i:j])
		switch {
		case at && spec == "":
			spec = run
		case at:
			more = append(more, run)
		default:
			name = append(name, s.words[i:j]...)
		}
		i = j
	}
	if len(name) > 0 || len(more) > 0 {
		s.note(raw)
	}
	s.emit(s.phrase(name), spec, raw)
	for _, m := range more {
		s.comments = nil
		s.emit("", m, raw)
	}
}

// joinRun joins words as written and tells whether an @ is among them.
func joinRun(words []word) (run string, at bool) {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.raw)
		at = at || !w.quoted && strings.IndexByte(w.raw, '@') >= 0
	}
	return b.String(), at
}

// sticks tells whether two words belong to one address: nothing stands
// between them, or only blanks beside an @ or a dot (RFC 5322 section 4.4).
func sticks(a, b word) bool {
	if b.joined {
		return true
	}
	return strings.HasSuffix(a.raw, "@") || strings.HasSuffix(a.raw, ".") && strings.Contains(a.raw, "@") || a.raw == "." ||
		strings.HasPrefix(b.raw, "@") || strings.HasPrefix(b.raw, ".")
}

// comment gives the entry's comments, decoded.
func (s *mailboxScan) comment() string {
	if len(s.comments) == 0 {
		return ""
	}
	text, _ := decodeWords(strings.Join(s.comments, " "))
	return text
}

// emit adds a mailbox.
func (s *mailboxScan) emit(name, spec, raw string) {
	if len(s.list) >= s.limit {
		return
	}
	address, valid := parseSpec(spec)
	if name == "" {
		name = s.comment()
	}
	if !valid {
		s.note(raw)
	}
	s.list = append(s.list, Mailbox{Name: name, Address: address, Raw: raw, Group: s.group, Valid: valid})
}

// commentText gives the text of a comment without its parentheses and
// backslashes.
func commentText(s string) string {
	s = strings.TrimPrefix(s, "(")
	s = strings.TrimSuffix(s, ")")
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
