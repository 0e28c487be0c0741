package dnslist

import "strings"

// The built-in lists stand here as data: what they answer is what their
// operators publish, what they are worth is rspamd's measure, except that no
// single list reaches the score at which mail is marked. docs/dns-lists.md
// says who runs them and on which terms.

// DefaultLists are the built-in lists by name. Those that are on may be asked
// without registration by hosts with little mail; they are switched off by
// themselves where they refuse.
func DefaultLists() map[string]ListOptions {
	off := new(bool)
	return map[string]ListOptions{
		"spamhaus_zen":   spamhausZen(),
		"spamhaus_dbl":   spamhausDBL(),
		"mailspike":      mailspike(),
		"blocklist_de":   blocklistDE(),
		"spamcop":        spamcop(),
		"dnswl":          dnswl("list.dnswl.org", "client", "RCVD_IN_DNSWL", "Client is listed at dnswl.org", [4]string{"0", "-0.1", "-0.2", "-0.5"}),
		"dnswl_domains":  dnswl("dwl.dnswl.org", "dkim", "DWL_DNSWL", "Signed by a domain listed at dnswl.org", [4]string{"0", "-1", "-2", "-3.5"}),
		"surbl":          surbl(),
		"uribl":          uribl(),
		"sem":            sem(off, "bl.spameatingmonkey.net", "ipv4", "RBL_SEM"),
		"sem_ipv6":       sem(off, "bl.ipv6.spameatingmonkey.net", "ipv6", "RBL_SEM_IPV6"),
		"virusfree":      virusfree(off),
		"msbl_ebl":       msbl(off),
		"senderscore":    single(off, "bl.score.senderscore.com", "RBL_SENDERSCORE_SCORE 2 Client is listed by Validity", "create an account at Validity, which allows few questions without one"),
		"barracuda":      single(off, "b.barracudacentral.org", "RBL_BARRACUDA 2 Client is listed by Barracuda", "register the address of your DNS server with Barracuda"),
		"psbl":           single(off, "psbl.surriel.com", "RBL_PSBL 1 Client is listed in the Passive Spam Block List", ""),
		"uceprotect":     single(off, "dnsbl-1.uceprotect.net", "RBL_UCEPROTECT_LEVEL1 1 Client is listed at UCEPROTECT level 1", ""),
		"gbudb_truncate": single(off, "truncate.gbudb.net", "RBL_GBUDB_TRUNCATE 1 Client is listed in GBUdb's worst", ""),
	}
}

// codes reads codes that are written here.
func codes(lines ...string) []Code {
	list := make([]Code, 0, len(lines))
	for _, l := range lines {
		c, err := ParseCode(l)
		if err != nil {
			panic("dnslist: " + err.Error()) // a test reads them all
		}
		list = append(list, c)
	}
	return list
}

const spamhausAdvice = "see https://www.spamhaus.org/returnc/pub/: ask through a recursive DNS server of your own; with much or commercial mail register for the Data Query Service and set zone and key"

func spamhausZen() ListOptions {
	return ListOptions{
		Zone: "zen.spamhaus.org", Ask: []string{"client"}, Advice: spamhausAdvice,
		Refused: []string{"127.255.255.[0..255]"},
		Codes: codes(
			"127.0.0.2 RBL_SPAMHAUS_SBL 4 Client is listed in Spamhaus SBL",
			"127.0.0.3 RBL_SPAMHAUS_CSS 2 Client is listed in Spamhaus CSS",
			"127.0.0.[4..7] RBL_SPAMHAUS_XBL 4 Client is listed in Spamhaus XBL",
			"127.0.0.9 RBL_SPAMHAUS_DROP 5.5 Client is listed in Spamhaus DROP",
			"127.0.0.[10..11] RBL_SPAMHAUS_PBL 2 Client is listed in Spamhaus PBL: it should not send mail itself",
			"* RBL_SPAMHAUS 0 Spamhaus ZEN gave an answer that is not known"),
	}
}

