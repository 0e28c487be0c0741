package envelope

import (
	"context"
	"strconv"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Recipients compares the envelope's recipients with those that To and Cc
// show, and looks at their addresses.
func Recipients() check.Check {
	return check.New(check.Info{
		Name:  "envelope_recipients",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			symbol("headers", "FORGED_RECIPIENTS", 2, "To and Cc name none of the recipients that the envelope has"),
			symbol("headers", "TO_MATCH_ENVRCPT_ALL", 0, "To and Cc name all recipients of the envelope"),
			symbol("headers", "TO_MATCH_ENVRCPT_SOME", 0, "To and Cc name some recipients of the envelope"),
			symbol("hfilter", "HFILTER_RCPT_BOUNCEMOREONE", 1.5, "A delivery report goes to more than one recipient"),
			symbol("freemail", "FREEMAIL_ENVRCPT", 0, "A recipient of the envelope is a free mailbox"),
			symbol("aliases", "TAGGED_RCPT", 0, "A recipient of the envelope has a tag after a plus sign"),
		},
	}, recipients)
}

func recipients(_ context.Context, tx *check.Transaction, out *check.Report) error {
	s := tx.Session
	if s.Bounce() && len(s.Recipients) > 1 {
		out.Add("HFILTER_RCPT_BOUNCEMOREONE", strconv.Itoa(len(s.Recipients))+" recipients")
	}
	for i := range s.Recipients {
		a := s.Recipients[i].Address
		if addr.Freemail(a.Domain) {
			out.Add("FREEMAIL_ENVRCPT", a.Domain)
		}
		if _, tag, ok := strings.Cut(a.Local, "+"); ok {
			out.Add("TAGGED_RCPT", tag)
		}
	}
	if len(s.Recipients) > 0 {
		reportNamed(tx, out)
	}
	return nil
}

// maxCompared bounds the recipients compared with the header, since every
// one is compared with every other.
const maxCompared = 200

// reportNamed reports how many recipients of the envelope the header names.
func reportNamed(tx *check.Transaction, out *check.Report) {
	m := tx.Message
	to, cc := m.To(), m.Cc()
	rcpts := tx.Session.Recipients
	rcpts = rcpts[:min(len(rcpts), maxCompared)]
	named, sameDomain, missing := 0, false, ""
	for i := range rcpts {
		a := untagged(rcpts[i].Address)
		inTo, toDomain := names(to, a)
		inCc, ccDomain := names(cc, a)
		sameDomain = sameDomain || toDomain || ccDomain
		if inTo || inCc {
			named++
		} else {
			missing = a.String()
		}
	}
	switch {
	case named == len(rcpts):
		out.Add("TO_MATCH_ENVRCPT_ALL")
	case named > 0:
		out.Add("TO_MATCH_ENVRCPT_SOME", "not named: "+missing)
	case sameDomain:
		// An alias of the recipient's domain: much less suspicious.
		out.AddWeighted("FORGED_RECIPIENTS", 0.25, "envelope "+missing, "To "+shown(to))
	default:
		out.AddWeighted("FORGED_RECIPIENTS", 1, "envelope "+missing, "To "+shown(to))
	}
}

// names tells whether one of the mailboxes has the address, and whether one
// is in its domain.
func names(boxes []message.Mailbox, a addr.Address) (address, domain bool) {
	for i := range boxes {
		b := boxes[i].Address
		if b.Domain != a.Domain {
			continue
		}
		domain = true
		if untagged(b).Equal(a) {
			return true, true
		}
	}
	return false, domain
}

// untagged takes off what stands after a plus sign in the local part.
func untagged(a addr.Address) addr.Address {
	if i := strings.IndexByte(a.Local, '+'); i > 0 {
		a.Local = a.Local[:i]
	}
	return a
}

// shown gives the first address for evidence.
func shown(boxes []message.Mailbox) string {
	if b := firstOf(boxes); b != nil {
		return b.Address.String()
	}
	return "names nobody"
}
