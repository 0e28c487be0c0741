package greylist

import (
	"net/netip"
	"strconv"
	"strings"

	"postern/internal/addr"
)

// sourceOf gives what counts as the same client. ip is valid and never
// IPv4 in IPv6.
func (g *Greylist) sourceOf(ip netip.Addr, name string) netip.Prefix {
	bits := ip.BitLen()
	switch {
	case g.s.source == SourceHost:
	case g.s.source == SourceSmart && !smartSubnet(ip, name):
	case ip.Is4():
		bits = g.o.IPv4Prefix
	default:
		bits = g.o.IPv6Prefix
	}
	p, err := ip.Prefix(bits)
	if err != nil { // cannot be: the options are valid
		return netip.PrefixFrom(ip, ip.BitLen())
	}
	return p
}

// smartSubnet tells whether a client is judged by its subnet. Networks of
// mail servers retry from any of their hosts; on access lines the neighbour
// is somebody else. The rules are sqlgrey's, the words our own.
func smartSubnet(ip netip.Addr, name string) bool {
	if ip.Is6() {
		return globalEUI64(ip)
	}
	if name == "" {
		return false
	}
	name = strings.ToLower(name)
	if mailServerName(name) {
		return true
	}
	return !namesOctet(name, ip) && addr.DynamicName(name, ip) < 3
}

// globalEUI64 tells whether the lower half of a public address was made of a
// network card's number (RFC 4291 appendix A): one router has many of them.
func globalEUI64(ip netip.Addr) bool {
	b := ip.As16()
	return b[0]&0xe0 == 0x20 && b[11] == 0xff && b[12] == 0xfe
}

// serverWords are names of mail servers. They may be followed by another
// word, digits and a separator.
var serverWords = []string{
	"mail", "smtp", "mx", "mta", "out", "outbound", "outgoing", "relay", "relais", "gateway", "gw", "mailer",
	"mailgate", "mailhost", "mailhub", "mailrelay", "mailout", "mailgw", "server", "serveur", "lists", "list", "mlist",
	"filter", "firewall", "fw", "bounce", "bulk", "ns", "dns", "web", "www", "postfix", "proxy", "smarthost", "vmx", "vsmtp",
	"email", "sender", "qmail", "wmail", "exchange", "pop", "apache", "external", "extranet", "mailpool", "smtpout", "mxout",
}

// mailServerName tells whether one of the words that make up the host's own
// label is that of a mail server, with no more than digits behind it.
func mailServerName(name string) bool {
	label, _, ok := strings.Cut(name, ".")
	if !ok {
		return false
	}
	for word := range strings.FieldsFuncSeq(label, func(r rune) bool { return r == '-' || r == '_' }) {
		word = strings.TrimRight(word, "0123456789")
		for _, w := range serverWords {
			if word == w {
				return true
			}
		}
	}
	return false
}

// octetPrefixes stand before the last number of an address in names of lines.
var octetPrefixes = []string{"", "c", "cm", "gv", "h", "ip", "host", "m", "p", "pa", "pc", "pu"}

// namesOctet tells whether a name has the last octet of its IPv4 address.
func namesOctet(name string, ip netip.Addr) bool {
	octet := strconv.Itoa(int(ip.As4()[3]))
	for from := 0; ; from++ {
		i := strings.Index(name[from:], octet)
		if i < 0 {
			return false
		}
		from += i
		end := from + len(octet)
		if end < len(name) && strings.IndexByte("._-", name[end]) >= 0 && octetBegins(name[:from]) {
			return true
		}
	}
}

// octetBegins tells whether a number may begin behind what is before it.
func octetBegins(before string) bool {
	for _, zeros := range []string{before, strings.TrimRight(before, "0")} {
		for _, p := range octetPrefixes {
			rest, ok := strings.CutSuffix(zeros, p)
			if ok && (rest == "" || strings.IndexByte("0123456789.x_-", rest[len(rest)-1]) >= 0) {
				return true
			}
		}
	}
	return false
}