func spamhausDBL() ListOptions {
	return ListOptions{
		Zone: "dbl.spamhaus.org", Ask: []string{"helo", "reverse", "sender", "url", "dkim"}, Advice: spamhausAdvice,
		Refused: []string{"127.255.255.[0..255]"}, Listed: "dbltest.com", Unlisted: "example.com",
		Codes: codes(
			"127.0.1.2 DBL_SPAM 5.5 A domain is listed in Spamhaus DBL for spam",
			"127.0.1.4 DBL_PHISH 5.5 A domain is listed in Spamhaus DBL for phishing",
			"127.0.1.5 DBL_MALWARE 5.5 A domain is listed in Spamhaus DBL for malware",
			"127.0.1.6 DBL_BOTNET 5.5 A domain is listed in Spamhaus DBL for botnets",
			"127.0.1.102 DBL_ABUSE 5 A good domain is abused for spam, says Spamhaus DBL",
			"127.0.1.103 DBL_ABUSE_REDIR 5 A redirector is abused for spam, says Spamhaus DBL",
			"127.0.1.104 DBL_ABUSE_PHISH 5.5 A good domain is abused for phishing, says Spamhaus DBL",
			"127.0.1.105 DBL_ABUSE_MALWARE 5.5 A good domain is abused for malware, says Spamhaus DBL",
			"127.0.1.106 DBL_ABUSE_BOTNET 5.5 A good domain is abused for botnets, says Spamhaus DBL",
			"127.0.1.255 DBL_PROHIBIT 0 Spamhaus DBL was asked about an address",
			"* DBL 0 Spamhaus DBL gave an answer that is not known"),
	}
}

func mailspike() ListOptions {
	return ListOptions{
		Zone: "rep.mailspike.net", Ask: []string{"client"}, Probe: probeUnlisted, Addresses: "ipv4",
		Codes: codes(
			"127.0.0.10 RBL_MAILSPIKE_WORST 2 Client has the worst reputation at Mailspike",
			"127.0.0.11 RBL_MAILSPIKE_VERYBAD 1.5 Client has a very bad reputation at Mailspike",
			"127.0.0.12 RBL_MAILSPIKE_BAD 1 Client has a bad reputation at Mailspike",
			"127.0.0.[13..16] RWL_MAILSPIKE_NEUTRAL 0 Client has a neutral reputation at Mailspike",
			"127.0.0.17 RWL_MAILSPIKE_POSSIBLE 0 Client may be a good one, says Mailspike",
			"127.0.0.18 RWL_MAILSPIKE_GOOD -0.1 Client has a good reputation at Mailspike",
			"127.0.0.19 RWL_MAILSPIKE_VERYGOOD -0.2 Client has a very good reputation at Mailspike",
			"127.0.0.20 RWL_MAILSPIKE_EXCELLENT -0.4 Client has an excellent reputation at Mailspike",
			"* MAILSPIKE 0 Mailspike gave an answer that is not known"),
	}
}

func blocklistDE() ListOptions {
	return ListOptions{
		Zone: "bl.blocklist.de", Ask: []string{"client"}, Probe: probeUnlisted,
		Codes: codes("127.0.0.[0..255] RBL_BLOCKLISTDE 4 Client is listed at blocklist.de for attacks"),
	}
}

func spamcop() ListOptions {
	return ListOptions{
		Zone: "bl.spamcop.net", Ask: []string{"client"}, Addresses: "ipv4",
		Codes: codes("127.0.0.2 RBL_SPAMCOP 1.5 Client is listed at SpamCop"),
	}
}

// dnswl is one of the two lists of dnswl.org, whose answers 127.0.X.Y say by X
// what the sender is and by Y how far it is trusted.
func dnswl(zone, kind, symbol, text string, scores [4]string) ListOptions {
	o := ListOptions{
		Zone: zone, Ask: []string{kind}, Allow: true, Probe: probeUnlisted,
		// Who asks too much is answered that all are trusted in the highest
		// degree, with a category that nobody else has.
		Refused: []string{"127.0.0.255", "127.0.10.[0..255]"},
		Advice:  "see https://www.dnswl.org/?page_id=9: ask through a recursive DNS server of your own; with more than 100,000 questions a day subscribe",
	}
	for level, name := range []string{"NONE", "LOW", "MED", "HI"} {
		trust := []string{"no", "low", "medium", "high"}[level]
		o.Codes = append(o.Codes, codes(strings.Join([]string{
			"127.0.[0..255]." + string(rune('0'+level)), symbol + "_" + name, scores[level], text + ", " + trust + " trust"}, " "))...)
	}
	o.Codes = append(o.Codes, codes("* "+symbol+" 0 "+text+", with an answer that is not known")...)
	return o
}

