package dkim

import (
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"slices"
)

// bodyKind is one way to hash a body.
type bodyKind struct {
	hash  string
	canon Canon
}

// bodyHashes are the hashes of one body, each made once.
type bodyHashes struct {
	kinds []bodyKind
	sums  []bodySums
}

// bodySums are the hashes of a body of one kind.
type bodySums struct {
	// n counts the octets of the canonical form.
	n      int64
	limits []int64
	parts  [][]byte
	whole  []byte
}

// sum gives the hash for a l=, -1 for the whole body; nil when the body is
// shorter.
func (s *bodySums) sum(limit int64) []byte {
	if limit < 0 {
		return s.whole
	}
	if i, ok := slices.BinarySearch(s.limits, limit); ok && i < len(s.parts) {
		return s.parts[i]
	}
	return nil
}

// hashBodies makes all hashes of the body that the signatures want.
func hashBodies(body []byte, jobs []job) *bodyHashes {
	b := &bodyHashes{}
	for i := range jobs {
		b.want(jobs[i].res.Algorithm.hashName(), jobs[i].res.Canons.Body, jobs[i].res.BodyLimit)
	}
	b.make(body)
	return b
}

// make makes all hashes that are wanted.
func (b *bodyHashes) make(body []byte) {
	for i := range b.sums {
		b.sums[i].make(body, b.kinds[i])
	}
}

// want notes that a hash is wanted.
func (b *bodyHashes) want(hash string, canon Canon, limit int64) {
	kind := bodyKind{hash, canon}
	i := slices.Index(b.kinds, kind)
	if i < 0 {
		i = len(b.kinds)
		b.kinds, b.sums = append(b.kinds, kind), append(b.sums, bodySums{})
	}
	if limit >= 0 {
		b.sums[i].limits = append(b.sums[i].limits, limit)
	}
}

// find gives the hashes of that kind, which were wanted.
func (b *bodyHashes) find(hash string, canon Canon) *bodySums {
	return &b.sums[slices.Index(b.kinds, bodyKind{hash, canon})]
}

// make hashes the body.
func (s *bodySums) make(body []byte, kind bodyKind) {
	slices.Sort(s.limits)
	s.limits = slices.Compact(s.limits)
	w := newBodyHash(newHash(kind.hash), s.limits)
	if kind.canon == Relaxed {
		w.relaxed(body)
	} else {
		w.simple(body)
	}
	w.write(nil) // for l=0 of an empty body
	s.n, s.parts, s.whole = w.n, w.sums, w.h.Sum(nil)
}

// newHash makes a hash of that name.
func newHash(name string) hash.Hash {
	if name == "sha1" {
		return sha1.New()
	}
	return sha256.New()
}

// digestOf hashes text as the algorithm does.
func digestOf(a Algorithm, text []byte) []byte {
	if a == RSASHA1 {
		sum := sha1.Sum(text)
		return sum[:]
	}
	sum := sha256.Sum256(text)
	return sum[:]
}
