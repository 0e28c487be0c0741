package restrict

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"postern/internal/addr"
)

// hostList is a list of hosts or domains as Postfix's mynetworks and
// relay_domains have them. The first item that matches decides.
type hostList struct {
	name  string
	items []hostItem
	// parents tells that a domain stands for its subdomains too.
	parents bool
}

// hostItem is one item: just one of the fields after not is set.
type hostItem struct {
	not    bool
	table  *openTable
	net    addr.Networks
	isNet  bool
	domain string
}

// maxListFile bounds the lines of a file of hosts.
const maxListFile = 1_000_000

// hostList reads a list: addresses and networks, names, ".domain", "/file",
// "type:table", each with "!" before it to exclude.
func (e *Engine) hostList(name string, entries []string, parents bool) (hostList, error) {
	l := hostList{name: name, parents: parents}
	for i, s := range entries {
		tokens, err := tokenize(name, []string{s})
		if err != nil {
			return l, err
		}
		for _, t := range tokens {
			if err := e.hostItem(&l, t.text); err != nil {
				return l, fmt.Errorf("item %d: %w", i, err)
			}
		}
	}
	return l, nil
}

// hostItem adds one item.
func (e *Engine) hostItem(l *hostList, text string) error {
	it := hostItem{}
	for strings.HasPrefix(text, "!") {
		it.not, text = !it.not, text[1:]
	}
	var err error
	switch {
	case strings.HasPrefix(text, "/"):
		return e.hostFile(l, text, it.not)
	case strings.HasPrefix(text, "["), looksLikeNetwork(text):
		it.isNet = true
		if it.net, err = addr.ParseNetworks([]string{text}); err != nil {
			return err
		}
	case strings.Contains(text, ":"):
		if it.table, err = e.open(text); err != nil {
			return err
		}
	case text == "":
		return fmt.Errorf("nothing follows the !")
	default:
		it.domain = addr.NormalDomain(text)
		if strings.HasPrefix(text, ".") {
			it.domain = "." + addr.NormalDomain(text[1:])
		}
	}
	l.items = append(l.items, it)
	return nil
}

// looksLikeNetwork tells an address or network from a name or table.
func looksLikeNetwork(text string) bool {
	host, _, _ := strings.Cut(text, "/")
	_, err := netip.ParseAddr(host)
	return err == nil
}

// hostFile adds the items of a file, several on a line, "#" comments.
func (e *Engine) hostFile(l *hostList, path string, not bool) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the list: %w", err)
	}
	defer f.Close() // only read from
	scan := bufio.NewScanner(f)
	for line := 1; scan.Scan(); line++ {
		if line > maxListFile {
			return fmt.Errorf("%s: more than %d lines", path, maxListFile)
		}
		text := strings.TrimSpace(scan.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < 0x80 && isSeparator(byte(r)) }) {
			if strings.HasPrefix(word, "/") {
				return fmt.Errorf("%s:%d: a list's file cannot name another file", path, line)
			}
			if not {
				word = "!" + word
			}
			if err := e.hostItem(l, word); err != nil {
				return fmt.Errorf("%s:%d: %w", path, line, err)
			}
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// matchDomain tells whether the list has a domain. The name must be in
// normal form.
func (l *hostList) matchDomain(ctx context.Context, name string) (bool, error) {
	for i := range l.items {
		it := &l.items[i]
		in, err := l.itemDomain(ctx, it, name)
		if err != nil {
			return false, err
		}
		if in {
			return !it.not, nil
		}
	}
	return false, nil
}

// itemDomain tells whether one item is about a name.
func (l *hostList) itemDomain(ctx context.Context, it *hostItem, name string) (bool, error) {
	switch {
	case name == "" || it.isNet:
		return false, nil
	case it.table != nil:
		return l.tableDomain(ctx, it.table, name)
	case it.domain[0] == '.':
		return strings.HasSuffix(name, it.domain), nil
	case l.parents:
		return addr.SameOrSub(name, it.domain), nil
	}
	return name == it.domain, nil
}

// tableDomain asks a table for a name and, as the list has it, its parents.
func (l *hostList) tableDomain(ctx context.Context, t *openTable, name string) (bool, error) {
	for key := name; key != ""; {
		_, found, err := t.Lookup(ctx, key)
		if err != nil {
			return false, fmt.Errorf("%s: %s: table lookup problem: %w", l.name, t.spec, err)
		}
		if found || !t.Partial() {
			return found, nil
		}
		i := strings.IndexByte(key[1:], '.')
		if i < 0 {
			return false, nil
		}
		key = key[i+1:]
		if l.parents {
			key = key[1:]
		}
	}
	return false, nil
}

// matchHost tells whether the list has a host, by its verified name or its
// address.
func (l *hostList) matchHost(ctx context.Context, name string, ip netip.Addr) (bool, error) {
	name = addr.NormalDomain(name)
	for i := range l.items {
		it := &l.items[i]
		in, err := l.itemDomain(ctx, it, name)
		if err != nil {
			return false, err
		}
		if !in && it.isNet {
			in = it.net.Contains(ip)
		}
		if !in && it.table != nil && ip.IsValid() {
			if _, in, err = it.table.Lookup(ctx, ip.Unmap().String()); err != nil {
				return false, fmt.Errorf("%s: %s: table lookup problem: %w", l.name, it.table.spec, err)
			}
		}
		if in {
			return !it.not, nil
		}
	}
	return false, nil
}

// lookupFirst asks tables one after the other for a key.
func lookupFirst(ctx context.Context, tables []*openTable, key string) (value string, found bool, err error) {
	for _, t := range tables {
		value, found, err = t.Lookup(ctx, key)
		if err != nil {
			return "", false, fmt.Errorf("%s: looking up %q: %w", t.spec, key, err)
		}
		if found {
			return value, true, nil
		}
	}
	return "", false, nil
}
