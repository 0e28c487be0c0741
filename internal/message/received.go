package message

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"postern/internal/addr"
)

// Received is what one trace field says (RFC 5321 section 4.4), as far as it
// could be understood.
type Received struct {
	Field *Field
	// From is the HELO name; FromName and FromIP are the reverse name and
	// the address that the receiving host noted in the comment.
	From, FromName, FromIP string
	// By is the receiving host, With the protocol such as "ESMTPSA", ID and
	// For what follows those words.
	By, With, ID, For string
	// TLS and Authenticated tell what With or the comments say.
	TLS, Authenticated bool
	// Time after the semicolon; zero when missing or not understood.
	Time time.Time
	// Parsed is false for a field that fits no known form.
	Parsed bool
}

// receivedFacts keeps the trace fields, which are parsed at first need.
type receivedFacts struct {
	once sync.Once
	list []Received
}

// Received gives the trace fields, the newest (topmost) first, up to
// Limits.Received.
func (m *Message) Received() []Received {
	facts := &m.facts.received
	facts.once.Do(func() {
		fields := m.header.All("Received")
		fields = fields[:min(len(fields), m.limits.Received)]
		facts.list = make([]Received, len(fields))
		for i, f := range fields {
			facts.list[i] = parseReceived(f.Value())
			facts.list[i].Field = f
		}
	})
	return facts.list
}

// clause is the part of a trace field a word stands in.
type clause uint8

const (
	clauseNone clause = iota
	clauseFrom
	clauseBy
	clauseVia
	clauseWith
	clauseID
	clauseFor
	clauseOver // repeated, of which the first one counts
)

// receivedScan walks over a trace field. Mail servers write them in many
// ways; the words that begin a clause are the same everywhere.
type receivedScan struct {
	r    *Received
	text string
	pos  int
	in   clause
	// seen tells which clauses were there.
	seen [clauseOver]bool
	// word is the first word after from, helo what a comment names so.
	word, helo string
	hasHelo    bool
	withKnown  bool
	semicolons int
}

// maxSemicolons bounds the semicolons after which a date is looked for.
const maxSemicolons = 4

// parseReceived parses the value of a trace field.
func parseReceived(value string) Received {
	var r Received
	s := receivedScan{r: &r, text: value}
	for s.pos < len(s.text) && s.step() {
	}
	s.conclude()
	if r.Time.IsZero() {
		r.Time = s.looseDate()
	}
	// Programs on one host write only a comment, such as
	// "(qmail 1 invoked by uid 2)".
	r.Parsed = r.Parsed || !r.Time.IsZero() && strings.HasPrefix(value, "(")
	return r
}

// step reads one token; false at the semicolon before the date.
func (s *receivedScan) step() bool {
	switch c := s.text[s.pos]; {
	case isBlank(c) || c == ',':
		s.pos++
	case c == '(':
		end := commentEnd(s.text, s.pos)
		s.comment(strings.TrimSuffix(s.text[s.pos+1:end], ")"))
		s.pos = end
	case c == ';':
		// A semicolon may stand elsewhere too; only a date ends the field.
		t, ok := ParseDate(s.text[s.pos+1:])
		s.semicolons++
		if s.r.Time = t; ok || s.semicolons == maxSemicolons || strings.IndexByte(s.text[s.pos+1:], ';') < 0 {
			return false
		}
		s.pos++
	case c == ')':
		s.pos++
	default:
		start := s.pos
		for s.pos < len(s.text) && !isBlank(s.text[s.pos]) && strings.IndexByte("();", s.text[s.pos]) < 0 {
			s.pos++
		}
		s.token(strings.TrimRight(s.text[start:s.pos], ","))
	}
	return true
}

// token takes one word: the beginning of a clause or what belongs to it.
func (s *receivedScan) token(word string) {
	next := clauseOf(word)
	if next != clauseNone && next != s.in {
		if s.seen[next] {
			next = clauseOver
		} else {
			s.seen[next] = true
		}
		s.in = next
		return
	}
	switch s.in {
	case clauseFrom:
		s.fromWord(word)
	case clauseBy:
		setFirst(&s.r.By, strings.TrimRight(strings.Trim(word, "<>"), "."))
	case clauseWith:
		s.with(word)
	case clauseID:
		setFirst(&s.r.ID, strings.Trim(word, "<>"))
	case clauseFor:
		setFirst(&s.r.For, strings.Trim(word, "<>"))
	}
}

// clauseOf tells which clause the word begins.
func clauseOf(word string) clause {
	if len(word) < 2 || len(word) > 4 {
		return clauseNone
	}
	for c, name := range clauseWords {
		if len(name) == len(word) && strings.EqualFold(name, word) {
			return clause(c)
		}
	}
	return clauseNone
}

// clauseWords begin the clauses.
var clauseWords = [...]string{
	clauseFrom: "from", clauseBy: "by", clauseVia: "via", clauseWith: "with", clauseID: "id", clauseFor: "for",
}

