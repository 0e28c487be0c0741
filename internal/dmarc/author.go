package dmarc

import (
	"fmt"
	"strings"

	"postern/internal/addr"
	"postern/internal/message"
)

// Author is whom a message's From shows.
type Author struct {
	// Domains are the domains in From, normalised, each once.
	Domains []string
	// Doubt says in words why mail readers may show somebody else than these,
	// or several; "" for none. Then nothing ever passes.
	Doubt string
}

// AuthorOf reads From. There must be one field with one author domain (RFC 9989
// leaves others to the receiver): what is more, or is no
// address, or may be read in another way, is in doubt.
func AuthorOf(m *message.Message) Author {
	var a Author
	fields := m.Header().All("From")
	if len(fields) != 1 {
		a.doubt("there are %d fields From", len(fields))
	}
	if n := fromLines(m.Raw()); n > len(fields) {
		a.doubt("%d lines may be taken for From", n)
	}
	boxes := m.From()
	if len(boxes) == 0 && len(fields) > 0 {
		a.doubt("From shows no address")
	}
	for i := range boxes {
		a.add(&boxes[i])
	}
	if len(a.Domains) > 1 {
		a.doubt("From shows %d domains", len(a.Domains))
	}
	for _, f := range fields {
		a.suspect(f.Value(), boxes)
	}
	a.Domains = a.Domains[:min(len(a.Domains), maxAuthors)]
	return a
}

// suspect looks for what mail readers do not agree about.
func (a *Author) suspect(value string, boxes []message.Mailbox) {
	if strings.ContainsAny(value, "\x00\r") {
		a.doubt("From contains NUL or CR")
	}
	if d := otherDomain(value, a.Domains); d != "" {
		a.doubt("From also shows %.60q", d)
	}
	if addressLikeEntry(value, boxes) {
		a.doubt("From has an entry that only looks like an address")
	}
}

// add adds a mailbox.
func (a *Author) add(box *message.Mailbox) {
	if box.Group != "" {
		a.doubt("From has a group")
	}
	domain := addr.NormalDomain(box.Address.Domain)
	if !box.Valid || !authorDomain(domain) {
		a.doubt("%.60q in From is not an address", box.Raw)
	}
	if !authorDomain(domain) {
		return
	}
	for _, d := range a.Domains {
		if d == domain {
			return
		}
	}
	a.Domains = append(a.Domains, domain)
}

// authorDomain tells whether a normalised domain can have a policy.
func authorDomain(domain string) bool {
	if !addr.ValidDomain(domain) || len(domain) > maxName {
		return false
	}
	for i := 0; i < len(domain); i++ {
		if domain[i] >= 0x80 {
			return false
		}
	}
	return true
}

// doubt keeps the first reason for doubt.
func (a *Author) doubt(format string, args ...any) {
	if a.Doubt == "" {
		a.Doubt = fmt.Sprintf(format, args...)
	}
}
