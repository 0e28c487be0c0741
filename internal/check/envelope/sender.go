package envelope

import (
	"context"
	"strings"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/verdict"
)

// Bounds on an address (RFC 5321 section 4.5.3.1).
const (
	maxLocalPart = 64
	maxDomain    = 255
)

// Sender looks at the envelope sender's address by itself.
func Sender() check.Check {
	return check.New(check.Info{
		Name:  "envelope_sender",
		Stage: check.Mail,
		Symbols: []verdict.Symbol{
			symbol("headers", "ENVFROM_INVALID", 2, "The envelope sender is not a valid address"),
			symbol("hfilter", "HFILTER_FROMHOST_NOT_FQDN", 3, "The envelope sender's domain is not a full domain name"),
			symbol("hfilter", "HFILTER_FROM_BOUNCE", 0, "The envelope sender is empty, as delivery reports have it"),
			symbol("freemail", "FREEMAIL_ENVFROM", 0, "The envelope sender is a free mailbox"),
			symbol("compromised_hosts", "ENVFROM_SERVICE_ACCT", 1, "The envelope sender is the account of a service such as a web server"),
			symbol("aliases", "TAGGED_FROM", 0, "The envelope sender has a tag after a plus sign"),
		},
	}, sender)
}

func sender(_ context.Context, tx *check.Transaction, out *check.Report) error {
	s := tx.Session
	if !s.HasSender {
		return nil
	}
	if s.Bounce() {
		out.Add("HFILTER_FROM_BOUNCE")
		return nil
	}
	a := s.Sender
	if !validAddress(a) {
		out.Add("ENVFROM_INVALID", a.String())
	}
	if a.Domain != "" && !strings.HasPrefix(a.Domain, "[") && strings.IndexByte(a.Domain, '.') < 0 {
		out.Add("HFILTER_FROMHOST_NOT_FQDN", a.Domain)
	}
	if addr.Freemail(a.Domain) {
		out.Add("FREEMAIL_ENVFROM", a.Domain)
	}
	if isServiceAccount(a.Local) {
		out.Add("ENVFROM_SERVICE_ACCT", a.String())
	}
	if i := strings.IndexByte(a.Local, '+'); i > 0 {
		out.Add("TAGGED_FROM", a.Local[i+1:])
	}
	return nil
}

// validAddress tells whether an address has both parts, of allowed lengths
// and without characters that cannot stand in them.
func validAddress(a addr.Address) bool {
	if a.Local == "" || len(a.Local) > maxLocalPart || len(a.Domain) > maxDomain {
		return false
	}
	for i := range len(a.Local) {
		if c := a.Local[i]; c < ' ' || c == 0x7F {
			return false
		}
	}
	return strings.HasPrefix(a.Domain, "[") && strings.HasSuffix(a.Domain, "]") || validDomain(a.Domain)
}

// validDomain tells whether every label has a length of 1 to 63 and only
// letters, digits, hyphens, underscores (seen in real host names) or
// characters of internationalized names.
func validDomain(domain string) bool {
	label := 0
	for i := range len(domain) {
		c := domain[i]
		switch {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c >= 0x80:
			label++
		default:
			return false
		}
		if label > 63 {
			return false
		}
	}
	return label > 0
}

// serviceAccounts are users that programs run under and people do not.
var serviceAccounts = [...]string{
	"www-data", "apache", "nobody", "httpd", "nginx", "www", "web", "anonymous", "ftp", "guest", "cgi", "wwwrun",
}

func isServiceAccount(local string) bool {
	for _, s := range serviceAccounts {
		if strings.EqualFold(local, s) {
			return true
		}
	}
	return false
}
