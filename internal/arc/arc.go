// Package arc verifies and makes the seals of servers that pass mail on, such
// as mailing lists and forwarders: each notes what it found when the mail
// came, signs the message as it leaves, and seals both together with what
// those before it wrote (Authenticated Received Chain, RFC 8617). So whoever
// trusts the sealers can know that a mail was authentic when the first of them
// had it, although it has changed since.
//
// A chain that passes says only that nobody changed what the sealers wrote. It
// says nothing about whether they are honest: anybody can seal. What is sealed
// counts only where every sealer from the last one back to it is trusted
// (Report.Trusted).
package arc

import (
	"strings"

	"postern/internal/authres"
	"postern/internal/dkim"
	"postern/internal/message"
)

// Status is what became of a chain, in the words of RFC 8617 section 4.4.
type Status uint8

// The outcomes.
const (
	// None says that there is no chain.
	None Status = iota
	// Pass says that the chain holds.
	Pass
	// Fail says that the chain is broken, or that its last sealer says so.
	Fail
	// TempError says that a key could not be asked for now, so that nothing is
	// known. RFC 8617 has no word for it.
	TempError
)

var statusNames = [...]string{"none", "pass", "fail", "temperror"}

// String gives the word that stands in Authentication-Results.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "fail"
}

// parseStatus reads the value of cv=, in which case matters as in all tags (RFC
// 6376 section 3.2).
func parseStatus(s string) (Status, bool) {
	for i, name := range statusNames[:TempError] {
		if s == name {
			return Status(i), true
		}
	}
	return Fail, false
}

// The fields of a set.
const (
	resultsField = "ARC-Authentication-Results"
	messageField = "ARC-Message-Signature"
	sealField    = "ARC-Seal"
)

// The bounds of what is worked on.
const (
	// MaxSets is how many sets a chain may have (RFC 8617 section 4.2.1).
	MaxSets = 50
	// maxField bounds the octets of one field of a set.
	maxField = 64 << 10
	// sealsAtOnce is how many seals are verified at the same time, from the last
	// one down; after a broken one no more keys are asked for.
	sealsAtOnce = 8
	// maxComments bounds how deep comments may be nested in the results.
	maxComments = 32
	// quotedBytes is how much of others' text is shown in a reason.
	quotedBytes = 40
)

// Report is what is known of the chain of one message.
type Report struct {
	Status Status
	// Reason in words for everything but none and pass.
	Reason string
	// Sets are those of the chain, instance 1 first. Of a broken chain they
	// have what could be read.
	Sets []Set
	// OldestPass is the lowest instance from which on all message signatures
	// hold, or 0 when all of the chain do: the message was not changed since
	// (RFC 8617 section 5.2). -1 where it was not looked for.
	OldestPass int
	// Open says what the last message signature leaves open to be changed
	// unnoticed: From, a copy of a signed field, or the end of the body. Such a chain may pass but
	// nothing that it says is trusted. "" for nothing.
	Open string
	// Trusted is the oldest set whose results can be believed: it and all after
	// it were sealed by trusted sealers, and the chain passes. nil for none.
	Trusted *Set
	// ended tells that the last seal says that the chain is broken: nobody
	// seals it any more (RFC 8617 section 5.1).
	ended bool
}

// Set is what one sealer wrote.
type Set struct {
	// Instance is the set's number, from 1.
	Instance int
	// Server is the name under which the sealer reports (authserv-id).
	Server string
	// Results is the text of its ARC-Authentication-Results behind the
	// instance, as it stands: that of an Authentication-Results field (RFC 8601
	// section 2.2).
	Results string
	// Claim is what the sealer says of the chain before it (cv=).
	Claim Status
	// Seal is the seal and what became of it.
	Seal Seal
	// Message is what became of the message signature; its status is neutral
	// when it was not looked at.
	Message dkim.Result

	// ended tells that the seal says that the chain is broken.
	ended                  bool
	results, message, seal *message.Field
}

// Found reads the sealed results; those that can be read are given even with
// an error. They are worth something only from Report.Trusted on.
func (s *Set) Found() (*authres.Header, error) { return authres.Parse(s.Results) }

// Seal is one ARC-Seal.
type Seal struct {
	// Status is pass when the seal is right, neutral when it was not looked at.
	Status dkim.Status
	// Reason in words for everything else.
	Reason string
	// Domain (d=) and Selector (s=), in the form in which they are looked up.
	Domain, Selector string
	// Algorithm (a=).
	Algorithm dkim.Algorithm
	// KeyBits is the length of the key, 0 when there was none.
	KeyBits int
	// Signed is the time t= in seconds since 1970, or -1.
	Signed int64

	signature []byte
}

// Sealers gives the domains of the seals, from the first to the last.
func (r *Report) Sealers() []string {
	list := make([]string, len(r.Sets))
	for i := range r.Sets {
		list[i] = r.Sets[i].Seal.Domain
	}
	return list
}

// Chain writes the domains down, from the first to the last, such as
// "a.example:b.example".
func (r *Report) Chain() string { return strings.Join(r.Sealers(), ":") }
