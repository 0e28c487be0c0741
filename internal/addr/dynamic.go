package addr

import (
	"net/netip"
	"strings"
)

// DynamicName tells how much a host name looks like one that an access
// provider generates for the lines of its customers, from 0 (a name somebody
// chose) to 5 (surely a dial-up or dynamic address). Mail servers seldom have
// such names. ip is the host's address, or the zero Addr when not known: names
// that spell their own address are generated.
func DynamicName(name string, ip netip.Addr) int {
	w := scanName(name)
	spelt := w.spells(ip)
	switch {
	case w.chosen:
		return 0
	case w.static && spelt:
		return 1
	case w.static:
		return 0
	case w.dynamic && (spelt || w.numbers > 0):
		return 5
	case w.access && spelt:
		return 4
	case w.dynamic, w.access && w.numbers > 1:
		return 3
	case spelt:
		return 2
	case w.access && w.numbers > 0, w.customer && w.numbers > 0:
		return 1
	}
	return 0
}

// nameWords is what the labels of a host name are made of.
type nameWords struct {
	// chosen: the first label calls the host a mail server.
	chosen bool
	// static, dynamic, access, customer: the name has a word of that kind.
	static, dynamic, access, customer bool
	// numbers counts runs of digits; octets are the first of them in order.
	numbers int
	octets  [8]int
	// longest is the longest run of hexadecimal digits.
	longest string
}

// nameKind sorts the words that providers put into generated names.
type nameKind uint8

const (
	kindStatic nameKind = iota + 1
	kindDynamic
	kindAccess
	kindCustomer
)

// nameKinds was gathered from the names access providers publish for their
// address pools.
var nameKinds = map[string]nameKind{
	"static": kindStatic, "statisch": kindStatic, "fixed": kindStatic, "fix": kindStatic,
	"staticip": kindStatic, "sta": kindStatic, "business": kindStatic, "biz": kindStatic,

	"dynamic": kindDynamic, "dyn": kindDynamic, "dynip": kindDynamic, "dynamicip": kindDynamic,
	"dyna": kindDynamic, "dinamic": kindDynamic, "dinamico": kindDynamic, "dinamica": kindDynamic,
	"dynamique": kindDynamic, "dhcp": kindDynamic, "dial": kindDynamic, "dialup": kindDynamic,
	"dialin": kindDynamic, "dip": kindDynamic, "ppp": kindDynamic, "pppoe": kindDynamic,
	"pppool": kindDynamic, "pptp": kindDynamic, "modem": kindDynamic, "modemcable": kindDynamic,
	"isdn": kindDynamic, "gprs": kindDynamic, "umts": kindDynamic, "cdma": kindDynamic,
	"lte": kindDynamic, "mobile": kindDynamic, "wireless": kindDynamic, "wifi": kindDynamic,
	"hotspot": kindDynamic, "unassigned": kindDynamic, "unused": kindDynamic, "nat": kindDynamic,

	"dsl": kindAccess, "adsl": kindAccess, "xdsl": kindAccess, "vdsl": kindAccess, "sdsl": kindAccess,
	"hsd": kindAccess, "cable": kindAccess, "cablemodem": kindAccess, "catv": kindAccess,
	"kabel": kindAccess, "broadband": kindAccess, "bredband": kindAccess, "bb": kindAccess,
	"pool": kindAccess, "pools": kindAccess, "fiber": kindAccess, "ftth": kindAccess,
	"fbx": kindAccess, "gpon": kindAccess, "docsis": kindAccess, "res": kindAccess,
	"residential": kindAccess, "home": kindAccess, "homeuser": kindAccess, "retail": kindAccess,

	"client": kindCustomer, "clients": kindCustomer, "customer": kindCustomer,
	"customers": kindCustomer, "cust": kindCustomer, "user": kindCustomer, "users": kindCustomer,
	"subscriber": kindCustomer, "subscribers": kindCustomer, "abo": kindCustomer, "kunde": kindCustomer,
}

