package restrict

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"postern/internal/table"
)

// hostList is a list of hosts or domains as Postfix's mynetworks and
// relay_domains have them. The zero hostList is empty.
type hostList struct {
	name string
	list *table.MatchList
}

// hostList opens a list. Without tables only an empty one can be had.
func (e *Engine) hostList(name string, entries []string, parents bool) (hostList, error) {
	text, err := bracketed(name, entries)
	if err != nil {
		return hostList{}, err
	}
	if text == "" {
		return hostList{name: name}, nil
	}
	if e.needs.Tables == nil {
		return hostList{}, fmt.Errorf("no tables are available to read %s", quoteClip(text))
	}
	list, err := e.needs.Tables.OpenMatchList(text, table.MatchOptions{Name: name, Parents: parents})
	return hostList{name, list}, err
}

// bracketed joins the items of a list, with brackets around IPv6 addresses:
// Postfix demands them, and the other lists of the configuration do not.
func bracketed(name string, entries []string) (string, error) {
	tokens, err := tokenize(name, entries)
	if err != nil {
		return "", err
	}
	items := make([]string, len(tokens))
	for i, t := range tokens {
		bare := strings.TrimLeft(t.text, "!")
		not := t.text[:len(t.text)-len(bare)]
		if p, err := netip.ParsePrefix(bare); err == nil && p.Addr().Is6() {
			bare = fmt.Sprintf("[%s]/%d", p.Addr(), p.Bits())
		} else if ip, err := netip.ParseAddr(bare); err == nil && ip.Is6() {
			bare = "[" + bare + "]"
		}
		items[i] = not + bare
	}
	return strings.Join(items, " "), nil
}

// empty tells whether the list has no items.
func (l *hostList) empty() bool { return l.list == nil }

// matchDomain tells whether the list has a domain.
func (l *hostList) matchDomain(ctx context.Context, name string) (bool, error) {
	if l.list == nil {
		return false, nil
	}
	in, err := l.list.MatchDomain(ctx, name)
	if err != nil {
		return false, fmt.Errorf("%s: looking up %q: %w", l.name, name, err)
	}
	return in, nil
}

// matchHost tells whether the list has a host, by its verified name or its
// address.
func (l *hostList) matchHost(ctx context.Context, name string, ip netip.Addr) (bool, error) {
	if l.list == nil {
		return false, nil
	}
	in, err := l.list.MatchHost(ctx, name, ip)
	if err != nil {
		return false, fmt.Errorf("%s: looking up %s: %w", l.name, ip, err)
	}
	return in, nil
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
