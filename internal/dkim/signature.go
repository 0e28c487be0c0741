package dkim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"postern/internal/addr"
)

// signature is one DKIM-Signature field that was read.
type signature struct {
	// raw is the whole field; bStart and bEnd bound the value of b= in it.
	raw           []byte
	bStart, bEnd  int
	sig, bodyHash []byte
	// query is the name of the key in the DNS.
	query string
	// identityDomain is what stands after the last "@" of i=.
	identityDomain string
}

// readSignature reads a signature field into a result and what verification
// needs besides. An error says why the signature is void; the result has what
// could be read nevertheless.
func readSignature(raw []byte, form Form, res *Result) (*signature, string, error) {
	res.Signed, res.Expires, res.BodyLimit = -1, -1, -1
	if len(raw) > maxSignatureField {
		return nil, "", fmt.Errorf("the signature field is longer than %d octets", maxSignatureField)
	}
	at := 1 + bytes.IndexByte(raw, ':')
	tags, err := ParseTagList(string(raw[at:]))
	b, _ := tags.Get("b")
	b = withoutFWS(b)
	readNames(tags, res)
	if err != nil {
		return nil, b, err
	}
	s := &signature{raw: raw}
	if t := tags.find("b"); t != nil {
		s.bStart, s.bEnd = at+t.start, at+t.end
	}
	for _, read := range form.tags() {
		if err := read(s, tags, res); err != nil {
			return nil, b, err
		}
	}
	return s, b, nil
}

// Form is which kind of field a signature stands in.
type Form uint8

// The forms.
const (
	// FormDKIM is a DKIM-Signature (RFC 6376 section 3.5).
	FormDKIM Form = iota
	// FormARC is an ARC-Message-Signature: the same without v=, and with the
	// number of its set in i= (RFC 8617 section 4.1.2).
	FormARC
)

// tags gives the functions that read the tags of the form, each with its
// rules.
func (f Form) tags() []func(*signature, TagList, *Result) error {
	if f == FormARC {
		return arcTags[:]
	}
	return dkimTags[:]
}

var (
	dkimTags = [...]func(*signature, TagList, *Result) error{
		readVersion, readAlgorithm, readDomain, readIdentity, readFields, readFrom,
		readSignatureData, readCanons, readBodyLimit, readTimes, readQuery,
	}
	arcTags = [...]func(*signature, TagList, *Result) error{
		readAlgorithm, readDomain, readNoIdentity, readFields,
		readSignatureData, readARCCanons, readBodyLimit, readTimes, readQuery,
	}
)

// readNoIdentity takes the domain for the identity where i= is something else.
func readNoIdentity(s *signature, _ TagList, res *Result) error {
	res.Identity, s.identityDomain = "@"+res.Domain, res.Domain
	return nil
}

// readNames notes domain, selector and identity before anything is checked,
// so that a void signature still has a name in reports.
func readNames(tags TagList, res *Result) {
	if d, ok := tags.Get("d"); ok && addr.ValidDomain(d) {
		res.Domain = addr.NormalDomain(d)
	}
	if s, ok := tags.Get("s"); ok && addr.ValidDomain(s) {
		res.Selector = addr.NormalDomain(s)
	}
	if a, ok := tags.Get("a"); ok {
		res.Algorithm, _ = parseAlgorithm(a)
	}
}

func readVersion(_ *signature, tags TagList, _ *Result) error {
	v, ok := tags.Get("v")
	switch {
	case !ok:
		return fmt.Errorf("the signature has no version (v=)")
	case v != "1":
		return fmt.Errorf("version %s of the signature is not known", quoted(v))
	}
	return nil
}

func readAlgorithm(_ *signature, tags TagList, res *Result) error {
	a, ok := tags.Get("a")
	if !ok {
		return fmt.Errorf("the signature has no algorithm (a=)")
	}
	if res.Algorithm, ok = parseAlgorithm(a); !ok {
		return fmt.Errorf("algorithm %s is not known", quoted(a))
	}
	return nil
}

func readDomain(s *signature, tags TagList, res *Result) error {
	d, ok := tags.Get("d")
	if !ok {
		return fmt.Errorf("the signature has no domain (d=)")
	}
	if res.Domain == "" || !addr.ValidDomain(res.Domain) {
		return fmt.Errorf("%s (d=) is not a domain", quoted(d))
	}
	sel, ok := tags.Get("s")
	if !ok {
		return fmt.Errorf("the signature has no selector (s=)")
	}
	if res.Selector == "" || !addr.ValidDomain(res.Selector) {
		return fmt.Errorf("%s (s=) is not a selector", quoted(sel))
	}
	s.query = KeyName(res.Selector, res.Domain)
	if len(s.query) > maxName {
		return fmt.Errorf("the name of the key is longer than %d octets", maxName)
	}
	return nil
}

// KeyName gives the name in the DNS where a key is published (RFC 6376 section
// 3.6.2.1).
func KeyName(selector, domain string) string { return selector + "._domainkey." + domain }

