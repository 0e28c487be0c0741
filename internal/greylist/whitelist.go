package greylist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"regexp"
	"strings"

	"postern/internal/addr"
	"postern/internal/unit"
)

// ClientMatcher tells whether a client is on a list, and by which entry. name
// is the verified host name, "unknown" where there is none. The room of tables
// has lists that follow their files.
type ClientMatcher interface {
	Match(name string, ip netip.Addr) (entry string, ok bool)
}

// AddressMatcher tells whether a mail address is on a list, and by which
// entry.
type AddressMatcher interface {
	Match(a addr.Address) (entry string, ok bool)
}

// Whitelists are who never waits, and who is never waited for.
type Whitelists struct {
	Clients             []ClientMatcher
	Recipients, Senders []AddressMatcher
}

// maxEntryLine bounds a line of a whitelist file.
const maxEntryLine = 64 << 10

// LoadWhitelists reads the files of the options besides the lists in them.
// Entries that make no sense are left out and reported, each with file and
// line; what is returned beside an error works without them.
func (o Options) LoadWhitelists() (Whitelists, error) {
	w, err := o.lists()
	errs := []error{err}
	for _, path := range o.ClientFiles {
		list, err := readFile(path, ReadClients)
		errs = append(errs, err)
		w.Clients = append(w.Clients, list)
	}
	for _, path := range o.RecipientFiles {
		list, err := readFile(path, ReadAddresses)
		errs = append(errs, err)
		w.Recipients = append(w.Recipients, list)
	}
	for _, path := range o.SenderFiles {
		list, err := readFile(path, ReadAddresses)
		errs = append(errs, err)
		w.Senders = append(w.Senders, list)
	}
	return w, errors.Join(errs...)
}

// lists makes the lists that stand in the options themselves.
func (o Options) lists() (Whitelists, error) {
	clients := newClientList()
	errs := addAll("whitelist_clients", o.WhitelistClients, clients.add)
	recipients, bad := readList("whitelist_recipients", o.WhitelistRecipients)
	senders, worse := readList("whitelist_senders", o.WhitelistSenders)
	return Whitelists{
		Clients:    []ClientMatcher{clients},
		Recipients: []AddressMatcher{recipients},
		Senders:    []AddressMatcher{senders},
	}, errors.Join(errs, bad, worse)
}

// readList makes a list of the entries of an option.
func readList(key string, entries []string) (*AddressList, error) {
	l := newAddressList()
	return l, addAll(key, entries, l.add)
}

// addAll adds the entries of an option to a list.
func addAll(key string, entries []string, add func(string) error) error {
	var errs []error
	for i, e := range entries {
		if err := add(strings.TrimSpace(e)); err != nil {
			errs = append(errs, unit.BadKey(fmt.Sprintf("%s[%d]", key, i), "%v", err))
		}
	}
	return errors.Join(errs...)
}

// readFile reads one whitelist file.
func readFile[T any](path string, read func(name string, r io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		list, none := read(path, strings.NewReader(""))
		if strings.HasSuffix(path, ".local") && errors.Is(err, fs.ErrNotExist) {
			return list, none
		}
		return list, fmt.Errorf("reading whitelist: %w", err)
	}
	defer f.Close()
	return read(path, f)
}

// ReadClients reads a list of clients in the form of postgrey's
// whitelist_clients. name is the file's, for errors; the list holds what could
// be understood.
func ReadClients(name string, r io.Reader) (*ClientList, error) {
	l := newClientList()
	return l, readEntries(name, r, l.add)
}

// ReadAddresses reads a list of addresses in the form of postgrey's
// whitelist_recipients.
func ReadAddresses(name string, r io.Reader) (*AddressList, error) {
	l := newAddressList()
	return l, readEntries(name, r, l.add)
}

// readEntries reads lines, of which "#" begins a comment.
func readEntries(name string, r io.Reader, add func(entry string) error) error {
	var errs []error
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEntryLine)
	number := 0
	for lines.Scan() {
		number++
		entry, _, _ := strings.Cut(lines.Text(), "#")
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if err := add(entry); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, number, err))
		}
	}
	if err := lines.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s:%d: %w", name, number+1, err))
	}
	return errors.Join(errs...)
}

// patterns are regular expressions, which ignore case.
type patterns []*regexp.Regexp

// add takes a pattern between slashes.
func (p *patterns) add(entry string) error {
	text, ok := strings.CutSuffix(entry[1:], "/")
	if !ok {
		return fmt.Errorf("pattern %q has no / at its end", entry)
	}
	re, err := regexp.Compile("(?i)" + text)
	if err != nil {
		return fmt.Errorf("pattern %q cannot be understood: %w", entry, err)
	}
	*p = append(*p, re)
	return nil
}

