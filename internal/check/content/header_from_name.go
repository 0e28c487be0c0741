package content

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// FromName looks for tricks in the display name of From, the only part of the
// address that many mail programs show.
func FromName() check.Check {
	return check.New(check.Info{
		Name:  "from_name",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("FROM_NEQ_DISPLAY_NAME", 4, "The display name in From shows another address than the real one"),
			// rspamd: 8. Capped: no single heuristic reaches the junk threshold of 6.
			headerSymbol("SPOOF_DISPLAY_NAME", 5, "The display name in From shows an address in the recipient's own domain, the real one is elsewhere"),
			headerSymbol("FROM_NAME_OTHER_DOMAIN", 1.5, "The display name in From bears a domain unlike the address's"),
			headerSymbol("FROM_NAME_EXCESS_SPACE", 1, "The display name in From has runs of blanks"),
			headerSymbol("FROM_NAME_HAS_TITLE", 1, "The display name in From begins with a title such as Mr or Dr"),
			headerSymbol("R_HTTP_URL_IN_FROM", 5, "The From field holds a web address"),
		},
	}, fromName)
}

func fromName(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	from := author(m)
	if from == nil {
		return nil
	}
	if f := m.Header().First("From"); f != nil && hasWebAddress(f.Text()) {
		out.Add("R_HTTP_URL_IN_FROM", f.Text())
	}
	if from.Name == "" {
		return nil
	}
	if strings.Contains(from.Name, "   ") {
		out.Add("FROM_NAME_EXCESS_SPACE", from.Name)
	}
	if beginsWithTitle(from.Name) {
		out.Add("FROM_NAME_HAS_TITLE", from.Name)
	}
	reportNameSpoof(tx, from, out)
	return nil
}

// reportNameSpoof reports an address or a domain in the display name that is
// not the real one's.
func reportNameSpoof(tx *check.Transaction, from *message.Mailbox, out *check.Report) {
	m := tx.Message
	shown, ok := addressWithin(from.Name)
	if !ok {
		if d := domainWithin(from.Name); d != "" && !addr.SameRegistrable(d, from.Address.Domain) {
			out.Add("FROM_NAME_OTHER_DOMAIN", "name "+d, "address "+from.Address.Domain)
		}
		return
	}
	if addr.SameRegistrable(shown.Domain, from.Address.Domain) || relayedByList(m, shown) {
		return
	}
	evidence := []string{"name " + shown.String(), "address " + from.Address.String()}
	if anyDomain(m.To(), shown.Domain) || anyDomain(m.Cc(), shown.Domain) || anyRecipient(tx, shown.Domain) {
		out.Add("SPOOF_DISPLAY_NAME", evidence...)
		return
	}
	out.Add("FROM_NEQ_DISPLAY_NAME", evidence...)
}

// relayedByList tells whether a mailing list put its own address into From
// and the author's into the name, as lists do for DMARC's sake.
func relayedByList(m *message.Message, author addr.Address) bool {
	h := m.Header()
	if !h.Has("List-Id") && !h.Has("List-Unsubscribe") && !h.Has("Mailing-List") {
		return false
	}
	return anyAddress(m.ReplyTo(), author) || anyAddress(m.Cc(), author) ||
		h.Has("X-Original-From") || h.Has("X-Original-Sender") || h.Has("List-Post")
}

// anyRecipient tells whether an envelope recipient is in that domain.
func anyRecipient(tx *check.Transaction, domain string) bool {
	for i := range tx.Session.Recipients {
		if tx.Session.Recipients[i].Address.Domain == domain {
			return true
		}
	}
	return false
}

// minBrand is the least length of the label before the public suffix that is
// taken for a domain: "J.Li" is a person.
const minBrand = 4

// domainWithin finds the first word of a display name that is the name of a
// domain, such as "example.com"; "" when there is none.
func domainWithin(name string) string {
	if strings.IndexByte(name, '.') < 0 {
		return ""
	}
	for _, word := range strings.Fields(name) {
		word = strings.Trim(word, `.,;:!?()[]<>"'|-`)
		dot := strings.LastIndexByte(word, '.')
		if dot < minBrand || len(word)-dot < len(".de") || strings.IndexFunc(word, notDomainRune) >= 0 {
			continue
		}
		if word = strings.ToLower(word); addr.PublicName(word) {
			return word
		}
	}
	return ""
}

func notDomainRune(c rune) bool { return c >= 0x80 || !isDomainByte(byte(c)) }

// hasWebAddress tells whether a text holds the beginning of a web address
// that is not part of a longer word.
func hasWebAddress(text string) bool {
	for _, scheme := range [...]string{"http", "HTTP", "Http"} {
		i := strings.Index(text, scheme)
		if i < 0 || i > 0 && isDomainByte(text[i-1]) {
			continue
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(text[i+len(scheme):], "s"), "S")
		if strings.HasPrefix(rest, "://") || len(rest) > 5 && strings.EqualFold(rest[:5], "%3a//") {
			return true
		}
	}
	return false
}
