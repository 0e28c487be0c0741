package dnslist

import (
	"net/netip"
	"slices"
	"strings"

	"postern/internal/addr"
)

// list is a list ready to be asked.
type list struct {
	name  string
	opts  ListOptions
	kinds []Kind
	zone  *zone
}

// newList makes a list of valid options; its zone is filled in later.
func newList(name string, o ListOptions) *list {
	l := &list{name: name, opts: o}
	for _, k := range o.Ask {
		l.kinds = append(l.kinds, Kind(k))
	}
	if o.Hash == "" {
		l.opts.Hash = "sha1"
	}
	if o.Encoding == "" {
		l.opts.Encoding = "hex"
	}
	return l
}

// item makes of an item what the list is to be asked about; nothing where it
// knows no such items.
func (l *list) item(k Kind, i Item) Item {
	switch {
	case !slices.Contains(l.kinds, k) || k.ofAddress() != i.ip.IsValid():
		return Item{}
	case i.domain != "" && l.opts.Registrable:
		return Item{domain: addr.Registrable(i.domain)}
	case i.domain != "":
		return i
	case !l.opts.Reserved && !Public(i.ip) || l.opts.Addresses == "ipv4" && !i.ip.Is4() || l.opts.Addresses == "ipv6" && !i.ip.Is6():
		return Item{}
	}
	return i
}

// Hit is one symbol found by a list.
type Hit struct {
	// List by its name in the configuration, and its zone without the key.
	List, Zone string
	// Code that fits the answer.
	Code Code
	// Item that is listed, and what was answered.
	Item   Item
	Answer netip.Addr
	// Kind of the item.
	Kind Kind
	// Allow says that this is a list of good senders.
	Allow bool
}

// Evidence says in words what was found.
func (h Hit) Evidence() string {
	return string(h.Kind) + " " + h.Item.String() + " in " + h.Zone + " (" + h.Answer.String() + ")"
}

// hits gives what the answers mean: each symbol once.
func (l *list) hits(k Kind, i Item, answers []netip.Addr) []Hit {
	var found []Hit
	add := func(c Code, ip netip.Addr) {
		if !slices.ContainsFunc(found, func(h Hit) bool { return h.Code.Symbol == c.Symbol }) {
			found = append(found, Hit{List: l.name, Zone: l.zone.shown, Code: c, Item: i, Answer: ip, Kind: k, Allow: l.opts.Allow})
		}
	}
	for _, ip := range answers {
		known := false
		for _, c := range l.opts.Codes {
			if c.match(ip) && (ordinary(ip) || c.names(ip)) {
				known = true
				add(c, ip)
			}
		}
		for _, c := range l.opts.Codes {
			if c.rest && !known && ordinary(ip) {
				add(c, ip)
			}
		}
	}
	return found
}

// loopback is the network from which lists answer (RFC 5782 section 2.1).
var loopback = netip.MustParsePrefix("127.0.0.0/8")

// special is the network of answers that say something about whoever asks.
var special = netip.MustParsePrefix("127.255.255.0/24")

// ordinary tells whether an answer can say that something is listed: what
// lies outside of 127/8 comes from somebody who took the zone over, and
// 127.0.0.1 and 127.255.255.0/24 are about whoever asks.
func ordinary(ip netip.Addr) bool {
	return loopback.Contains(ip) && !special.Contains(ip) && ip != netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// parsePoint reads a test point: an address or a domain.
func parsePoint(s string) Item {
	if ip, err := netip.ParseAddr(s); err == nil {
		return Address(ip)
	}
	if s = strings.TrimSuffix(s, "."); addr.ValidDomain(s) {
		return Item{domain: addr.NormalDomain(s)}
	}
	return Item{}
}
