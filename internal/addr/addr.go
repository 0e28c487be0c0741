// Package addr knows mail addresses, domains and networks: it parses and
// compares them, and never looks anything up.
package addr

import "strings"

// Address is a mail address. The zero Address is the null sender <>.
type Address struct {
	// Local is the part before the @, unquoted, as written.
	Local string
	// Domain is the part after the @ in lower case, without a trailing dot;
	// "" when there is none. Address literals keep their brackets.
	Domain string
}

// IsZero tells whether this is the null sender.
func (a Address) IsZero() bool { return a.Local == "" && a.Domain == "" }

// String gives local@domain, or "" for the null sender.
func (a Address) String() string {
	if a.Domain == "" {
		return a.Local
	}
	return a.Local + "@" + a.Domain
}

// ASCIIDomain gives the domain in the form of NormalDomain, for comparing and
// looking up.
func (a Address) ASCIIDomain() string { return NormalDomain(a.Domain) }

// Equal compares two addresses without regard to case, as mail servers do.
func (a Address) Equal(b Address) bool {
	return strings.EqualFold(a.Local, b.Local) &&
		(a.Domain == b.Domain || a.ASCIIDomain() == b.ASCIIDomain())
}
