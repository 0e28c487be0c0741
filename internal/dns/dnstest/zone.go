package dnstest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"postern/internal/dns"
)

// defaultTTL is the TTL of records that have none of their own, in seconds.
const defaultTTL = 300

// zone holds records by their owner's name.
type zone struct {
	records map[string][]record
	// above counts for each name how many records stand below it: such names
	// exist without having records.
	above map[string]int
}

// record is one record, its data as it stands in a zone file.
type record struct {
	typ  dns.Type
	ttl  uint32
	body dnsmessage.ResourceBody
}

func newZone() *zone { return &zone{records: map[string][]record{}, above: map[string]int{}} }

// plainName brings a name to the form of keys.
func plainName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func (z *zone) add(name string, r record) {
	name = plainName(name)
	z.records[name] = append(z.records[name], r)
	z.count(name, 1)
}

// remove takes the records of a type away, or all of them for type 0.
func (z *zone) remove(name string, t dns.Type) {
	name = plainName(name)
	var keep []record
	for _, r := range z.records[name] {
		if t != 0 && r.typ != t {
			keep = append(keep, r)
			continue
		}
		z.count(name, -1)
	}
	if z.records[name] = keep; len(keep) == 0 {
		delete(z.records, name)
	}
}

func (z *zone) count(name string, n int) {
	for _, parent, ok := strings.Cut(name, "."); ok; _, parent, ok = strings.Cut(parent, ".") {
		z.above[parent] += n
	}
}

// find gives the records of a name, taken from a wildcard above it if need be
// (RFC 4592), and whether the name exists.
func (z *zone) find(name string) (list []record, exists bool) {
	if list := z.records[name]; len(list) > 0 {
		return list, true
	}
	if z.above[name] > 0 {
		return nil, true
	}
	for _, parent, ok := strings.Cut(name, "."); ok; _, parent, ok = strings.Cut(parent, ".") {
		if list := z.records["*."+parent]; len(list) > 0 {
			return list, true
		}
		if len(z.records[parent]) > 0 || z.above[parent] > 0 {
			return nil, false // the closest name that exists
		}
	}
	return nil, false
}

// types are the types by name.
var types = map[string]dns.Type{
	"A": dns.TypeA, "AAAA": dns.TypeAAAA, "NS": dns.TypeNS, "CNAME": dns.TypeCNAME, "SOA": dns.TypeSOA,
	"PTR": dns.TypePTR, "MX": dns.TypeMX, "TXT": dns.TypeTXT, "SPF": 99,
}

// typeOf reads the name of a type, such as "MX" or "TYPE257".
func typeOf(word string) (dns.Type, bool) {
	word = strings.ToUpper(word)
	if t, ok := types[word]; ok {
		return t, true
	}
	digits, ok := strings.CutPrefix(word, "TYPE")
	n, err := strconv.ParseUint(digits, 10, 16)
	return dns.Type(n), ok && err == nil
}

// body makes the data of a record from its words.
func body(t dns.Type, words []string) (dnsmessage.ResourceBody, error) {
	if t == dns.TypeTXT || t == 99 {
		return text(t, words)
	}
	want := map[dns.Type]int{dns.TypeMX: 2}[t]
	if len(words) != max(want, 1) {
		return nil, fmt.Errorf("a record of type %s has %d words, not %d", t, max(want, 1), len(words))
	}
	last := words[len(words)-1]
	if t == dns.TypeA || t == dns.TypeAAAA {
		return address(t, last)
	}
	name, err := wireName(last)
	if err != nil {
		return nil, err
	}
	switch t {
	case dns.TypeNS:
		return &dnsmessage.NSResource{NS: name}, nil
	case dns.TypeCNAME:
		return &dnsmessage.CNAMEResource{CNAME: name}, nil
	case dns.TypePTR:
		return &dnsmessage.PTRResource{PTR: name}, nil
	case dns.TypeMX:
		pref, err := strconv.ParseUint(words[0], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is not a preference", words[0])
		}
		return &dnsmessage.MXResource{Pref: uint16(pref), MX: name}, nil
	default:
		return &dnsmessage.UnknownResource{Type: dnsmessage.Type(t), Data: []byte(last)}, nil
	}
}

func address(t dns.Type, word string) (dnsmessage.ResourceBody, error) {
	ip, err := netip.ParseAddr(word)
	if err != nil || ip.Is4() != (t == dns.TypeA) {
		return nil, fmt.Errorf("%q is not the address of a record of type %s", word, t)
	}
	if t == dns.TypeA {
		return &dnsmessage.AResource{A: ip.As4()}, nil
	}
	return &dnsmessage.AAAAResource{AAAA: ip.As16()}, nil
}

// maxPiece is the longest piece of a text (RFC 1035 section 3.3).
const maxPiece = 255

// text makes a text record; pieces that are too long are cut.
func text(t dns.Type, words []string) (dnsmessage.ResourceBody, error) {
	var pieces []string
	for _, w := range words {
		for len(w) > maxPiece {
			pieces = append(pieces, w[:maxPiece])
			w = w[maxPiece:]
		}
		pieces = append(pieces, w)
	}
	if t == dns.TypeTXT {
		return &dnsmessage.TXTResource{TXT: pieces}, nil
	}
	var data []byte
	for _, p := range pieces {
		data = append(append(data, byte(len(p))), p...)
	}
	return &dnsmessage.UnknownResource{Type: dnsmessage.Type(t), Data: data}, nil
}

func wireName(name string) (dnsmessage.Name, error) {
	n, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return n, fmt.Errorf("%q is not a name: %w", name, err)
	}
	return n, nil
}