func surbl() ListOptions {
	return ListOptions{
		Zone: "multi.surbl.org", Ask: []string{"helo", "reverse", "url", "url_address", "dkim"}, Registrable: true,
		Refused: []string{"127.0.0.1"}, Listed: "127.0.0.2", Unlisted: "127.0.0.1", Probe: probeUnlisted,
		Advice: "see https://surbl.org/usage-policy: ask through a recursive DNS server of your own; with much mail get their data feed",
		Codes: codes(
			"&8 PH_SURBL_MULTI 5.5 A domain is listed in SURBL for phishing",
			"&16 MW_SURBL_MULTI 5.5 A domain is listed in SURBL for malware",
			"&64 ABUSE_SURBL 5 A domain is listed in SURBL for spam",
			"&128 CRACKED_SURBL 5 A domain is listed in SURBL as broken into",
			"&32 CT_SURBL 0 A domain is listed in SURBL as one that counts clicks",
			"&4 DM_SURBL 0 A domain is listed in SURBL as one of disposable mail",
			"* SURBL_MULTI 0 SURBL gave an answer that is not known"),
	}
}

func uribl() ListOptions {
	return ListOptions{
		Zone: "multi.uribl.com", Ask: []string{"helo", "reverse", "url", "url_address", "dkim"}, Registrable: true,
		Refused: []string{"127.0.0.1"}, Listed: "127.0.0.2", Unlisted: "127.0.0.1", Probe: probeUnlisted,
		Advice: "see https://uribl.com/refused.shtml: ask through a recursive DNS server of your own; with much mail get their data feed",
		Codes: codes(
			"&2 URIBL_BLACK 5.5 A domain is listed at URIBL for spam",
			"&4 URIBL_GREY 2.5 A domain is listed at URIBL for unsolicited mail",
			"&8 URIBL_RED 0.5 A domain is listed at URIBL as newly seen",
			"* URIBL_MULTI 0 URIBL gave an answer that is not known"),
	}
}

func sem(off *bool, zone, addresses, symbol string) ListOptions {
	o := single(off, zone, symbol+" 1 Client is listed at Spam Eating Monkey", "register at Spam Eating Monkey")
	o.Addresses = addresses
	return o
}

func virusfree(off *bool) ListOptions {
	return ListOptions{
		Enabled: off, Zone: "bip.virusfree.cz", Ask: []string{"client"}, Probe: probeUnlisted,
		Codes: codes(
			"127.0.0.2 RBL_VIRUSFREE_BOTNET 2 Client is listed at virusfree.cz",
			"* RBL_VIRUSFREE_UNKNOWN 0 virusfree.cz gave an answer that is not known"),
	}
}

func msbl(off *bool) ListOptions {
	return ListOptions{
		Enabled: off, Zone: "ebl.msbl.org", Ask: []string{"email"}, Hash: "sha1", Encoding: "hex", Probe: probeUnlisted,
		Codes: codes(
			"127.0.0.[2..3] MSBL_EBL 5.5 A mail address is listed in MSBL's list of fraudsters",
			"127.0.1.[2..3] MSBL_EBL_GREY 0.5 A mail address is listed in MSBL's list of suspects"),
	}
}

// single is a list with one answer, 127.0.0.2.
func single(off *bool, zone, code, advice string) ListOptions {
	return ListOptions{Enabled: off, Zone: zone, Ask: []string{"client"}, Codes: codes("127.0.0.2 " + code), Advice: advice}
}

// knownZone gives what is known of a zone that a restriction names: how it
// refuses, and where its test points are if it is asked about what it knows.
func knownZone(zone string, domains bool) ListOptions {
	for _, o := range DefaultLists() {
		if o.Zone != zone {
			continue
		}
		if domains == hasAddressKind(o) {
			return ListOptions{Refused: o.Refused, Advice: o.Advice}
		}
		return o
	}
	return ListOptions{}
}

func hasAddressKind(o ListOptions) bool {
	for _, k := range o.Ask {
		if Kind(k).ofAddress() {
			return true
		}
	}
	return false
}