// match gives the first pattern that matches.
func (p patterns) match(s string) (entry string, ok bool) {
	for _, re := range p {
		if re.MatchString(s) {
			return "/" + strings.TrimPrefix(re.String(), "(?i)") + "/", true
		}
	}
	return "", false
}

// ClientList is a list of clients by name and address.
type ClientList struct {
	patterns patterns
	domains  map[string]bool
	texts    []string // the networks as they are written
	networks addr.Networks
}

func newClientList() *ClientList { return &ClientList{domains: map[string]bool{}} }

// Len is the number of entries.
func (l *ClientList) Len() int { return len(l.patterns) + len(l.domains) + len(l.texts) }

func (l *ClientList) add(entry string) error {
	if strings.HasPrefix(entry, "/") {
		return l.patterns.add(entry)
	}
	if network, ok := clientNetwork(entry); ok {
		networks, err := addr.ParseNetworks(append(l.texts, network))
		if err != nil {
			return err
		}
		l.texts, l.networks = append(l.texts, network), networks
		return nil
	}
	if strings.ContainsAny(entry, " \t/@:") {
		return fmt.Errorf("%q is no domain, address, network or /pattern/", entry)
	}
	// sqlgrey writes "*.domain".
	l.domains[addr.NormalDomain(strings.TrimPrefix(strings.TrimPrefix(entry, "*"), "."))] = true
	return nil
}

// clientNetwork reads an address or a network, in full or by its first
// octets: "192.0.2" is 192.0.2.0/24.
func clientNetwork(entry string) (network string, ok bool) {
	text, length, masked := strings.Cut(entry, "/")
	if strings.Trim(text, "0123456789.") == "" {
		for range 3 - strings.Count(text, ".") {
			text += ".0"
		}
		if octets := strings.Count(entry, ".") + 1; !masked && octets < 4 {
			length, masked = fmt.Sprint(8*octets), true
		}
	} else if !strings.Contains(text, ":") {
		return "", false
	}
	if !masked {
		return text, true
	}
	if p, err := netip.ParsePrefix(text + "/" + length); err == nil {
		// Bits behind the mask are common in such files.
		return p.Masked().String(), true
	}
	return text + "/" + length, true
}

// Match tells whether a client is on the list.
func (l *ClientList) Match(name string, ip netip.Addr) (entry string, ok bool) {
	if len(l.domains) > 0 {
		for d := addr.NormalDomain(name); d != ""; _, d, _ = strings.Cut(d, ".") {
			if l.domains[d] {
				return d, true
			}
		}
	}
	if entry, ok := l.patterns.match(name); ok {
		return entry, true
	}
	if len(l.texts) > 0 && l.networks.Contains(ip) {
		return "network of " + ip.String(), true
	}
	return "", false
}

// AddressList is a list of mail addresses.
type AddressList struct {
	patterns patterns
	// users are "user@" for any domain and "user@domain", domains those with
	// all below them, exact those alone.
	users, domains, exact map[string]bool
}

func newAddressList() *AddressList {
	return &AddressList{users: map[string]bool{}, domains: map[string]bool{}, exact: map[string]bool{}}
}

// Len is the number of entries.
func (l *AddressList) Len() int {
	return len(l.patterns) + len(l.users) + len(l.domains) + len(l.exact)
}

func (l *AddressList) add(entry string) error {
	if strings.HasPrefix(entry, "/") {
		return l.patterns.add(entry)
	}
	if entry == "" || strings.ContainsAny(entry, " \t/") {
		return fmt.Errorf("%q is no address, domain or /pattern/", entry)
	}
	i := strings.LastIndexByte(entry, '@')
	domain := addr.NormalDomain(entry[i+1:])
	switch {
	case i < 0:
		l.domains[domain] = true
	case i == 0:
		l.exact[domain] = true
	default:
		l.users[strings.ToLower(entry[:i])+"@"+domain] = true
	}
	return nil
}

// Match tells whether an address is on the list. What follows "+" in
// its local part does not matter.
func (l *AddressList) Match(a addr.Address) (entry string, ok bool) {
	domain := a.ASCIIDomain()
	local := strings.ToLower(a.Local)
	if len(l.users) > 0 {
		base, _, _ := strings.Cut(local, "+")
		for _, user := range []string{local, base} {
			for _, e := range []string{user + "@" + domain, user + "@"} {
				if user != "" && l.users[e] {
					return e, true
				}
			}
		}
	}
	if domain != "" && l.exact[domain] {
		return "@" + domain, true
	}
	if len(l.domains) > 0 {
		for d := domain; d != ""; _, d, _ = strings.Cut(d, ".") {
			if l.domains[d] {
				return d, true
			}
		}
	}
	if len(l.patterns) == 0 {
		return "", false
	}
	return l.patterns.match(a.String())
}

var (
	_ ClientMatcher  = (*ClientList)(nil)
	_ AddressMatcher = (*AddressList)(nil)
)