func readIdentity(s *signature, tags TagList, res *Result) error {
	i, ok := tags.Get("i")
	if !ok {
		res.Identity, s.identityDomain = "@"+res.Domain, res.Domain
		return nil
	}
	i = withoutFWS(i)
	at := strings.LastIndexByte(i, '@')
	if at < 0 || !addr.ValidDomain(i[at+1:]) {
		return fmt.Errorf("%s (i=) is not an identity", quoted(i))
	}
	s.identityDomain = addr.NormalDomain(i[at+1:])
	if !addr.SameOrSub(s.identityDomain, res.Domain) {
		return fmt.Errorf("identity %s (i=) is not within the domain %s (d=)", quoted(i), res.Domain)
	}
	res.Identity = i
	return nil
}

func readFields(_ *signature, tags TagList, res *Result) error {
	h, ok := tags.Get("h")
	if !ok {
		return fmt.Errorf("the signature does not say which fields it covers (h=)")
	}
	res.Fields = make([]string, 0, 1+strings.Count(h, ":"))
	for name := range strings.SplitSeq(h, ":") {
		name = trimFWS(name)
		if name == "" {
			continue // nothing is hashed for it
		}
		if !validFieldName(name) {
			return fmt.Errorf("%s (h=) is not the name of a field", quoted(name))
		}
		if len(res.Fields) == maxNames {
			return fmt.Errorf("more than %d fields are listed (h=)", maxNames)
		}
		res.Fields = append(res.Fields, name)
	}
	return nil
}

// readFrom wants From to be signed (RFC 6376 section 5.4). ARC does not.
func readFrom(_ *signature, _ TagList, res *Result) error {
	if !slices.ContainsFunc(res.Fields, func(name string) bool { return strings.EqualFold(name, "From") }) {
		return fmt.Errorf("the signature leaves From open (h=)")
	}
	return nil
}

// validFieldName tells whether s has only what names of fields have (RFC 5322
// section 2.2).
func validFieldName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == ':' || s[i] == ';' {
			return false
		}
	}
	return s != ""
}

func readSignatureData(s *signature, tags TagList, _ *Result) (err error) {
	b, ok := tags.Get("b")
	if !ok {
		return fmt.Errorf("the signature itself is missing (b=)")
	}
	if s.sig, err = decodeBase64(b); err != nil || len(s.sig) == 0 {
		return fmt.Errorf("the signature (b=) is not base64")
	}
	bh, ok := tags.Get("bh")
	if !ok {
		return fmt.Errorf("the signature has no hash of the body (bh=)")
	}
	if s.bodyHash, err = decodeBase64(bh); err != nil || len(s.bodyHash) == 0 {
		return fmt.Errorf("the hash of the body (bh=) is not base64")
	}
	return nil
}

// decodeBase64 reads base64 with folds in it; the grammar lets the padding be
// left out.
func decodeBase64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(withoutFWS(s), "="))
}

func readCanons(_ *signature, tags TagList, res *Result) error {
	c, ok := tags.Get("c")
	if !ok {
		return nil
	}
	if res.Canons, ok = parseCanons(c); !ok {
		return fmt.Errorf("canonicalisation %s (c=) is not known", quoted(c))
	}
	return nil
}

// readARCCanons takes relaxed for what is not said, as those who seal do: the
// test suite of ARC demands it, although RFC 8617 is silent about it.
func readARCCanons(s *signature, tags TagList, res *Result) error {
	res.Canons = Canons{Relaxed, Relaxed}
	return readCanons(s, tags, res)
}

func readBodyLimit(_ *signature, tags TagList, res *Result) (err error) {
	res.BodyLimit, err = readNumber(tags, "l")
	return err
}

func readTimes(_ *signature, tags TagList, res *Result) (err error) {
	if res.Signed, err = readNumber(tags, "t"); err != nil {
		return err
	}
	if res.Expires, err = readNumber(tags, "x"); err != nil {
		return err
	}
	if res.Signed >= 0 && res.Expires >= 0 && res.Expires <= res.Signed {
		return fmt.Errorf("the signature expires (x=) before it was made (t=)")
	}
	return nil
}

// readNumber reads a tag of decimal digits; -1 when it is not there. Numbers
// too large to count with are as large as can be.
func readNumber(tags TagList, name string) (int64, error) {
	v, ok := tags.Get(name)
	if !ok {
		return -1, nil
	}
	const longest = 76 // RFC 6376 section 3.5, l=
	if v == "" || len(v) > longest || strings.Trim(v, "0123456789") != "" {
		return -1, fmt.Errorf("%s (%s=) is not a number", quoted(v), name)
	}
	n, _ := strconv.ParseInt(v, 10, 64) // gives the largest when out of range
	return n, nil
}

// readQuery wants one way of asking for keys that is known: dns/txt is the
// only one there is.
func readQuery(_ *signature, tags TagList, _ *Result) error {
	q, ok := tags.Get("q")
	if !ok {
		return nil
	}
	for method := range strings.SplitSeq(q, ":") {
		method, _, _ = strings.Cut(trimFWS(method), "/")
		if strings.EqualFold(trimFWS(method), "dns") {
			return nil
		}
	}
	return fmt.Errorf("no way to ask for the key is known (q=%s)", quoted(q))
}
