package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// linkScan looks for links in plain text as mail readers do: URLs with a
// scheme, names of hosts with a public suffix, and mail addresses.
type linkScan struct {
	text  string
	done  int // nothing before it belongs to a further link
	links []Link
	limit int
}

// textLinks finds the links in plain text, limit at most.
func textLinks(text string, limit int) []Link {
	s := linkScan{text: text, limit: limit}
	for i := 0; i < len(text) && len(s.links) < limit; {
		j := strings.IndexAny(text[i:], ":.@")
		if j < 0 {
			break
		}
		i += j
		switch text[i] {
		case ':':
			i = s.scheme(i)
		case '@':
			i = s.mailbox(i)
		default:
			i = s.host(i)
		}
	}
	return s.links
}

// add notes the link in text[start:end].
func (s *linkScan) add(start, end int) int {
	link := normalizeURL(s.text[start:end])
	switch {
	case link.Target == "", link.Scheme == "file":
	case link.Scheme == "mailto" && !publicHost(link.Host):
	default:
		s.links = append(s.links, link)
	}
	s.done = end
	return end
}

// scheme looks for a URL whose scheme ends at the colon at i.
func (s *linkScan) scheme(i int) int {
	start := i
	for start > s.done && i-start < 20 && unreserved(s.text[start-1]) && s.text[start-1] != '.' && s.text[start-1] != '_' {
		start--
	}
	name := strings.ToLower(s.text[start:i])
	rest := s.text[i+1:]
	switch {
	case name == "mailto" && len(rest) > 2:
	case len(rest) > 2 && isSlash(rest[0]) && isSlash(rest[1]) && name != "":
		// Words run together with the scheme, as in "seehttp://".
		for _, known := range [...]string{"https", "http", "ftp"} {
			if strings.HasSuffix(name, known) {
				start = i - len(known)
				break
			}
		}
		if !letter(s.text[start]) {
			return i + 1
		}
	default:
		return i + 1
	}
	end := s.urlEnd(i + 1)
	if strings.Trim(s.text[i+1:end], "/\\") == "" {
		return i + 1
	}
	return s.add(start, end)
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

func letter(c byte) bool { return lowerByte(c) >= 'a' && lowerByte(c) <= 'z' }

// hostRune tells whether r may stand in the name of a host in text.
func hostRune(r rune) bool {
	if r < utf8.RuneSelf {
		return letter(byte(r)) || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_'
	}
	return r != utf8.RuneError && r < 0x2000 && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

// before gives where the run of host characters that ends at i begins, after
// it where one that begins at i ends. Neither is longer than maxHost.
const maxHost = 253

func (s *linkScan) before(i int) int {
	start := i
	for start > s.done && i-start < maxHost {
		r, n := utf8.DecodeLastRuneInString(s.text[s.done:start])
		if !hostRune(r) {
			break
		}
		start -= n
	}
	return start
}

func (s *linkScan) after(i int) int {
	end := i
	for end < len(s.text) && end-i < maxHost {
		r, n := utf8.DecodeRuneInString(s.text[end:])
		if !hostRune(r) {
			break
		}
		end += n
	}
	return end
}

// host looks for the name of a host around the dot at i.
func (s *linkScan) host(i int) int {
	if i+1 >= len(s.text) || s.text[i+1] <= ' ' {
		return i + 1
	}
	start, end := s.before(i), s.after(i)
	if end < len(s.text) && s.text[end] == '@' {
		return end
	}
	name := strings.Trim(s.text[start:end], ".-_")
	if name == "" {
		return max(end, i+1)
	}
	start += strings.Index(s.text[start:end], name)
	stop := start + len(name)
	if !publicHost(name) || start > 0 && s.text[start-1] == '/' && !hasScheme(name, "www.") {
		return max(end, i+1)
	}
	tail := end == stop && s.goesOn(stop)
	if !tail && unlikelyHost(name) {
		return max(end, i+1)
	}
	if tail {
		stop = s.urlEnd(stop)
	}
	link := normalizeURL(schemeFor(name) + "://" + s.text[start:stop])
	link.URL, link.Schemeless = s.text[start:stop], true
	s.links = append(s.links, link)
	s.done = stop
	return stop
}

// schemeFor gives the scheme that readers put before a bare name.
func schemeFor(name string) string {
	if hasScheme(name, "ftp.") {
		return "ftp"
	}
	return "http"
}

// goesOn tells whether a port, a path or a query follows a host's name at i.
func (s *linkScan) goesOn(i int) bool {
	if i >= len(s.text) {
		return false
	}
	switch s.text[i] {
	case '/', '?', '#':
		return true
	case ':':
		return i+1 < len(s.text) && s.text[i+1] >= '0' && s.text[i+1] <= '9'
	}
	return false
}

// unlikelyHost tells whether a bare name is rather that of a file, since its
// last label is both a domain and the ending of usual files, or the end of one
// sentence and the first word of the next.
func unlikelyHost(name string) bool {
	if hasScheme(name, "www.") || strings.Count(name, ".") != 1 {
		return false
	}
	_, ending, _ := strings.Cut(name, ".")
	if lower := strings.ToLower(ending); ending[1:] == lower[1:] && ending[0] != lower[0] {
		return true
	}
	switch strings.ToLower(ending) {
	case "zip", "mov", "py", "sh", "md", "rs", "ps", "so":
		return true
	}
	return false
}

// mailbox looks for a mail address around the @ at i.
func (s *linkScan) mailbox(i int) int {
	start := i
	for start > s.done && i-start < 64 && localByte(s.text[start-1]) {
		start--
	}
	end := s.after(i + 1)
	domain := strings.TrimRight(s.text[i+1:end], ".-_")
	end = i + 1 + len(domain)
	for start < i && s.text[start] == '.' {
		start++
	}
	if start == i || !publicHost(domain) {
		return i + 1
	}
	link := normalizeURL("mailto:" + s.text[start:end])
	link.URL, link.Schemeless = s.text[start:end], true
	s.links = append(s.links, link)
	s.done = end
	return end
}

// localByte tells whether c may stand before the @ of an address (RFC 5322
// atext without what only quotes).
func localByte(c byte) bool {
	return unreserved(c) && c != '~' || c >= 0x80 || strings.IndexByte("+!#$%&*=?^{|}", c) >= 0
}

// urlEnd gives where the URL in which i stands ends: at a blank, a quote or a
// bracket that does not belong to it, without punctuation of the sentence.
func (s *linkScan) urlEnd(i int) int {
	end := i
	for end < len(s.text) && end-i < maxURL {
		r, n := utf8.DecodeRuneInString(s.text[end:])
		if !urlRune(r) {
			break
		}
		end += n
	}
	end = trimSentence(s.text, i, end)
	if strings.LastIndexByte(strings.TrimLeft(s.text[i:end], "/\\"), '/') < 0 {
		end = i + len(strings.TrimRight(s.text[i:end], "-")) // a rule drawn after a host
	}
	return end
}

// trimSentence gives the end of text[start:end] without the punctuation of
// the sentence around it and without brackets that were not opened in it.
func trimSentence(text string, start, end int) int {
	surplus := func(open, closed string) int {
		return strings.Count(text[start:end], closed) - strings.Count(text[start:end], open)
	}
	round, square, curly := surplus("(", ")"), surplus("[", "]"), surplus("{", "}")
	for ; end > start; end-- {
		var left *int
		switch text[end-1] {
		case '.', ',', ';', ':', '!', '?', '\'', '*', '_', '~':
			continue
		case ')':
			left = &round
		case ']':
			left = &square
		case '}':
			left = &curly
		}
		if left == nil || *left <= 0 {
			break
		}
		*left--
	}
	return end
}

// urlRune tells whether r may stand in a URL in running text. Scripts that
// are written without blanks end it.
func urlRune(r rune) bool {
	switch {
	case r <= ' ' || r == 0x7f:
		return false
	case r < utf8.RuneSelf:
		return strings.IndexByte("<>\"`", byte(r)) < 0
	case r == utf8.RuneError, r == 0xa0, r == 0xab, r == 0xbb:
		return false
	}
	return r < 0x2000
}
