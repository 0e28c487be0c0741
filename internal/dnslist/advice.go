package dnslist

import (
	"fmt"
	"net/netip"
	"strings"
)

// silent is the fault of a list that does not answer.
func (z *zone) silent(err error) *fault {
	return z.broken("it does not answer: " + err.Error())
}

// broken is the fault of a list that answers wrongly.
func (z *zone) broken(reason string) *fault {
	f := &fault{reason: hideKey(reason, z), advice: "look whether the list still exists and take it out if it does not; otherwise it comes back by itself when it works again"}
	if end, ok := gone[z.key.name]; ok {
		f.advice = "take it out: the list was " + end
	}
	return f
}

// hideKey takes the customer's key out of a text.
func hideKey(text string, z *zone) string { return strings.ReplaceAll(text, z.key.name, z.shown) }

// crooked is the fault of a list that refuses to serve us, or whose zone
// belongs to somebody else now.
func (z *zone) crooked(answers []netip.Addr) *fault {
	if ip, ok := z.refusal(answers, nil); ok {
		return z.refuses(ip)
	}
	if ip, ok := foreign(answers); ok {
		return z.broken(fmt.Sprintf("it answers with %s, which is outside of 127.0.0.0/8: the domain may belong to somebody else now, or the DNS server answers for names that do not exist", ip))
	}
	return nil
}

// What the answers mean with which lists refuse.
const (
	codeTypo = 252
	codeOpen = 254
	codeBusy = 255
)

// refuses is the fault of a list that refuses to serve us.
func (z *zone) refuses(ip netip.Addr) *fault {
	f := &fault{reason: fmt.Sprintf("it refuses to answer us (%s)", ip), advice: z.advice}
	if general.Contains(ip) {
		switch ip.As4()[3] {
		case codeTypo:
			return &fault{f.reason + ": the name of the zone is wrong", "correct the name of the zone"}
		case codeOpen:
			f.reason += ": the question came from a public or open DNS server"
		case codeBusy:
			f.reason += ": too many questions"
		}
	}
	if f.advice == "" {
		f.advice = "ask through a recursive DNS server of your own and not through a public one; if you do, ask the list for terms that fit your mail, or switch it off"
	}
	return f
}

// gone are zones of lists that were shut down, and when. Some of them list
// every address now.
var gone = map[string]string{
	"ix.dnsbl.manitu.net":         "shut down in January 2025",
	"dnsbl.sorbs.net":             "shut down in June 2024",
	"spam.dnsbl.sorbs.net":        "shut down in June 2024",
	"dul.dnsbl.sorbs.net":         "shut down in June 2024",
	"safe.dnsbl.sorbs.net":        "shut down in June 2024",
	"problems.dnsbl.sorbs.net":    "shut down in June 2024",
	"list.dsbl.org":               "shut down in 2008",
	"relays.ordb.org":             "shut down in 2006",
	"dnsbl.njabl.org":             "shut down in 2013",
	"combined.njabl.org":          "shut down in 2013",
	"dnsbl.ahbl.org":              "shut down in 2015 and lists everything",
	"rhsbl.ahbl.org":              "shut down in 2015 and lists everything",
	"dnsbl.inps.de":               "shut down in 2020",
	"opm.blitzed.org":             "shut down in 2006",
	"blackholes.mail-abuse.org":   "made a paid service",
	"dsn.rfc-ignorant.org":        "shut down in 2012",
	"postmaster.rfc-ignorant.org": "shut down in 2012",
	"abuse.rfc-ignorant.org":      "shut down in 2012",
	"whois.rfc-ignorant.org":      "shut down in 2012",
	"bogusmx.rfc-ignorant.org":    "shut down in 2012",
	"cbl.abuseat.org":             "made part of zen.spamhaus.org",
	"spam.abuse.ch":               "shut down",
}
