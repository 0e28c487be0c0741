package arc

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/authres"
	"postern/internal/dkim"
	"postern/internal/message"
)

// Reasons for which a message is passed on without a seal.
var (
	// ErrEnded says that the chain was broken before and its last sealer said
	// so: nothing is added to it (RFC 8617 section 5.1).
	ErrEnded = errors.New("the chain has ended")
	// ErrFull says that the chain has as many sets as are allowed.
	ErrFull = errors.New("the chain is full")
	// ErrUnknown says that it could not be found out whether the chain holds:
	// whatever a seal said of it might be wrong for good.
	ErrUnknown = errors.New("it is not known whether the chain holds")
)

// Sealer says how messages that are passed on are sealed.
type Sealer struct {
	// Domain (d=) and Selector (s=) name the key in the DNS.
	Domain, Selector string
	// Key signs.
	Key *dkim.PrivateKey
	// Headers are the names of the fields to sign, of each all that the message
	// has. The fields of ARC and Authentication-Results do not belong there.
	Headers []string
	// Oversign are the names of fields to which none may be added.
	Oversign []string
}

// DefaultSealer signs what a DKIM-Signature does, and those signatures.
func DefaultSealer(domain, selector string, key *dkim.PrivateKey) Sealer {
	return Sealer{
		Domain: domain, Selector: selector, Key: key,
		Headers: append(dkim.DefaultHeaders(), "DKIM-Signature"), Oversign: dkim.DefaultOversign(),
	}
}

// Validate reports everything that would make a void set.
func (s *Sealer) Validate() error {
	for _, name := range slices.Concat(s.Headers, s.Oversign) {
		if strings.HasPrefix(strings.ToLower(name), "arc-") || strings.EqualFold(name, "Authentication-Results") {
			return fmt.Errorf("%s must not be signed (RFC 8617 section 4.1.2)", name)
		}
	}
	signer := s.signer(1)
	return signer.Validate()
}

// signer makes the message signature.
func (s *Sealer) signer(instance int) dkim.Signer {
	return dkim.Signer{
		Domain: s.Domain, Selector: s.Selector, Key: s.Key, Canons: dkim.Canons{Header: dkim.Relaxed, Body: dkim.Relaxed},
		Headers: s.Headers, Oversign: s.Oversign, Instance: instance, Timestamp: true,
	}
}

// Sealed is a new set.
type Sealed struct {
	// Instance is its number.
	Instance int
	// Claim is what it says of the chain before it (cv=).
	Claim Status
	// Fields are to be put above all others, in this order: the seal, the
	// message signature, the results.
	Fields [3]Field
}

// Field is one header field to add. The value has CRLF in its folds and none
// at its end.
type Field struct{ Name, Value string }

// Seal makes the set for a message that is passed on. m is the message as it
// leaves, with all changes made; rep is what its chain was found to be when it
// came; results is what else was found, the value of an Authentication-Results
// field with the server's name first. ErrEnded, ErrFull and ErrUnknown say that
// the message is better left as it is.
func (s *Sealer) Seal(m *message.Message, rep *Report, results string, at time.Time) (*Sealed, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("sealing for %s: %w", s.Domain, err)
	}
	set := &Sealed{Instance: len(rep.Sets) + 1, Claim: rep.Status}
	if err := sealable(rep); err != nil {
		return nil, fmt.Errorf("sealing for %s: %w", s.Domain, err)
	}
	aar, err := resultsValue(set.Instance, results)
	if err != nil {
		return nil, fmt.Errorf("sealing for %s: %w", s.Domain, err)
	}
	ams, err := dkim.Sign(m, at, []dkim.Signer{s.signer(set.Instance)})
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	var text []byte
	if set.Claim != Fail { // a broken chain is left out (RFC 8617 section 5.1.2)
		text = appendSets(text, rep.Sets)
	}
	text = dkim.AppendField(text, dkim.Relaxed, []byte(resultsField+": "+aar+"\r\n"))
	text = dkim.AppendField(text, dkim.Relaxed, []byte(messageField+": "+ams[0]+"\r\n"))
	seal, err := dkim.SignTags(sealField, s.tags(set, at), dkim.Relaxed, text, s.Key, s.Key.Algorithm())
	if err != nil {
		return nil, fmt.Errorf("sealing for %s: %w", s.Domain, err)
	}
	set.Fields = [3]Field{{sealField, seal}, {messageField, ams[0]}, {resultsField, aar}}
	return set, nil
}

// sealable tells why nothing is added to a chain.
func sealable(rep *Report) error {
	switch {
	case rep.ended:
		return ErrEnded
	case len(rep.Sets) >= MaxSets:
		return ErrFull
	case rep.Status == TempError:
		return ErrUnknown
	}
	return nil
}

// tags gives the tags of the seal but for b=.
func (s *Sealer) tags(set *Sealed, at time.Time) []dkim.Tag {
	return []dkim.Tag{
		{Name: "i", Value: strconv.Itoa(set.Instance)}, {Name: "a", Value: s.Key.Algorithm().String()},
		{Name: "t", Value: strconv.FormatInt(at.Unix(), 10)}, {Name: "cv", Value: set.Claim.String()},
		{Name: "d", Value: addr.NormalDomain(s.Domain)}, {Name: "s", Value: addr.NormalDomain(s.Selector)},
	}
}

// appendSets appends the fields of sets in the order in which they are sealed.
func appendSets(dst []byte, sets []Set) []byte {
	for i := range sets {
		for _, f := range []*message.Field{sets[i].results, sets[i].message, sets[i].seal} {
			dst = dkim.AppendField(dst, dkim.Relaxed, f.Raw())
		}
	}
	return dst
}

// resultsValue gives the value of ARC-Authentication-Results. Lines in it must
// be folds: anything else would become a field of its own.
func resultsValue(instance int, results string) (string, error) {
	results = strings.Trim(results, " \t\r\n")
	lines := strings.Split(strings.ReplaceAll(results, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if i > 0 && strings.Trim(line, " \t") == "" || i > 0 && line[0] != ' ' && line[0] != '\t' {
			return "", fmt.Errorf("the results have a line that is no fold: %s", quoted(line))
		}
		if strings.IndexFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) >= 0 {
			return "", fmt.Errorf("the results have a control character: %s", quoted(line))
		}
	}
	if authres.Server(results) == "" {
		return "", fmt.Errorf("the results do not begin with a server's name: %s", quoted(results))
	}
	return fmt.Sprintf("i=%d; %s", instance, strings.Join(lines, "\r\n")), nil
}
