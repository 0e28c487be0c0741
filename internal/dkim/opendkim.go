package dkim

import (
	"fmt"
	"path"
	"strings"

	"postern/internal/addr"
)

// OpenDKIMKey is one line of OpenDKIM's KeyTable.
type OpenDKIMKey struct {
	// Name is what the SigningTable calls the key.
	Name string
	// Domain is d=, "%" for the domain of From.
	Domain string
	// Selector is s=.
	Selector string
	// File has the key, with "%" for the domain of From; Text is the key itself
	// where it stands in the table.
	File, Text string
}

// OpenDKIMRule is one line of OpenDKIM's SigningTable.
type OpenDKIMRule struct {
	// Pattern is about the address in From.
	Pattern string
	// Key is the name of a key, "%" for the domain of From.
	Key string
	// Identity is i=, with "%" for the domain of From; "" for none.
	Identity string
	// Line in the file, from 1.
	Line int
}

// ParseKeyTable reads a KeyTable: on each line a name and, with colons
// between, domain, selector and key.
func ParseKeyTable(file string, text []byte) ([]OpenDKIMKey, error) {
	var keys []OpenDKIMKey
	err := tableLines(file, text, func(_ int, name, value string) error {
		parts := strings.SplitN(value, ":", 3)
		if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			return fmt.Errorf("%q must be domain:selector:key", value)
		}
		k := OpenDKIMKey{Name: name, Domain: parts[0], Selector: parts[1]}
		if p := parts[2]; strings.HasPrefix(p, "/") || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
			k.File = p
		} else {
			k.Text = p
		}
		if k.Domain != "%" && !addr.ValidDomain(k.Domain) {
			return fmt.Errorf("%q is not a domain", k.Domain)
		}
		keys = append(keys, k)
		return nil
	})
	return keys, err
}

// ParseSigningTable reads a SigningTable: on each line a pattern, the name of
// a key and perhaps, after a colon, an identity.
func ParseSigningTable(file string, text []byte) ([]OpenDKIMRule, error) {
	var rules []OpenDKIMRule
	err := tableLines(file, text, func(line int, pattern, value string) error {
		key, identity, _ := strings.Cut(value, ":")
		if key == "" {
			return fmt.Errorf("%q has no key", pattern)
		}
		rules = append(rules, OpenDKIMRule{Pattern: pattern, Key: key, Identity: identity, Line: line})
		return nil
	})
	return rules, err
}

// tableLines gives the lines of a file of pairs, without comments, and puts
// the place before errors.
func tableLines(file string, text []byte, each func(line int, key, value string) error) error {
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		i := strings.IndexAny(line, " \t")
		if i < 0 {
			return fmt.Errorf("%s:%d: %q has no value", file, n, line)
		}
		if err := each(n, line[:i], strings.TrimSpace(line[i:])); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return nil
}

// MatchRefile finds the rules of a SigningTable of type "refile" that match an
// address, in the order of the file. OpenDKIM takes the first unless it is to
// make several signatures.
func MatchRefile(rules []OpenDKIMRule, address string) []OpenDKIMRule {
	var found []OpenDKIMRule
	for _, r := range rules {
		if wildcard(strings.ToLower(r.Pattern), strings.ToLower(address)) {
			found = append(found, r)
		}
	}
	return found
}

// wildcard matches text against a pattern in which "*" stands for any text.
func wildcard(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for {
		piece, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, piece)
		}
		i := strings.Index(text, piece)
		if i < 0 {
			return false
		}
		text, rest = text[i+len(piece):], after
	}
}

// MatchFile finds the rules of a SigningTable of type "file" that match an
// address, the nearest first: user@host, host, user@.domain for each domain
// above, .domain, user@*, *.
func MatchFile(rules []OpenDKIMRule, address string) []OpenDKIMRule {
	address = strings.ToLower(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return nil
	}
	user, host := address[:at], address[at+1:]
	keys := []string{address, host}
	above := func(prefix string) {
		for d := host; ; {
			i := strings.IndexByte(d, '.')
			if i < 0 {
				return
			}
			keys = append(keys, prefix+d[i:])
			d = d[i+1:]
		}
	}
	above(user + "@")
	above("")
	keys = append(keys, user+"@*", "*")
	var found []OpenDKIMRule
	for _, key := range keys {
		for _, r := range rules {
			if strings.ToLower(r.Pattern) == key {
				found = append(found, r)
			}
		}
	}
	return found
}

// Resolve gives domain, selector, file and identity of a rule's key for mail
// of a domain; ok is false when the table has no such key. An identity that is
// not within the domain is left out, as OpenDKIM does.
func (r OpenDKIMRule) Resolve(keys []OpenDKIMKey, domain string) (k OpenDKIMKey, identity string, ok bool) {
	domain = addr.NormalDomain(domain)
	if !addr.ValidDomain(domain) {
		return OpenDKIMKey{}, "", false // such as "..", which leads to another folder
	}
	name := r.Key
	if name == "%" {
		name = domain
	}
	for _, k = range keys {
		if k.Name != name {
			continue
		}
		if k.Domain == "%" {
			k.Domain = domain
		}
		if k.File != "" {
			k.File = path.Clean(strings.ReplaceAll(k.File, "%", domain))
		}
		identity = strings.ReplaceAll(r.Identity, "%", domain)
		at := strings.LastIndexByte(identity, '@')
		if at < 0 || !addr.SameOrSub(addr.NormalDomain(identity[at+1:]), addr.NormalDomain(k.Domain)) {
			identity = ""
		}
		return k, identity, true
	}
	return OpenDKIMKey{}, "", false
}

// OpenDKIMHost is one entry of OpenDKIM's lists of hosts, such as TrustedHosts
// for InternalHosts.
type OpenDKIMHost struct {
	// Text is an address, a network, a host name or, with a dot before it, a
	// domain.
	Text string
	// Not takes it out of what wider entries let in.
	Not bool
	// Line in the file, from 1.
	Line int
}

// Network tells whether the entry is an address or a network, not a name.
func (h OpenDKIMHost) Network() bool {
	_, err := addr.ParseNetworks([]string{h.Text})
	return err == nil
}

// ParseHosts reads a list of hosts, one on a line.
func ParseHosts(text []byte) []OpenDKIMHost {
	var hosts []OpenDKIMHost
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		not := strings.HasPrefix(line, "!")
		line = strings.TrimSpace(strings.TrimPrefix(line, "!"))
		line = strings.ReplaceAll(strings.ReplaceAll(line, "[", ""), "]", "")
		if line != "" {
			hosts = append(hosts, OpenDKIMHost{Text: line, Not: not, Line: n})
		}
	}
	return hosts
}
