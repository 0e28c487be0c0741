package table

import (
	"errors"
	"net/netip"
	"os"
	"strings"

	"github.com/gaissmai/bart"

	"postern/internal/addr"
)

// ClientWhitelist is postgrey's list of clients that are not greylisted
// (postgrey_whitelist_clients): domains with what is below them, addresses and
// networks, and /regular expressions/ on the client's name.
type ClientWhitelist struct{ live *live[*whitelist] }

// RecipientWhitelist is postgrey's list of recipients whose mail is not
// greylisted (postgrey_whitelist_recipients): "user@domain", "user@" of any
// domain, domains with what is below them, and /regular expressions/.
type RecipientWhitelist struct{ live *live[*whitelist] }

// whitelist is what both kinds are read into.
type whitelist struct {
	names    *keyStore
	nets     *bart.Table[string]
	patterns []whitePattern
	total    int
}

type whitePattern struct {
	text string
	p    *pattern
}

func (w *whitelist) entries() int { return w.total }

// OpenClientWhitelist reads the files one behind the other and watches them.
// One whose name ends in ".local" may be missing.
func (s *Set) OpenClientWhitelist(paths ...string) (*ClientWhitelist, error) {
	l, err := s.openWhitelist(paths, (*whitelist).client)
	return &ClientWhitelist{l}, err
}

// OpenRecipientWhitelist does the same with lists of recipients.
func (s *Set) OpenRecipientWhitelist(paths ...string) (*RecipientWhitelist, error) {
	l, err := s.openWhitelist(paths, (*whitelist).recipient)
	return &RecipientWhitelist{l}, err
}

func (s *Set) openWhitelist(paths []string, entry whiteEntry) (*live[*whitelist], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	l := &live[*whitelist]{name: strings.Join(paths, ", "), log: s.log, now: s.now, files: paths}
	l.load = func(note *notes) (*whitelist, []string, error) {
		w := &whitelist{names: newKeyStore(), nets: new(bart.Table[string])}
		for _, path := range paths {
			note.file = path
			if err := w.file(path, entry, s.o, note); err != nil {
				return nil, paths, err
			}
		}
		w.names.seal()
		return w, paths, nil
	}
	if err := l.first(); err != nil {
		return nil, err
	}
	s.watch(l)
	return l, nil
}

// whiteEntry takes one word of a list up; reason says why it is no entry.
type whiteEntry func(w *whitelist, word string) (reason string, err error)

