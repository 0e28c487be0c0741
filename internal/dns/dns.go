// Package dns asks the domain name system: one caching resolver for
// everything that Postern wants to know of names and addresses. It asks the
// configured recursive servers (RFC 1035), keeps what they say for as long as
// they say (RFC 2308 for what does not exist), and asks each question once,
// however many checks want to know.
package dns

import (
	"errors"
	"fmt"
)

// Type is the type of a resource record (RFC 1035 section 3.2.2).
type Type uint16

// The types that are asked for.
const (
	TypeA     Type = 1
	TypeNS    Type = 2
	TypeCNAME Type = 5
	TypeSOA   Type = 6
	TypePTR   Type = 12
	TypeMX    Type = 15
	TypeTXT   Type = 16
	TypeAAAA  Type = 28
)

// The ways in which a question is left without an answer. Whoever asks tells
// them apart with errors.Is.
var (
	// ErrNotFound says that the name does not exist (NXDOMAIN).
	ErrNotFound = errors.New("name does not exist")
	// ErrNoData says that the name exists and has no record of the type.
	ErrNoData = errors.New("name has no such record")
	// ErrTemporary says that it could not be found out for now: no answer in
	// time, SERVFAIL, an answer that makes no sense, no questions left.
	ErrTemporary = errors.New("no answer for now")
)

// Error is a question that was left without an answer. It wraps ErrNotFound,
// ErrNoData or ErrTemporary.
type Error struct {
	// Name and Type of the question.
	Name string
	Type Type
	// Reason in words, such as "SERVFAIL from 127.0.0.1:53"; "" for none.
	Reason string
	// Kind is ErrNotFound, ErrNoData or ErrTemporary.
	Kind error
}

// Error gives the question and why there is no answer.
func (e *Error) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("dns: %s %s: %v: %s", e.Name, e.Type, e.Kind, e.Reason)
	}
	return fmt.Sprintf("dns: %s %s: %v", e.Name, e.Type, e.Kind)
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Missing tells whether an error says for certain that there is no such
// record, as opposed to not knowing.
func Missing(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoData) }

var typeNames = map[Type]string{
	TypeA: "A", TypeNS: "NS", TypeCNAME: "CNAME", TypeSOA: "SOA", TypePTR: "PTR",
	TypeMX: "MX", TypeTXT: "TXT", TypeAAAA: "AAAA",
}

// String gives the type's name, such as "MX".
func (t Type) String() string {
	if n, ok := typeNames[t]; ok {
		return n
	}
	return fmt.Sprintf("TYPE%d", uint16(t))
}

// MX is one mail exchanger (RFC 1035 section 3.3.9). A Host of "" is the null
// MX of a domain without mail (RFC 7505).
type MX struct {
	Host       string
	Preference uint16
}