// setFirst sets *to unless it is set.
func setFirst(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// fromWord takes a word after from: the first is a name, an address after it
// the client's.
func (s *receivedScan) fromWord(word string) {
	if s.word == "" {
		s.word = word
		return
	}
	if ip := noteIP(word); ip != "" && s.r.FromIP == "" {
		s.r.FromIP = ip
	}
}

// with takes a word after with: the protocol, which products write beside
// their names.
func (s *receivedScan) with(word string) {
	if protocol := protocolName(word); protocol != "" && !s.withKnown {
		s.r.With, s.withKnown = protocol, true
		s.r.TLS = s.r.TLS || strings.Contains(word, "/TLS")
		return
	}
	setFirst(&s.r.With, strings.Trim(word, "[]<>"))
}

// protocols are those of the IANA registry of mail transmission types (RFC
// 3848, RFC 6531) and others seen in mail.
var protocols = [...]string{
	"UTF8SMTPSA", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTP", "UTF8LMTPSA", "UTF8LMTPS", "UTF8LMTPA", "UTF8LMTP",
	"ESMTPSA", "ESMTPS", "ESMTPA", "ESMTP", "SMTPSA", "SMTPS", "SMTPA", "SMTP", "ASMTP",
	"LMTPSA", "LMTPS", "LMTPA", "LMTP", "HTTPS", "HTTPU", "HTTP", "POP3S", "POP3", "IMAPS", "IMAP", "MMS", "UUCP",
}

// protocolName gives the protocol a word names; "" for another word.
func protocolName(word string) string {
	upper := strings.ToUpper(strings.Trim(word, "[]<>"))
	upper, _, _ = strings.Cut(upper, "/")
	for _, p := range protocols {
		if upper == p {
			return p
		}
	}
	for _, p := range [...]string{"ESMTPS", "ESMTP", "SMTP", "HTTP"} { // local-esmtps, Microsoft SMTPSVC
		if strings.Contains(upper, p) && p != "ESMTPS" || strings.HasSuffix(upper, p) {
			if p == "ESMTP" && strings.HasSuffix(upper, "-TLS") { // CommuniGate Pro
				return "ESMTPS"
			}
			return p
		}
	}
	return ""
}

// comment takes a comment: what it says of the client within from, of
// encryption and login anywhere.
func (s *receivedScan) comment(text string) {
	var room [256]byte
	lower := appendLower(room[:0], text[:min(len(text), len(room))])
	s.r.TLS = s.r.TLS || containsAny(lower, "tlsv", "tls1", "sslv", "cipher", "encrypted with")
	s.r.Authenticated = s.r.Authenticated ||
		containsAny(lower, "authenticated", "auth=", "auth:", "smtp-auth", "smtpauth", "asmtp") &&
			!containsAny(lower, "unauthenticated", "not authenticated", "auth=none", "auth: none")
	switch {
	case s.in == clauseFrom:
		s.fromComment(text)
	case s.in == clauseNone && bytes.HasPrefix(lower, []byte("from ")) && strings.IndexByte(text, '[') > 0:
		s.fromComment(text[len("from "):])
		s.word = s.r.FromName
	}
}

// appendLower adds s in lower case to b.
func appendLower(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		b = append(b, lowerByte(s[i]))
	}
	return b
}

// containsAny tells whether s contains one of words.
func containsAny(s []byte, words ...string) bool {
	for _, w := range words {
		if bytes.Contains(s, []byte(w)) {
			return true
		}
	}
	return false
}

// maxNotes bounds the words of a comment that are read.
const maxNotes = 64

// fromComment reads what the receiving host noted of the client: "name [ip]",
// "HELO name", "[ip]:port helo=name ident=user", "user@ip", "ip, HELO name".
func (s *receivedScan) fromComment(text string) {
	if strings.IndexByte(text, '[') < 0 && !strings.Contains(text, "HELO") &&
		(strings.Contains(text, "TLS") || strings.Contains(text, "SSL") || strings.Contains(text, "AUTH")) {
		return
	}
	helo, named := false, ""
	for n := 0; n < maxNotes && len(text) > 0; n++ {
		var token string
		token, text = cutToken(text)
		switch {
		case token == "":
		case helo:
			s.setHelo(token)
			helo = false
		case isHelo(token):
			helo = true
			s.hasHelo = true
		case len(token) > 5 && token[4] == '=' && isHelo(token[:4]):
			s.setHelo(token[5:])
		case strings.IndexByte(token, '=') >= 0:
			// ident=, port=, version= and the like
		case noteIP(token) != "":
			setFirst(&s.r.FromIP, noteIP(token))
			setFirst(&s.r.FromName, named)
			named = ""
		case named == "":
			named = hostNote(token)
		}
	}
	if s.r.FromIP == "" && strings.Contains(named, ".") {
		setFirst(&s.r.FromName, named)
	}
}

// isHelo tells whether the word is the name of the command.
func isHelo(word string) bool {
	return strings.EqualFold(word, "helo") || strings.EqualFold(word, "ehlo") || strings.EqualFold(word, "lhlo")
}

