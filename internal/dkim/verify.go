package dkim

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/message"
)

// Resolver asks the DNS. Its errors are those of package dns.
type Resolver interface {
	// TXT gives the text records of a name, the pieces of each joined.
	TXT(ctx context.Context, name string) ([]string, error)
}

// Verifier verifies signatures. It is safe for concurrent use.
type Verifier struct {
	o        Options
	resolver Resolver
}

// NewVerifier makes a verifier that asks the resolver for keys.
func NewVerifier(o Options, resolver Resolver) (*Verifier, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("dkim options: %w", err)
	}
	return &Verifier{o: o, resolver: resolver}, nil
}

// The fields that signatures stand in.
const (
	signatureField = "DKIM-Signature"
	arcField       = "ARC-Message-Signature"
)

// job is one signature on its way to a result.
type job struct {
	sig  *signature
	res  *Result
	sel  selection
	form Form
	// digest is the hash over the signed fields.
	digest []byte
	// keys is the answer for the key, shared by signatures with the same one.
	keys *keyAnswer
}

// Verify verifies the signatures of a message; at is the time at which it was
// received, by which theirs are judged. It always gives a report: what could
// not be found out is a result as well.
func (v *Verifier) Verify(ctx context.Context, m *message.Message, at time.Time) *Report {
	rep := &Report{}
	v.domainKeys(m, rep)
	if !m.Header().Has(signatureField) {
		return rep
	}
	x := indexFields(m, false)
	list := x.all(signatureField)
	if len(list) > v.o.MaxSignatures {
		rep.Skipped = len(list) - v.o.MaxSignatures
		list = list[:v.o.MaxSignatures]
	}
	rep.Results = v.verify(ctx, x, list, FormDKIM, at)
	return rep
}

// VerifyFields verifies fields of the message as signatures of that form, in
// their order and up to Options.MaxSignatures of them.
func (v *Verifier) VerifyFields(ctx context.Context, m *message.Message, form Form, fields []*message.Field, at time.Time) []Result {
	x := indexFields(m, false)
	var list [][]byte
	for _, f := range fields[:min(len(fields), v.o.MaxSignatures)] {
		list = append(list, x.rawOf(f))
	}
	return v.verify(ctx, x, list, form, at)
}

// verify verifies signatures.
func (v *Verifier) verify(ctx context.Context, x *fieldIndex, list [][]byte, form Form, at time.Time) []Result {
	results := make([]Result, len(list))
	jobs := v.read(list, form, x, results, at)
	ctx, cancel := context.WithTimeout(ctx, v.o.Timeout.Std())
	defer cancel()
	v.askKeys(ctx, jobs)
	bodies := hashBodies(x.body, jobs)
	for i := range jobs {
		jobs[i].hashHeader(x)
		v.judge(&jobs[i], bodies)
	}
	return results
}

// read reads all signatures and gives those that are worth verifying.
func (v *Verifier) read(list [][]byte, form Form, x *fieldIndex, results []Result, at time.Time) []job {
	jobs := make([]job, 0, len(list))
	full := make([]string, len(list))
	for i, raw := range list {
		res := &results[i]
		sig, b, err := readSignature(raw, form, res)
		full[i] = b
		if err != nil {
			res.Status, res.Reason = PermError, err.Error()
			continue
		}
		if status, reason := v.refuse(res, x, at); status != None {
			res.Status, res.Reason = status, reason
			continue
		}
		jobs = append(jobs, job{sig: sig, res: res, form: form})
	}
	setPrefixes(results, full)
	return jobs
}

// refuse gives the outcome of signatures that cannot pass whatever the key
// says, None for the others.
func (v *Verifier) refuse(res *Result, x *fieldIndex, at time.Time) (Status, string) {
	skew := int64(v.o.ClockSkew.Std() / time.Second)
	now := at.Unix()
	switch {
	case x.cut:
		return PermError, "the message has more header fields than can be looked at"
	case x.count("From") == 0:
		return PermError, "the message has no From"
	case res.Algorithm == RSASHA1 && !v.o.AcceptSHA1:
		return PermError, "rsa-sha1 is no longer safe (RFC 8301)"
	case res.Signed > now+skew:
		return Policy, fmt.Sprintf("signed in the future (t=%d)", res.Signed)
	case res.Expires >= 0 && res.Expires < now-skew:
		return Policy, fmt.Sprintf("the signature has expired (x=%d)", res.Expires)
	}
	return None, ""
}

// hashHeader hashes the signed fields and the signature's own.
func (j *job) hashHeader(x *fieldIndex) {
	j.sel = x.newSelection(j.sig.raw)
	canon := j.res.Canons.Header
	buf := make([]byte, 0, 4096)
	for _, name := range j.res.Fields {
		if raw := j.sel.take(name); raw != nil {
			buf = appendField(buf, canon, raw)
		}
	}
	buf = appendSignature(buf, canon, j.sig.raw, j.sig.bStart, j.sig.bEnd)
	j.digest = digestOf(j.res.Algorithm, buf)
	j.sel.examine(j.res)
}

// judge decides what becomes of the signature, by the key, the body and what
// it leaves open.
func (v *Verifier) judge(j *job, bodies *bodyHashes) {
	res := j.res
	body := bodies.find(res.Algorithm.hashName(), res.Canons.Body)
	if res.BodyLimit >= 0 {
		res.UnsignedBody = max(0, body.n-res.BodyLimit)
	}
	res.Status, res.Reason = v.byKeys(j)
	if res.Status != None {
		return
	}
	switch {
	case res.BodyLimit > body.n:
		res.Status, res.Reason = PermError, "more of the body is signed (l=) than there is"
	case !bytes.Equal(body.sum(res.BodyLimit), j.sig.bodyHash):
		res.Status, res.Reason = Fail, "the body is not what was signed"
	default:
		res.Status, res.Reason = v.byCoverage(j)
		if j.form == FormARC && res.Status == Policy && !j.secondFrom() {
			// Whoever forwards mail seals it as it is, gaps and all: the chain
			// holds, and only who wants to rely on it has to care. Another
			// From is more than a gap.
			res.Status, res.Open = Pass, true
		}
	}
}