// scanName splits a name into words and numbers.
func scanName(name string) nameWords {
	var w nameWords
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(name, ".")), ".")
	w.chosen = mailLabel(labels[0])
	// The last two labels belong to the provider, not to the line.
	for _, label := range labels[:max(0, len(labels)-2)] {
		for rest := label; rest != ""; {
			var word string
			word, rest = nextWord(rest)
			w.add(word)
		}
		w.hex(label)
	}
	return w
}

// mailLabel tells whether a first label names a mail server: "mail", "mx2",
// "smtp-out", "mta1".
func mailLabel(label string) bool {
	word, rest := nextWord(label)
	for word == "" && rest != "" {
		word, rest = nextWord(rest)
	}
	switch strings.TrimSuffix(word, "s") {
	case "mail", "mx", "smtp", "mta", "relay", "mailer", "mailout", "mailgw", "mailrelay", "postfix", "exim", "exchange", "email", "outbound", "mout":
		return true
	}
	return false
}

// nextWord cuts the run of letters or of digits off the front of s, after
// separators.
func nextWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, "-_")
	if s == "" {
		return "", ""
	}
	digits := isDigit(s[0])
	i := 1
	for i < len(s) && s[i] != '-' && s[i] != '_' && isDigit(s[i]) == digits {
		i++
	}
	return s[:i], s[i:]
}

func (w *nameWords) add(word string) {
	if word == "" {
		return
	}
	if isDigit(word[0]) {
		w.number(word)
		return
	}
	switch nameKinds[word] {
	case kindStatic:
		w.static = true
	case kindDynamic:
		w.dynamic = true
	case kindAccess:
		w.access = true
	case kindCustomer:
		w.customer = true
	}
}

// number notes a run of digits; twelve digits are an address with its octets
// padded by zeros.
func (w *nameWords) number(word string) {
	if len(word) == 12 {
		for i := 0; i < 12; i += 3 {
			w.number(word[i : i+3])
		}
		return
	}
	n := 0
	for i := 0; i < len(word) && n < 1000; i++ {
		n = n*10 + int(word[i]-'0')
	}
	if w.numbers < len(w.octets) {
		w.octets[w.numbers] = n
	}
	w.numbers++
}

// hex remembers a run of eight hexadecimal digits: an address written so.
func (w *nameWords) hex(label string) {
	start := 0
	for i := 0; i <= len(label); i++ {
		if i < len(label) && isHex(label[i]) {
			continue
		}
		if i-start > len(w.longest) {
			w.longest = label[start:i]
		}
		start = i + 1
	}
}

// spells tells whether the name contains the address, forwards or backwards,
// or, when the address is not known, four numbers that could be one.
func (w *nameWords) spells(ip netip.Addr) bool {
	n := min(w.numbers, len(w.octets))
	if !ip.Is4() {
		return n >= 4 && w.octets[0] < 256 && w.octets[1] < 256 && w.octets[2] < 256 && w.octets[3] < 256
	}
	a := ip.As4()
	for i := 0; i+4 <= n; i++ {
		if sameOctets(w.octets[i:], a, false) || sameOctets(w.octets[i:], a, true) {
			return true
		}
	}
	// Three octets are enough where the fourth is the provider's numbering.
	for i := 0; i+3 <= n; i++ {
		if w.octets[i] == int(a[0]) && w.octets[i+1] == int(a[1]) && w.octets[i+2] == int(a[2]) {
			return true
		}
	}
	return len(w.longest) >= 8 && strings.Contains(w.longest, hexAddress(a))
}

func sameOctets(n []int, a [4]byte, backwards bool) bool {
	for i := range 4 {
		j := i
		if backwards {
			j = 3 - i
		}
		if n[i] != int(a[j]) {
			return false
		}
	}
	return true
}

func hexAddress(a [4]byte) string {
	const digits = "0123456789abcdef"
	var b [8]byte
	for i, o := range a {
		b[2*i], b[2*i+1] = digits[o>>4], digits[o&15]
	}
	return string(b[:])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' }
