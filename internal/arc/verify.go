package arc

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
	"time"

	"postern/internal/dkim"
	"postern/internal/message"
)

// Verifier verifies chains. It is safe for concurrent use.
type Verifier struct {
	o          Options
	trust      trust
	signatures *dkim.Verifier
}

// NewVerifier makes a verifier that asks the resolver for keys. Which keys and
// times are accepted is up to the options for DKIM; what those say of the
// number of signatures, of fields that must be signed, of partial bodies and of
// SHA-1 does not apply to chains.
func NewVerifier(o Options, signatures dkim.Options, resolver dkim.Resolver) (*Verifier, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("arc options: %w", err)
	}
	signatures.MaxSignatures, signatures.MustBeSigned, signatures.AcceptSHA1 = MaxSets, nil, false
	signatures.AcceptPartialBody = false // it passes, but is open
	v, err := dkim.NewVerifier(signatures, resolver)
	if err != nil {
		return nil, fmt.Errorf("arc: %w", err)
	}
	return &Verifier{o: o, trust: newTrust(o.TrustedSealers), signatures: v}, nil
}

// Verify verifies the chain of a message (RFC 8617 section 5.2); at is the time
// at which it was received. It always gives a report: what could not be found
// out is a result as well.
func (v *Verifier) Verify(ctx context.Context, m *message.Message, at time.Time) *Report {
	c := collect(m.Header())
	if c == nil {
		return &Report{OldestPass: -1}
	}
	c.checkStructure()
	rep := &Report{OldestPass: -1, Sets: c.sets}
	if n := len(rep.Sets); n > 0 && rep.Sets[n-1].ended {
		rep.ended = true
		rep.Status, rep.Reason = Fail, fmt.Sprintf("the chain was broken before %s sealed it (cv=fail)", quoted(rep.Sets[n-1].Seal.Domain))
		return rep
	}
	if c.problem != "" {
		rep.Status, rep.Reason = Fail, c.problem
		return rep
	}
	ctx, cancel := context.WithTimeout(ctx, v.o.Timeout.Std())
	defer cancel()
	v.judge(ctx, m, rep, at)
	return rep
}

// judge verifies the signatures of a chain that is complete.
func (v *Verifier) judge(ctx context.Context, m *message.Message, rep *Report, at time.Time) {
	n := len(rep.Sets)
	last := &rep.Sets[n-1]
	v.messages(ctx, m, rep.Sets[n-1:], at)
	if rep.Status, rep.Reason = outcome(last.Message.Status, messageField, n, last.Message.Reason); rep.Status != Pass {
		return
	}
	v.seals(ctx, rep.Sets)
	for i := n - 1; i >= 0; i-- {
		status, reason := outcome(rep.Sets[i].Seal.Status, sealField, i+1, rep.Sets[i].Seal.Reason)
		if status == Fail || status == TempError && rep.Status == Pass {
			rep.Status, rep.Reason = status, reason
		}
		if status == Fail {
			return
		}
	}
	if rep.Status != Pass {
		return
	}
	if v.o.OldestPass {
		v.messages(ctx, m, rep.Sets[:n-1], at)
		rep.OldestPass = oldestPass(rep.Sets)
	}
	if last.Message.Open {
		rep.Open = last.Message.Reason
		return
	}
	rep.Trusted = v.trusted(rep.Sets)
}

// outcome gives what a signature means for the chain.
func outcome(s dkim.Status, field string, instance int, reason string) (Status, string) {
	switch s {
	case dkim.Pass:
		return Pass, ""
	case dkim.TempError:
		return TempError, fmt.Sprintf("%s of instance %d: %s", field, instance, reason)
	}
	return Fail, fmt.Sprintf("%s of instance %d: %s", field, instance, reason)
}