// secondFrom tells whether readers may see another From than the signed one.
func (j *job) secondFrom() bool {
	return j.sel.x.trick != "" || slices.Contains(j.res.UnsignedCopies, "from")
}

// byCoverage judges a signature that is right by what it leaves open.
func (v *Verifier) byCoverage(j *job) (Status, string) {
	res := j.res
	switch {
	case j.sel.x.trick != "":
		return Policy, j.sel.x.trick
	case len(res.UnsignedCopies) > 0:
		return Policy, "there are copies of signed fields that are not signed: " + strings.Join(res.UnsignedCopies, ", ")
	case !j.sel.signs("From"):
		return Policy, "From is not signed"
	case v.missing(&j.sel) != "":
		return Policy, fmt.Sprintf("%s must be signed and is not", v.missing(&j.sel))
	case res.UnsignedBody == 0:
		return Pass, ""
	case !v.o.AcceptPartialBody:
		return Policy, fmt.Sprintf("the last %d octets of the body are not signed (l=)", res.UnsignedBody)
	case j.sel.x.count("Content-Type") > 0 && !j.sel.signs("Content-Type"):
		return Policy, "neither the end of the body (l=) nor the Content-Type is signed"
	}
	return Pass, fmt.Sprintf("the last %d octets of the body are not signed (l=)", res.UnsignedBody)
}

// missing gives a field that must be signed and is not, or "".
func (v *Verifier) missing(s *selection) string {
	for _, name := range v.o.MustBeSigned {
		if s.x.count(name) > 0 && !s.signs(name) {
			return name
		}
	}
	return ""
}

// byKeys tries the published keys and gives None when one of them made the
// signature. Of several the best outcome counts.
func (v *Verifier) byKeys(j *job) (Status, string) {
	return j.keys.each(func(r *keyRecord) (Status, string) {
		if r.key != nil {
			j.res.KeyBits, j.res.Testing = r.key.Bits, r.key.Testing
			if r.err == nil && r.key.Strict && j.sig.identityDomain != j.res.Domain {
				return PermError, fmt.Sprintf("the key is for %s only, not for %s (t=s)", j.res.Domain, j.sig.identityDomain)
			}
		}
		return v.byKey(r, j.res.Algorithm, j.digest, j.sig.sig)
	})
}

// byKey tries one key.
func (v *Verifier) byKey(r *keyRecord, a Algorithm, digest, sig []byte) (Status, string) {
	if r.err != nil {
		return PermError, r.err.Error()
	}
	if err := r.key.allows(a); err != nil {
		return PermError, err.Error()
	}
	if bits := r.key.Bits; r.key.Type == "rsa" && (bits < v.o.MinRSABits || bits > v.o.MaxRSABits) {
		return Policy, fmt.Sprintf("the key has %d bits, not between %d and %d", bits, v.o.MinRSABits, v.o.MaxRSABits)
	}
	if !r.key.Verify(a, digest, sig) {
		return Fail, "the signed fields are not what was signed, or it was another key"
	}
	return None, ""
}

// VerifyDigest asks for a key and verifies a signature over a hash by it, for
// signatures that are not about a message, such as ARC-Seal. It gives Pass or
// why not, and the length of the key.
func (v *Verifier) VerifyDigest(ctx context.Context, selector, domain string, a Algorithm, digest, sig []byte) (s Status, reason string, bits int) {
	if a == RSASHA1 && !v.o.AcceptSHA1 {
		return PermError, "rsa-sha1 is no longer safe (RFC 8301)", 0
	}
	if !addr.ValidDomain(selector) || !addr.ValidDomain(domain) || len(KeyName(selector, domain)) > maxName {
		return PermError, fmt.Sprintf("%s is not the name of a key", quoted(KeyName(selector, domain))), 0
	}
	ctx, cancel := context.WithTimeout(ctx, v.o.Timeout.Std())
	defer cancel()
	keys := &keyAnswer{name: KeyName(addr.NormalDomain(selector), addr.NormalDomain(domain))}
	keys.ask(ctx, v.resolver)
	s, reason = keys.each(func(r *keyRecord) (Status, string) {
		if r.key != nil {
			bits = r.key.Bits
		}
		return v.byKey(r, a, digest, sig)
	})
	if s == None {
		return Pass, "", bits
	}
	return s, reason, bits
}

// domainKeys notes old signatures.
func (v *Verifier) domainKeys(m *message.Message, rep *Report) {
	for i, f := range m.Header().All("DomainKey-Signature") {
		if i == maxDomainKeys {
			return
		}
		raw := f.RawValue()
		tags, err := ParseTagList(string(raw[:min(len(raw), maxSignatureField)]))
		dk := DomainKey{}
		if d, ok := tags.Get("d"); err == nil && ok && addr.ValidDomain(d) {
			dk.Domain = addr.NormalDomain(d)
		}
		if s, ok := tags.Get("s"); err == nil && ok && addr.ValidDomain(s) {
			dk.Selector = addr.NormalDomain(s)
		}
		rep.DomainKeys = append(rep.DomainKeys, dk)
	}
}
