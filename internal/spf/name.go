package spf

import (
	"net/netip"
	"strings"
)

// The limits of names in the DNS (RFC 1035 section 2.3.4, in text).
const (
	maxName  = 253
	maxLabel = 63
)

// canQuery tells whether a name can be asked for: labels of 1 to 63 octets,
// 253 in all, ASCII without control characters.
func canQuery(name string) bool {
	if len(name) > maxName || !within(name, ' ') {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel {
			return false
		}
	}
	return true
}

// canHaveRecord tells whether a domain can have an SPF record: a full name
// of several labels and no address (RFC 7208 section 4.3).
func canHaveRecord(domain string) bool {
	if !canQuery(domain) || !strings.Contains(domain, ".") || domain[0] == '[' {
		return false
	}
	_, err := netip.ParseAddr(domain)
	return err != nil
}

// fitName makes a name of what macros gave: without the dot at its end, and
// with labels cut off its front until it is short enough (RFC 7208 section
// 7.3).
func fitName(name string) string {
	name = strings.TrimSuffix(name, ".")
	for len(name) > maxName {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return name
		}
		name = rest
	}
	return name
}

// clip bounds a value of the dialogue.
func clip(s string) string { return clipTo(s, maxValue) }

// clipTo cuts a text to a number of octets.
func clipTo(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}
