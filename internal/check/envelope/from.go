package envelope

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// From compares the envelope sender with the From address that readers see.
func From() check.Check {
	return check.New(check.Info{
		Name:  "envelope_from",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			symbol("headers", "FROM_EQ_ENVFROM", 0, "From is the envelope sender"),
			symbol("headers", "FROM_NEQ_ENVFROM", 0, "From is not the envelope sender"),
			symbol("headers", "FORGED_SENDER", 0.3, "Neither From nor Sender is in the envelope sender's domain"),
			symbol("headers", "ENVFROM_VERP", 0, "The envelope sender holds the recipient's address, as lists write it (VERP)"),
			symbol("headers", "ENVFROM_PRVS", 0, "The envelope sender is the From address with a signature against forged reports (BATV)"),
		},
	}, from)
}

func from(_ context.Context, tx *check.Transaction, out *check.Report) error {
	s := tx.Session
	if !s.HasSender || s.Bounce() {
		return nil
	}
	if holdsRecipient(s) {
		out.Add("ENVFROM_VERP", s.Sender.String())
	}
	shown := author(tx.Message)
	if shown == nil {
		return nil
	}
	evidence := []string{"envelope " + s.Sender.String(), "From " + shown.Address.String()}
	switch signed, ok := signedAddress(s.Sender); {
	case shown.Address.Equal(s.Sender):
		out.Add("FROM_EQ_ENVFROM")
		return nil
	case ok && signed.Equal(shown.Address):
		out.Add("ENVFROM_PRVS", evidence...)
		return nil
	}
	out.Add("FROM_NEQ_ENVFROM", evidence...)
	if !inDomain(tx.Message.From(), s.Sender.Domain) && !inDomain(tx.Message.Sender(), s.Sender.Domain) {
		out.Add("FORGED_SENDER", evidence...)
	}
	return nil
}

// inDomain tells whether one of the mailboxes belongs to the same registrable
// domain.
func inDomain(boxes []message.Mailbox, domain string) bool {
	for i := range boxes {
		if addr.SameRegistrable(boxes[i].Address.Domain, domain) {
			return true
		}
	}
	return false
}

// holdsRecipient tells whether the envelope sender holds the address of a
// recipient with its @ written as = (variable envelope return path).
func holdsRecipient(s *session.Session) bool {
	eq := strings.LastIndexByte(s.Sender.Local, '=')
	if eq < 1 || len(s.Recipients) == 0 {
		return false
	}
	local, domain := s.Sender.Local[:eq], s.Sender.Local[eq+1:]
	r := s.Recipients[0].Address
	return len(domain) >= len(r.Domain) && strings.EqualFold(domain[:len(r.Domain)], r.Domain) &&
		len(local) >= len(r.Local) && strings.EqualFold(local[len(local)-len(r.Local):], r.Local)
}

// signedAddress gives the address within prvs=tag=user@domain, or with the tag
// behind, prvs=user=tag@domain.
func signedAddress(sender addr.Address) (a addr.Address, ok bool) {
	scheme, rest, ok := strings.Cut(sender.Local, "=")
	if !ok || !strings.EqualFold(scheme, "prvs") && !strings.EqualFold(scheme, "btv1") {
		return addr.Address{}, false
	}
	rest = strings.TrimPrefix(rest, "=")
	first, second, ok := strings.Cut(rest, "=")
	if !ok {
		first, second, ok = strings.Cut(rest, "/")
	}
	second = strings.TrimLeft(second, "=")
	if !ok || first == "" || second == "" {
		return addr.Address{}, false
	}
	// The tag is a digit for the key, three for the day, and a hexadecimal hash.
	if isTag(second) && !isTag(first) {
		first, second = second, first
	}
	return addr.Address{Local: second, Domain: sender.Domain}, isTag(first)
}

// isTag tells whether s looks like a BATV tag: at least ten letters and
// digits, the first four of them digits; btv1 uses more letters.
func isTag(s string) bool {
	if len(s) < 10 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') || i < 1 && c > '9' {
			return false
		}
	}
	return true
}
