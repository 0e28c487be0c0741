package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
)

// MatchOptions says how the names of a match list are taken.
type MatchOptions struct {
	// Name is what the list is called in errors, such as "mynetworks".
	Name string
	// Parents lets "example.com" cover what is below it too: the list is in
	// parent_domain_matches_subdomains. Without it ".example.com" does that.
	Parents bool
}

// MatchList is one of Postfix's lists of hosts, domains and networks, such as
// mynetworks or relay_domains: items separated by blanks or commas, each a
// name, an address, a network, "/file" with such items, or "type:table"; "!"
// before an item takes what matches it out. The first match decides.
type MatchList struct {
	live *live[*matchItems]
	o    MatchOptions
}

// matchItems are the items of a match list.
type matchItems struct{ list []matchItem }

func (m *matchItems) entries() int { return len(m.list) }

// matchItem is one item: a table, a network or a name.
type matchItem struct {
	exclude bool
	table   Table
	net     netip.Prefix
	name    string
}

// OpenMatchList reads a match list and watches the files it names. The error
// is an *Error with file, line and column of the item that is wrong.
func (s *Set) OpenMatchList(text string, o MatchOptions) (*MatchList, error) {
	if o.Name == "" {
		o.Name = "list"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	l := &live[*matchItems]{name: o.Name, log: s.log, now: s.now}
	opening := true
	l.load = func(note *notes) (*matchItems, []string, error) {
		note.file = o.Name
		if !opening {
			// Tables that an edit brings in are opened under the lock.
			s.mu.Lock()
			defer s.mu.Unlock()
		}
		r := &matchReader{set: s, items: &matchItems{}}
		err := r.read(text, o.Name, 0, false, 0)
		return r.items, r.files, err
	}
	if err := l.first(); err != nil {
		return nil, err
	}
	opening = false
	s.watch(l)
	return &MatchList{live: l, o: o}, nil
}

// matchReader gathers the items of a match list and of the files it names.
type matchReader struct {
	set   *Set
	items *matchItems
	files []string
}

// read takes the items of a text up; line is 0 where it is not from a file.
func (r *matchReader) read(text, file string, line int, exclude bool, depth int) error {
	if depth > r.set.o.MaxNesting {
		return &Error{File: file, Line: line, Reason: fmt.Sprintf("file within more than the %d others of max_nesting", r.set.o.MaxNesting)}
	}
	at := 0
	for _, item := range splitItems(text) {
		at += strings.Index(text[at:], item)
		if err := r.item(item, spot{file, line, at + 1}, exclude, depth); err != nil {
			return err
		}
		at += len(item)
	}
	return nil
}

// item takes one item up.
func (r *matchReader) item(item string, p spot, exclude bool, depth int) error {
	bare := strings.TrimLeft(item, "!")
	exclude = exclude != ((len(item)-len(bare))%2 == 1)
	if len(r.items.list) >= r.set.o.MaxRules {
		return p.fault(nil, "list has more than the %d items of max_rules", r.set.o.MaxRules)
	}
	it := matchItem{exclude: exclude}
	switch {
	case bare == "":
		return p.fault(nil, "nothing follows the exclamation mark")
	case bare[0] == '/':
		return r.file(bare, p, exclude, depth)
	case bare[0] != '[' && strings.Contains(bare, ":"):
		return r.table(bare, p, it, depth)
	case bare[0] == '[' || strings.Contains(bare, "/"):
		net, reason := parseNet(bare)
		if reason != "" {
			return p.fault(nil, "%s", reason)
		}
		it.net = net
	default:
		if ip, ok := tableAddr(bare); ok {
			it.net = netip.PrefixFrom(ip, ip.BitLen())
		} else {
			it.name = foldKey(bare)
		}
	}
	r.items.list = append(r.items.list, it)
	return nil
}

// table takes "type:name" up.
func (r *matchReader) table(spec string, p spot, it matchItem, depth int) error {
	if net, reason := parseNet(spec); reason == "" {
		return p.fault(nil, "an IPv6 network must stand in brackets: [%s]/%d", net.Addr(), net.Bits())
	}
	t, err := r.set.open(spec, depth)
	if err != nil {
		return p.fault(err, "%v", err)
	}
	it.table = t
	r.items.list = append(r.items.list, it)
	return nil
}

// file takes the items of a file up, line by line.
func (r *matchReader) file(path string, p spot, exclude bool, depth int) error {
	r.files = append(r.files, path)
	f, err := openText(path, r.set.o)
	if err != nil {
		return p.fault(err, "%v", err)
	}
	defer f.Close()
	text, err := readAll(f, int64(r.set.o.MaxFileSize))
	if err != nil {
		return p.fault(err, "reading %s: %v", path, err)
	}
	line := 0
	for l := range strings.Lines(text) {
		line++
		if strings.HasPrefix(l, "#") {
			continue
		}
		if err := r.read(l, path, line, exclude, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// spot is where an item stands.
type spot struct {
	file         string
	line, column int
}

// fault makes an error of a place.
func (p spot) fault(err error, format string, args ...any) error {
	var inner *Error
	if errors.As(err, &inner) && inner.Line > 0 {
		// A place within a table says more than that of its name.
		return err
	}
	return &Error{File: p.file, Line: p.line, Column: p.column, Reason: fmt.Sprintf(format, args...), Err: err}
}

// MatchHost tells whether a client with this name and address is in the list.
// The error says that a table could not be asked.
func (m *MatchList) MatchHost(ctx context.Context, name string, ip netip.Addr) (bool, error) {
	name = foldKey(name)
	if ip.IsValid() {
		ip = ip.Unmap().WithZone("")
	}
	list := m.live.current.Load().value.list
	for i := range list {
		it := &list[i]
		ok, err := m.hostMatches(ctx, it, name, ip)
		if err != nil {
			return false, err
		}
		if ok {
			return !it.exclude, nil
		}
	}
	return false, nil
}

// hostMatches tries one item on a client.
func (m *MatchList) hostMatches(ctx context.Context, it *matchItem, name string, ip netip.Addr) (bool, error) {
	ok, err := m.nameMatches(ctx, it, name)
	if ok || err != nil || !ip.IsValid() {
		return ok, err
	}
	if it.table != nil {
		_, ok, err := it.table.Lookup(ctx, ip.String())
		return ok, err
	}
	return it.net.IsValid() && it.net.Contains(ip), nil
}

// MatchDomain tells whether a domain is in the list.
func (m *MatchList) MatchDomain(ctx context.Context, name string) (bool, error) {
	name = foldKey(name)
	list := m.live.current.Load().value.list
	for i := range list {
		it := &list[i]
		ok, err := m.nameMatches(ctx, it, name)
		if err != nil {
			return false, err
		}
		if ok {
			return !it.exclude, nil
		}
	}
	return false, nil
}

// nameMatches tries one item on a name.
func (m *MatchList) nameMatches(ctx context.Context, it *matchItem, name string) (bool, error) {
	switch {
	case name == "":
		return false, nil
	case it.table != nil:
		hit, err := LookupHost(ctx, it.table, name, Keys{Parents: m.o.Parents})
		return hit.Found, err
	case it.name == "":
		return false, nil
	case it.name == name:
		return true, nil
	}
	rest, below := strings.CutSuffix(name, it.name)
	if !below || rest == "" {
		return false, nil
	}
	if m.o.Parents {
		return rest[len(rest)-1] == '.', nil
	}
	return it.name[0] == '.', nil
}

// readAll reads a file as a whole.
func readAll(f *os.File, max int64) (string, error) {
	b, err := io.ReadAll(&limitedReader{r: f, left: max, path: f.Name()})
	return string(b), err
}
