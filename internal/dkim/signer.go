package dkim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postern/internal/addr"
)

// Signer says how one signature is made.
type Signer struct {
	// Domain (d=) and Selector (s=) name the key in the DNS.
	Domain, Selector string
	// Key signs.
	Key *PrivateKey
	// Algorithm is the key's own when AnyAlgorithm. RSASHA1 is there only to
	// compare with old signatures: nobody accepts it (RFC 8301).
	Algorithm Algorithm
	// Canons are the canonicalisations.
	Canons Canons
	// Headers are the names of the fields to sign; of each every field that
	// the message has is signed.
	Headers []string
	// Oversign are the names of fields to which none may be added: they are
	// listed once more than there are.
	Oversign []string
	// Instance, if not 0, makes an ARC-Message-Signature with that number in
	// i= (RFC 8617 section 4.1.2).
	Instance int
	// Identity is i=; "" leaves it out.
	Identity string
	// Timestamp writes the time of signing (t=).
	Timestamp bool
	// Lifetime is after which time the signature expires (x=, in whole
	// seconds); 0 for never.
	Lifetime time.Duration
	// BodyLength writes how long the signed body is (l=). Do not: anybody may
	// then add to the message (RFC 6376 section 8.2).
	BodyLength bool
	// CopyFields writes copies of the signed fields into the signature (z=),
	// to find out what changed on the way.
	CopyFields bool
	// Extra are further tags, such as r=y (RFC 6651).
	Extra []Tag
	// AnyLineEnd takes every CR and LF of the message as a line end, as a mail
	// server does that will send them all as CRLF.
	AnyLineEnd bool
}

// DefaultHeaders gives the fields that are signed: those of RFC 6376 section
// 5.4.1, and what says how the body is to be read.
func DefaultHeaders() []string {
	return []string{
		"From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "To", "Cc",
		"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-ID", "Content-Description",
		"Resent-Date", "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Message-ID",
		"In-Reply-To", "References", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post",
		"List-Subscribe", "List-Post", "List-Owner", "List-Archive", "Autocrypt",
	}
}

// DefaultOversign gives the fields that are shown to readers or change how
// the body is read. Sender is not among them: mailing lists add it.
func DefaultOversign() []string {
	return []string{
		"From", "Reply-To", "Subject", "Date", "To", "Cc",
		"MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	}
}

// addedLater are fields that mail servers on the way add when they are
// missing: they are over-signed only where there is one.
var addedLater = []string{"Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Message-ID"}

// DefaultSigner signs relaxed/relaxed with a time stamp, over everything that
// readers are shown.
func DefaultSigner(domain, selector string, key *PrivateKey) Signer {
	return Signer{
		Domain: domain, Selector: selector, Key: key, Canons: Canons{Relaxed, Relaxed},
		Headers: DefaultHeaders(), Oversign: DefaultOversign(), Timestamp: true,
	}
}

// Validate reports everything that would make a void signature.
func (s *Signer) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	domain := addr.NormalDomain(s.Domain)
	if !addr.ValidDomain(domain) {
		bad("%q is not a domain", s.Domain)
	}
	if !addr.ValidDomain(addr.NormalDomain(s.Selector)) {
		bad("%q is not a selector", s.Selector)
	}
	if len(KeyName(s.Selector, domain)) > maxName {
		bad("the name of the key is longer than %d octets", maxName)
	}
	switch {
	case s.Key == nil:
		bad("there is no key")
	case s.Algorithm != AnyAlgorithm && s.Algorithm.keyType() != s.Key.Type():
		bad("an %s key cannot make %s signatures", s.Key.Type(), s.Algorithm)
	}
	if s.Instance < 0 || s.Instance > 0 && s.Identity != "" {
		bad("an instance of ARC must be positive and has no identity")
	}
	if s.Lifetime < 0 {
		bad("the lifetime is negative")
	}
	if s.Identity != "" {
		res := Result{Domain: domain}
		if err := readIdentity(&signature{}, TagList{{Name: "i", Value: s.Identity}}, &res); err != nil {
			errs = append(errs, err)
		}
		if !validTagValue(s.Identity) || withoutFWS(s.Identity) != s.Identity || strings.Contains(s.Identity, ";") {
			bad("identity %q has characters that must not stand there", s.Identity)
		}
	}
	return errors.Join(append(errs, s.validateLists()...)...)
}

// validateLists reports names of fields and tags that cannot be written.
func (s *Signer) validateLists() (errs []error) {
	for _, names := range [][]string{s.Headers, s.Oversign} {
		for _, name := range names {
			if !validFieldName(name) {
				errs = append(errs, fmt.Errorf("%q is not the name of a field", name))
			}
		}
	}
	for _, t := range s.Extra {
		if slices.Contains(ownTags, t.Name) {
			errs = append(errs, fmt.Errorf("tag %s= is not an extra tag", t.Name))
		}
		if !validTagName(t.Name) || !validTagValue(t.Value) || trimFWS(t.Value) != t.Value || strings.Contains(t.Value, ";") {
			errs = append(errs, fmt.Errorf("%q=%q is not a tag", t.Name, t.Value))
		}
	}
	return errs
}

// ownTags are the tags that a signer writes by itself.
var ownTags = []string{"v", "a", "c", "d", "s", "t", "x", "i", "bh", "l", "h", "z", "q", "b"}

// algorithm is what the signature is made with.
func (s *Signer) algorithm() Algorithm {
	if s.Algorithm != AnyAlgorithm {
		return s.Algorithm
	}
	return s.Key.algorithm()
}
