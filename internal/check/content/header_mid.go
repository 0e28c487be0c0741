package content

import (
	"context"
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MessageID looks at the Message-ID: its form (RFC 5322 section 3.6.4), and
// what it repeats of the sender's and the recipient's address. Mail programs
// build it from their own host's name, spam programs from what they have.
func MessageID() check.Check {
	const group = "Message ID"
	return check.New(check.Info{
		Name:  "message_id",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("INVALID_MSGID", 1.7, "The Message-ID breaks the rules for its form"),
			groupSymbol(group, "MID_BARE_IP", 2, "The Message-ID's right side is an IP address without brackets"),
			// rspamd: 1. Outlook and git write such ones: 10 % of ham, 1 % of spam.
			groupSymbol(group, "MID_CONTAINS_FROM", 0, "The Message-ID holds the From address"),
			groupSymbol(group, "MID_CONTAINS_TO", 1, "The Message-ID holds the To address"),
			groupSymbol(group, "MID_MISSING_BRACKETS", 0.5, "The Message-ID has no angle brackets"),
			groupSymbol(group, "MID_RHS_IP_LITERAL", 0.5, "The Message-ID's right side is an address literal"),
			groupSymbol(group, "MID_RHS_MATCH_FROM", 0, "The Message-ID's right side is the From domain"),
			groupSymbol(group, "MID_RHS_MATCH_FROMTLD", 0, "The Message-ID's right side has the From address's registrable domain"),
			groupSymbol(group, "MID_RHS_MATCH_TO", 1, "The Message-ID's right side is the recipient's domain and not the sender's"),
			groupSymbol(group, "MID_RHS_NOT_FQDN", 0.5, "The Message-ID's right side is not a full domain name"),
			// rspamd: 4. Hosts named after their user have it more often than spam.
			groupSymbol("mid", "MID_END_EQ_FROM_USER_PART", 1, "The Message-ID's right side is the local part of the From address"),
			groupSymbol("compromised_hosts", "MID_RHS_WWW", 0.5, "The Message-ID was made on a www host"),
			headerSymbol("GOOGLE_FORWARDING_MID_MISSING", 2.5, "The message had no Message-ID when Google took it"),
			headerSymbol("GOOGLE_FORWARDING_MID_BROKEN", 1.7, "The message had an invalid Message-ID when Google took it"),
		},
	}, messageID)
}

func messageID(_ context.Context, tx *check.Transaction, out *check.Report) error {
	f := tx.Message.Header().First("Message-ID")
	if f == nil {
		return nil
	}
	value := f.Value()
	id, bracketed := cutBrackets(value)
	if !bracketed && id != "" {
		out.Add("MID_MISSING_BRACKETS", value)
	}
	left, right, ok := cutLast(id, '@')
	if !validMessageID(left, right, ok) {
		out.Add("INVALID_MSGID", value)
	}
	reportGoogleID(left, value, out)
	if right == "" {
		return nil
	}
	right = strings.ToLower(right)
	reportIDHost(right, value, out)
	reportIDSender(tx.Message, id, right, out)
	reportIDRecipient(tx.Message, id, right, out)
	return nil
}

// cutBrackets takes the angle brackets off, and tells whether both were there.
func cutBrackets(value string) (id string, ok bool) {
	if i := strings.IndexByte(value, '<'); i >= 0 {
		if end := strings.IndexByte(value[i:], '>'); end >= 0 {
			return value[i+1 : i+end], true
		}
	}
	return strings.Trim(value, "<> "), false
}

// cutLast cuts s around the last sep.
func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// validMessageID tells whether both sides of the @ are there and hold no
// characters that cannot stand in a Message-ID. It is as lenient as real mail
// programs need: several @ and colons are common.
func validMessageID(left, right string, at bool) bool {
	if !at || left == "" || right == "" {
		return false
	}
	for _, s := range [...]string{left, right} {
		for i := range len(s) {
			if c := s[i]; c <= ' ' || c >= 0x7F || c == '<' || c == '>' || c == '(' || c == ')' {
				return false
			}
		}
	}
	return true
}

// reportGoogleID reports the marks with which Google replaces a missing or
// invalid Message-ID.
func reportGoogleID(left, value string, out *check.Report) {
	switch {
	case strings.HasSuffix(left, "SMTPIN_ADDED_MISSING"):
		out.Add("GOOGLE_FORWARDING_MID_MISSING", value)
	case strings.HasSuffix(left, "SMTPIN_ADDED_BROKEN"):
		out.Add("GOOGLE_FORWARDING_MID_BROKEN", value)
	}
}

// reportIDHost reports what kind of name the right side is.
func reportIDHost(right, value string, out *check.Report) {
	switch {
	case strings.HasPrefix(right, "["):
		out.Add("MID_RHS_IP_LITERAL", value)
	case isIP(right):
		out.Add("MID_BARE_IP", value)
	case strings.IndexByte(strings.Trim(right, "."), '.') < 0:
		out.Add("MID_RHS_NOT_FQDN", value)
	case strings.HasPrefix(right, "www."):
		out.Add("MID_RHS_WWW", value)
	}
}

// isIP tells whether s is an IP address; most names are told by their end.
func isIP(s string) bool {
	if c := s[len(s)-1]; (c < '0' || c > '9') && strings.IndexByte(s, ':') < 0 {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// reportIDSender compares the Message-ID with the From address.
func reportIDSender(m *message.Message, id, right string, out *check.Report) {
	from := author(m)
	if from == nil || from.Address.Domain == "" {
		return
	}
	a := from.Address
	if containsFold(id, a.String()) {
		out.Add("MID_CONTAINS_FROM", id)
	}
	switch {
	case right == a.Domain:
		out.Add("MID_RHS_MATCH_FROM", right)
	case addr.SameRegistrable(right, a.Domain):
		out.Add("MID_RHS_MATCH_FROMTLD", right, a.Domain)
	}
	if len(right) > 3 && strings.EqualFold(right, a.Local) {
		out.Add("MID_END_EQ_FROM_USER_PART", id, a.String())
	}
}

// reportIDRecipient compares the Message-ID with the first To address. Mail
// within one domain is left alone.
func reportIDRecipient(m *message.Message, id, right string, out *check.Report) {
	to := firstOf(m.To())
	if to == nil || to.Address.Domain == "" || anyDomain(m.From(), to.Address.Domain) {
		return
	}
	if containsFold(id, to.Address.String()) {
		out.Add("MID_CONTAINS_TO", id)
	}
	if right == to.Address.Domain {
		out.Add("MID_RHS_MATCH_TO", right)
	}
}

// containsFold tells whether s contains part without regard to ASCII case.
func containsFold(s, part string) bool {
	if part == "" || len(part) > len(s) {
		return false
	}
	for i := 0; i+len(part) <= len(s); i++ {
		if lowerASCII(s[i]) == lowerASCII(part[0]) && strings.EqualFold(s[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