// file reads one file. Text behind "#" is a comment.
func (w *whitelist) file(path string, entry whiteEntry, o Options, note *notes) error {
	f, err := openText(path, o)
	if err != nil {
		if strings.HasSuffix(path, ".local") && errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	defer f.Close()
	text, err := readAll(f, int64(o.MaxFileSize))
	if err != nil {
		return err
	}
	return w.text(text, entry, o, note)
}

// text reads the lines of a list.
func (w *whitelist) text(text string, entry whiteEntry, o Options, note *notes) error {
	line := 0
	for l := range strings.Lines(text) {
		line++
		word := strings.Trim(whiteComment(l), blanks)
		if word == "" {
			continue
		}
		if len(word) > int(o.MaxLine) || w.total >= o.MaxKeys {
			return &Error{File: note.file, Line: line, Reason: "line is longer than max_line, or list has more entries than max_keys"}
		}
		reason, err := w.pattern(word, o)
		if reason == "" && err == nil && !isPattern(word) {
			reason, err = entry(w, word)
		}
		if err != nil {
			return &Error{File: note.file, Line: line, Reason: err.Error(), Err: err}
		}
		if reason != "" {
			note.skip(word, line, 1, "%s: skipping this line", reason)
			continue
		}
		w.total++
	}
	return nil
}

// whiteComment takes a comment off, but not a "#" within a pattern.
func whiteComment(line string) string {
	trimmed := strings.TrimLeft(line, blanks)
	if strings.HasPrefix(trimmed, "/") {
		if end := closingDelimiter(trimmed); end > 0 {
			return trimmed[:end+1]
		}
	}
	text, _, _ := strings.Cut(line, "#")
	return text
}

func isPattern(word string) bool { return strings.HasPrefix(word, "/") }

// pattern takes a regular expression up, where the word is one.
func (w *whitelist) pattern(word string, o Options) (reason string, err error) {
	if !isPattern(word) {
		return "", nil
	}
	end := closingDelimiter(word)
	if end != len(word)-1 {
		return "pattern has no closing delimiter \"/\"", nil
	}
	p, err := compilePerl(word[1:end], "", o)
	if err != nil {
		return err.Error(), nil
	}
	w.patterns = append(w.patterns, whitePattern{word, p})
	return "", nil
}

// add takes a name up.
func (w *whitelist) add(name string) (string, error) {
	_, err := w.names.add([]byte(name), nil)
	return "", err
}

// client takes an address, a network or a domain up.
func (w *whitelist) client(word string) (reason string, err error) {
	if looksLikeNet([]byte(word)) {
		p, reason := whiteNet(word)
		if reason == "" {
			w.nets.Insert(p, word)
		}
		return reason, nil
	}
	domain := addr.NormalDomain(strings.TrimLeft(word, "."))
	if !addr.ValidDomain(domain) {
		return "\"" + word + "\" is no domain, address or network", nil
	}
	return w.add(domain)
}

// whiteNet reads an address or a network, also as its first two or three
// octets.
//
// QUIRK: postgrey 1.37 takes two octets for a /24 though its manual says /16,
// which is what is done here.
func whiteNet(word string) (p netip.Prefix, reason string) {
	bare := strings.TrimSuffix(word, ".")
	if strings.Trim(bare, "0123456789.") == "" {
		switch strings.Count(bare, ".") {
		case 1:
			return parseNet(bare + ".0.0/16")
		case 2:
			return parseNet(bare + ".0/24")
		}
	}
	if p, err := netip.ParsePrefix(word); err == nil {
		return p.Masked(), ""
	}
	return parseNet(word)
}

// recipient takes "user@domain", "user@" or a domain up.
func (w *whitelist) recipient(word string) (reason string, err error) {
	local, domain, isMail := cutLast(word, "@")
	if !isMail {
		domain = word
	} else if local == "" && domain == "" {
		return "\"" + word + "\" is no address", nil
	}
	domain = addr.NormalDomain(domain)
	if domain != "" && !addr.ValidDomain(domain) {
		return "\"" + word + "\" is no address or domain", nil
	}
	if isMail && local != "" {
		return w.add(foldKey(local) + "@" + domain)
	}
	return w.add(domain)
}

// Match tells whether a client is in the list, and by which entry. The name is
// that which the mail server has verified, "" or "unknown" for none.
func (c *ClientWhitelist) Match(name string, ip netip.Addr) (entry string, ok bool) {
	w := c.live.current.Load().value
	if ip.IsValid() {
		ip = ip.Unmap().WithZone("")
		if entry, ok := w.nets.Lookup(ip); ok {
			return entry, true
		}
	}
	name = addr.NormalDomain(name)
	if name == "" {
		return "", false
	}
	if d, ok := w.domain(name); ok {
		return d, true
	}
	return w.matchPattern(name)
}

// domain finds a name or one of its parents.
func (w *whitelist) domain(name string) (string, bool) {
	for {
		if _, ok := w.names.get(name); ok {
			return name, true
		}
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			return "", false
		}
		name = parent
	}
}

// matchPattern finds the first pattern that matches.
func (w *whitelist) matchPattern(text string) (string, bool) {
	if len(w.patterns) == 0 {
		return "", false
	}
	s := newSubject(text, len(w.patterns))
	for _, p := range w.patterns {
		// A pattern that takes too long does not match.
		if ok, err := p.p.match(s); err == nil && ok {
			return p.text, true
		}
	}
	return "", false
}

// Match tells whether a recipient is in the list, and by which entry. An
// extension after "+" does not matter.
func (r *RecipientWhitelist) Match(a addr.Address) (entry string, ok bool) {
	w := r.live.current.Load().value
	local, domain := foldKey(a.Local), a.ASCIIDomain()
	for _, l := range []string{local, cutPlus(local)} {
		for _, key := range []string{l + "@" + domain, l + "@"} {
			if _, ok := w.names.get(key); ok {
				return key, true
			}
		}
	}
	if domain != "" {
		if d, ok := w.domain(domain); ok {
			return d, true
		}
	}
	return w.matchPattern(local + "@" + domain)
}

// cutPlus takes the extension off a local part.
func cutPlus(local string) string {
	bare, _ := CutExtension(local, "+")
	return bare
}
