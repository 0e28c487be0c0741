package dnstest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"postern/internal/dns"
)

// Load adds the records of a zone in text, one a line:
//
//	name [ttl] [IN] type data
//
// Names are always whole, with or without a dot at the end; "*" may stand for
// the first label. The data of a TXT record is one or more texts, in quotes
// where they hold blanks. Lines that begin with ";" or "#" are comments.
func (s *Server) Load(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := 0
	for line := range strings.Lines(text) {
		number++
		words, err := split(line)
		if err == nil && len(words) > 0 {
			err = s.line(words)
		}
		if err != nil {
			return fmt.Errorf("zone, line %d: %w", number, err)
		}
	}
	return nil
}

// line adds the record of one line.
func (s *Server) line(words []string) error {
	name, rest := words[0], words[1:]
	ttl := uint64(defaultTTL)
	if len(rest) > 0 {
		if n, err := strconv.ParseUint(rest[0], 10, 32); err == nil {
			ttl, rest = n, rest[1:]
		}
	}
	if len(rest) > 0 && strings.EqualFold(rest[0], "IN") {
		rest = rest[1:]
	}
	if len(rest) < 2 {
		return fmt.Errorf("want: name [ttl] [IN] type data")
	}
	return s.add(name, rest[0], uint32(ttl), rest[1:])
}

func (s *Server) add(name, typ string, ttl uint32, words []string) error {
	t, ok := typeOf(typ)
	if !ok {
		return fmt.Errorf("%q is not a type", typ)
	}
	b, err := body(t, words)
	if err != nil {
		return err
	}
	s.zone.add(name, record{typ: t, ttl: ttl, body: b})
	return nil
}

// split cuts a line into words; quotes hold words together, a backslash in
// them takes the next character as it is.
func split(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == ';' || line[0] == '#':
			return words, nil
		case line[0] != '"':
			end := strings.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
		default:
			word, rest, err := quoted(line[1:])
			if err != nil {
				return nil, err
			}
			words, line = append(words, word), rest
		}
	}
}

// quoted reads the rest of a text in quotes.
func quoted(s string) (word, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", fmt.Errorf("a text has no quote at its end")
}

// Set makes these the records of a name of one type, in the form of Load:
// Set("example.com", "MX", "10 mx.example.com", "20 mx2.example.com"). A TXT
// record is one text, taken as it is. Without records it takes those of the
// type away. It panics where a record has no such form.
func (s *Server) Set(name, typ string, records ...string) {
	t, ok := typeOf(typ)
	if !ok {
		panic(fmt.Sprintf("dnstest: %q is not a type", typ))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zone.remove(name, t)
	for _, r := range records {
		s.mustAdd(name, typ, defaultTTL, r)
	}
}

// SetTTL is Set with a TTL in whole seconds.
func (s *Server) SetTTL(ttl time.Duration, name, typ string, records ...string) {
	s.Set(name, typ)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.mustAdd(name, typ, uint32(ttl/time.Second), r)
	}
}

// Add adds records to those that a name has.
func (s *Server) Add(name, typ string, records ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.mustAdd(name, typ, defaultTTL, r)
	}
}

// Remove takes all records of a name away.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zone.remove(name, 0)
}

func (s *Server) mustAdd(name, typ string, ttl uint32, data string) {
	words := strings.Fields(data)
	if t, _ := typeOf(typ); t == dns.TypeTXT || t == 99 {
		words = []string{data}
	}
	if err := s.add(name, typ, ttl, words); err != nil {
		panic("dnstest: " + err.Error())
	}
}