// messages verifies message signatures.
func (v *Verifier) messages(ctx context.Context, m *message.Message, sets []Set, at time.Time) {
	fields := make([]*message.Field, len(sets))
	for i := range sets {
		fields[i] = sets[i].message
	}
	for i, res := range v.signatures.VerifyFields(ctx, m, dkim.FormARC, fields, at) {
		if slices.ContainsFunc(res.Fields, func(name string) bool { return strings.EqualFold(name, sealField) }) {
			// Seals come after the signature that would cover them (RFC 8617
			// section 4.1.2).
			res.Status, res.Reason = dkim.PermError, "it covers seals (h=)"
		}
		sets[i].Message = res
	}
}

// oldestPass gives the lowest instance from which on all message signatures
// hold, 0 when all do.
func oldestPass(sets []Set) int {
	for i := len(sets) - 1; i >= 0; i-- {
		if sets[i].Message.Status != dkim.Pass {
			return i + 2
		}
	}
	return 0
}

// trusted gives the oldest set in an unbroken row of trusted sealers up to the
// last. Whoever is not trusted could have put another message under the seals
// before its own.
func (v *Verifier) trusted(sets []Set) (oldest *Set) {
	for i := len(sets) - 1; i >= 0 && v.trust.has(sets[i].Seal.Domain); i-- {
		oldest = &sets[i]
	}
	return oldest
}

// seals verifies seals from the last one down, until one is broken.
func (v *Verifier) seals(ctx context.Context, sets []Set) {
	digests := sealDigests(sets)
	failed := func(s Set) bool { return s.Seal.Status != dkim.Pass && s.Seal.Status != dkim.TempError }
	for end := len(sets); end > 0; {
		from := max(0, end-sealsAtOnce)
		v.someSeals(ctx, sets[from:end], digests[from:end])
		if slices.ContainsFunc(sets[from:end], failed) {
			return
		}
		end = from
	}
}

// someSeals verifies seals: those with the same key one after the other, so
// that it is asked for once, the others at the same time.
func (v *Verifier) someSeals(ctx context.Context, sets []Set, digests [][]byte) {
	byKey := map[string][]int{}
	for i := range sets {
		name := dkim.KeyName(sets[i].Seal.Selector, sets[i].Seal.Domain)
		byKey[name] = append(byKey[name], i)
	}
	var group sync.WaitGroup
	for _, list := range byKey {
		verify := func() {
			for _, i := range list {
				s := &sets[i].Seal
				s.Status, s.Reason, s.KeyBits = v.signatures.VerifyDigest(ctx, s.Selector, s.Domain, s.Algorithm, digests[i], s.signature)
			}
		}
		if len(byKey) == 1 {
			verify()
			break
		}
		group.Go(verify)
	}
	group.Wait()
}

// sealDigests gives the hash under each seal: all sets before it, then its own
// with nothing in b= (RFC 8617 section 5.1.1). What the sets share is hashed
// once.
func sealDigests(sets []Set) [][]byte {
	digests := make([][]byte, len(sets))
	var buf []byte
	h := sha256.New()
	for i := range sets {
		s := &sets[i]
		buf = dkim.AppendField(buf[:0], dkim.Relaxed, s.results.Raw())
		buf = dkim.AppendField(buf, dkim.Relaxed, s.message.Raw())
		h.Write(buf)
		own, err := dkim.AppendUnsigned(buf[:0], dkim.Relaxed, s.seal.Raw())
		if err == nil { // it has b=, or it would have been void
			digests[i] = sumWith(h, own)
		}
		h.Write(dkim.AppendField(own[:0], dkim.Relaxed, s.seal.Raw()))
	}
	return digests
}

// sumWith gives the hash as if more were written, and leaves it as it was.
func sumWith(h hash.Hash, more []byte) []byte {
	clone, err := h.(hash.Cloner).Clone()
	if err != nil {
		return nil // which verifies nothing; SHA-256 can always be cloned
	}
	clone.Write(more)
	return clone.Sum(nil)
}
