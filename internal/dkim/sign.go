package dkim

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/message"
)

// ErrFrom says that a message cannot be signed because it has no From, or
// several, of which a signature could vouch for the wrong one.
var ErrFrom = errors.New("a message to be signed must have exactly one From")

// Sign makes one signature for each signer, in their order, and gives the
// values of the DKIM-Signature fields to put above the message's other fields:
// what stands after "DKIM-Signature: ", folded, with CRLF in the folds and
// none at the end. at is the time for t= and x=.
func Sign(m *message.Message, at time.Time, signers []Signer) ([]string, error) {
	if n := m.Header().Count("From"); n != 1 {
		return nil, fmt.Errorf("signing: %w, this has %d", ErrFrom, n)
	}
	views := map[bool]*signing{}
	for i := range signers {
		s := &signers[i]
		if err := s.Validate(); err != nil {
			return nil, fmt.Errorf("signing for %s: %w", s.Domain, err)
		}
		v := views[s.AnyLineEnd]
		if v == nil {
			v = &signing{index: indexFields(m, s.AnyLineEnd)}
			views[s.AnyLineEnd] = v
		}
		v.bodies.want(s.algorithm().hashName(), s.Canons.Body, -1)
	}
	for _, v := range views {
		v.bodies.make(v.index.body)
	}
	values := make([]string, len(signers))
	for i := range signers {
		s := &signers[i]
		v := views[s.AnyLineEnd]
		value, err := s.sign(v.index, v.bodies.find(s.algorithm().hashName(), s.Canons.Body), at)
		if err != nil {
			return nil, fmt.Errorf("signing for %s: %w", s.Domain, err)
		}
		values[i] = value
	}
	return values, nil
}

// signing is a message as signers see it who agree about line ends.
type signing struct {
	index  *fieldIndex
	bodies bodyHashes
}

// sign makes one signature.
func (s *Signer) sign(x *fieldIndex, body *bodySums, at time.Time) (string, error) {
	if x.cut {
		return "", fmt.Errorf("the message has more header fields than can be looked at")
	}
	names := s.names(x)
	sel := x.newSelection(nil)
	buf := make([]byte, 0, 4096)
	for _, name := range names {
		if raw := sel.take(name); raw != nil {
			buf = appendField(buf, s.Canons.Header, raw)
		}
	}
	return SignTags(s.fieldName(), s.tags(x, names, body, at), s.Canons.Header, buf, s.Key, s.algorithm())
}

// fieldName is the name of the field that the signature stands in.
func (s *Signer) fieldName() string {
	if s.Instance > 0 {
		return arcField
	}
	return signatureField
}

// SignTags signs text that was made canonical, followed by the signature's own
// field with these tags, and gives the value of that field: the tags, folded,
// and b=. It serves fields that are not about a message, such as ARC-Seal.
func SignTags(field string, tags []Tag, c Canon, text []byte, key *PrivateKey, a Algorithm) (string, error) {
	f := newFolder(len(field) + 2)
	for _, t := range tags {
		f.tag(t.Name, t.Value)
	}
	f.signatureTag(key.sigLen())
	own := field + ": " + f.String()
	if c == Relaxed {
		text = appendRelaxed(text, []byte(own))
	} else {
		text = append(text, own...)
	}
	sig, err := key.Sign(a, digestOf(a, text))
	if err != nil {
		return "", fmt.Errorf("making the signature: %w", err)
	}
	f.wrapped(base64.StdEncoding.EncodeToString(sig))
	return f.String(), nil
}

// names gives h=: the fields to sign in the order in which they stand, then
// those to which none may be added.
func (s *Signer) names(x *fieldIndex) []string {
	names := make([]string, 0, len(x.fields)+len(s.Oversign))
	for i := range x.fields {
		name := x.fieldName(i)
		if slices.ContainsFunc(s.Headers, func(h string) bool { return strings.EqualFold(h, name) }) {
			names = append(names, name)
		}
	}
	if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, "From") }) {
		names = append(names, "From")
	}
	for _, name := range s.Oversign {
		later := slices.ContainsFunc(addedLater, func(n string) bool { return strings.EqualFold(n, name) })
		if later && x.count(name) == 0 {
			continue
		}
		names = append(names, name)
	}
	return names
}

// tags gives the signature's tags but for b=, in the order in which OpenDKIM
// writes them.
func (s *Signer) tags(x *fieldIndex, names []string, body *bodySums, at time.Time) []Tag {
	now := at.Unix()
	first := Tag{Name: "v", Value: "1"}
	if s.Instance > 0 {
		first = Tag{Name: "i", Value: strconv.Itoa(s.Instance)}
	}
	tags := []Tag{
		first, {Name: "a", Value: s.algorithm().String()}, {Name: "c", Value: s.Canons.String()},
		{Name: "d", Value: addr.NormalDomain(s.Domain)}, {Name: "s", Value: addr.NormalDomain(s.Selector)},
	}
	add := func(name, value string) { tags = append(tags, Tag{Name: name, Value: value}) }
	if s.Timestamp {
		add("t", strconv.FormatInt(now, 10))
	}
	if s.Lifetime > 0 {
		add("x", strconv.FormatInt(now+int64(s.Lifetime/time.Second), 10))
	}
	if s.Identity != "" {
		add("i", s.Identity)
	}
	tags = append(tags, s.Extra...)
	add("bh", base64.StdEncoding.EncodeToString(body.whole))
	if s.BodyLength {
		add("l", strconv.FormatInt(body.n, 10))
	}
	add("h", strings.Join(names, ":"))
	if s.CopyFields {
		add("z", x.copies(names))
	}
	return tags
}

// copies gives z=: the fields of those names, in the order in which they
// stand (RFC 6376 section 3.5).
func (x *fieldIndex) copies(names []string) string {
	var b strings.Builder
	for i, raw := range x.fields {
		name := x.fieldName(i)
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		writeQuoted(&b, raw[:len(raw)-lastLineEnd(raw)])
	}
	return b.String()
}

// writeQuoted writes dkim-quoted-printable (RFC 6376 section 2.11), with "|"
// quoted as well.
func writeQuoted(b *strings.Builder, text []byte) {
	const hex = "0123456789ABCDEF"
	for _, c := range text {
		if c > ' ' && c < 0x7f && c != '=' && c != ';' && c != '|' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('=')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
}