// cutToken cuts the first token of a comment off: words end at blanks, commas
// and parentheses, and before and after brackets.
func cutToken(text string) (token, rest string) {
	text = strings.TrimLeft(text, " \t,()<>")
	if strings.HasPrefix(text, "[") {
		if end := strings.IndexByte(text, ']'); end > 0 {
			return text[:end+1], text[end+1:]
		}
	}
	end := strings.IndexAny(text, " \t,()<>")
	if open := strings.IndexByte(text, '['); open > 0 && (end < 0 || open < end) && strings.IndexByte(text[:open], '=') < 0 {
		end = open
	}
	if end < 0 {
		return text, ""
	}
	return text[:end], text[end:]
}

// setHelo notes the name the client gave.
func (s *receivedScan) setHelo(name string) {
	s.hasHelo = true
	setFirst(&s.helo, name)
}

// hostNote gives the host name in a word such as "host.example.", "user@host"
// or "unknown", "" for none.
func hostNote(token string) string {
	if i := strings.LastIndexByte(token, '@'); i >= 0 {
		token = token[i+1:]
	}
	token = strings.TrimRight(token, ".")
	if strings.EqualFold(token, "unknown") || !addr.ValidDomain(token) {
		return ""
	}
	return token
}

// noteIP gives the address in a word such as "[192.0.2.1]", "192.0.2.1:25",
// "[192.0.2.1]:25", "[IPv6:2001:db8::1]" or "user@192.0.2.1"; "" for none.
func noteIP(token string) string {
	if i := strings.LastIndexByte(token, '@'); i >= 0 {
		token = token[i+1:]
	}
	if strings.HasPrefix(token, "[") {
		if end := strings.IndexByte(token, ']'); end > 0 {
			token = token[1:end]
		}
	}
	if ip, ok := addr.ParseIP(token); ok {
		return ip.WithZone("").String()
	}
	for _, separator := range []string{":", "."} { // a port after it
		if i := strings.LastIndex(token, separator); i > 0 && strings.Count(token[:i], ".") == 3 {
			if ip, ok := addr.ParseIP(token[:i]); ok {
				return ip.String()
			}
		}
	}
	return ""
}

// conclude makes out who the client was. Where a comment names the HELO, the
// word after from is the reverse name (qmail, Exim); else it is the HELO.
func (s *receivedScan) conclude() {
	r := s.r
	word := strings.Trim(s.word, "<>")
	ip := noteIP(word)
	if strings.IndexByte(word, '@') >= 0 && !strings.HasPrefix(word, "[") {
		ip = ""
	}
	switch {
	case s.hasHelo:
		r.From = s.helo
		if ip == "" {
			setFirst(&r.FromName, hostNote(word))
		}
	default:
		r.From = word
	}
	if ip != "" {
		setFirst(&r.FromIP, ip)
	}
	switch upper := strings.ToUpper(r.With); upper {
	case "ESMTPS", "SMTPS", "LMTPS", "UTF8SMTPS", "UTF8LMTPS", "HTTPS", "POP3S", "IMAPS":
		r.TLS = true
	case "ESMTPSA", "SMTPSA", "LMTPSA", "UTF8SMTPSA", "UTF8LMTPSA":
		r.TLS, r.Authenticated = true, true
	case "ESMTPA", "SMTPA", "ASMTP", "LMTPA", "UTF8SMTPA", "UTF8LMTPA":
		r.Authenticated = true
	}
	if rest := s.text[min(s.pos, len(s.text)):]; r.For == "" && strings.Contains(rest, " for <") {
		_, rest, _ = strings.Cut(rest, " for <") // QUIRK: EzMTS writes it after the date
		r.For, _, _ = strings.Cut(rest, ">")
	}
	r.Parsed = s.word != "" || r.FromIP != "" || r.By != "" || s.seen[clauseVia]
}

// looseBytes bounds the end of a field in which a date without a semicolon is
// looked for.
const looseBytes = 100

// looseDate gives the time where no semicolon stands before it: what begins
// like a date at the end of the field. Zero when there is none.
func (s *receivedScan) looseDate() time.Time {
	text := s.text[max(0, len(s.text)-looseBytes):]
	for i := range text {
		if i > 0 && (isLetter(text[i-1]) || isDigit(text[i-1])) || !beginsDate(text[i:]) {
			continue
		}
		if t, ok := ParseDate(text[i:]); ok {
			return t
		}
	}
	return time.Time{}
}

// isDigit tells whether c is an ASCII digit.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// beginsDate tells whether s begins like "Mon, ", "1 Jan", "01-Jan" or
// "2001-01-01".
func beginsDate(s string) bool {
	if len(s) < 10 {
		return false
	}
	if isLetter(s[0]) {
		return s[3] == ',' && strings.Contains("MonTueWedThuFriSatSun", s[:3])
	}
	n := 0
	for n < 5 && isDigit(s[n]) {
		n++
	}
	switch n {
	case 1, 2:
		return monthNumber(s[n+1:n+4]) > 0
	case 4:
		return s[4] == '-' && isDigit(s[5])
	}
	return false
}
