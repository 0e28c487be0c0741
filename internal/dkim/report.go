package dkim

// Report is what is known of all signatures of one message.
type Report struct {
	// Results has one entry for each signature that was looked at, in the
	// order in which they stand.
	Results []Result
	// Skipped counts the signatures beyond Options.MaxSignatures.
	Skipped int
	// DomainKeys has the old signatures of RFC 4870 (field DomainKey-Signature,
	// up to a few): they are named but never verified and prove nothing.
	DomainKeys []DomainKey
}

// DomainKey is one old DomainKey-Signature, as far as it can be read.
type DomainKey struct {
	Domain, Selector string
}

// Result is what became of one signature. What could not be read of it is
// empty.
type Result struct {
	Status Status
	// Reason in words for everything but a plain pass.
	Reason string
	// Domain (d=) and Selector (s=), in the form in which they are looked up.
	Domain, Selector string
	// Identity is the user or agent for whom the domain signed (i=), by
	// default "@" and the domain. Only what stands after the last "@" is
	// verified to be the domain's; the rest is its own affair.
	Identity string
	// Algorithm (a=).
	Algorithm Algorithm
	// Canons are the canonicalisations (c=).
	Canons Canons
	// KeyBits is the length of the key, 0 when there was none.
	KeyBits int
	// Testing tells that the key's owner is only trying DKIM out (t=y of the
	// key): a signature that fails means nothing.
	Testing bool
	// Signed and Expires are the times t= and x= in seconds since 1970, or -1.
	Signed, Expires int64
	// BodyLimit is how many octets of the body are signed at most (l=), or -1
	// when all are.
	BodyLimit int64
	// UnsignedBody counts the octets of the body that l= leaves unsigned:
	// anybody may have added them.
	UnsignedBody int64
	// Open tells of an ARC-Message-Signature that passes although it leaves
	// open what a DKIM-Signature must not; Reason says what.
	Open bool
	// Fields are the names of the fields that are signed (h=), as they stand.
	Fields []string
	// UnsignedCopies are the names of fields of which the message has more
	// than are signed, although mail has only one of them, in lower case.
	UnsignedCopies []string
	// Unsigned are the names of fields that readers are shown or that say what
	// the body is, which the message has and the signature leaves out, in lower
	// case.
	Unsigned []string
	// SignaturePrefix is the beginning of the signature (b=), at least eight
	// characters and as many as tell the message's signatures apart: header.b
	// in Authentication-Results (RFC 6008).
	SignaturePrefix string
}

// Status is the best outcome of all signatures: one that passes is enough
// (RFC 6376 section 6.1). None when there is no signature.
func (r *Report) Status() Status {
	best := None
	for i := range r.Results {
		if s := r.Results[i].Status; best == None || rank[s] > rank[best] {
			best = s
		}
	}
	if best == None && r.Skipped > 0 {
		return Neutral
	}
	return best
}

// rank orders the outcomes by how much they say: a signature whose key could
// not be asked for may still be right.
var rank = [...]int{None: 0, Neutral: 1, PermError: 2, Policy: 3, Fail: 4, TempError: 5, Pass: 6}

// Passed tells whether there is a signature of exactly that domain that passes.
func (r *Report) Passed(domain string) bool {
	for i := range r.Results {
		if r.Results[i].Status == Pass && r.Results[i].Domain == domain {
			return true
		}
	}
	return false
}

// prefixBytes is how much of a signature tells it from others, usually.
const prefixBytes = 8

// setPrefixes fills in SignaturePrefix, from the signatures' full text: long
// enough to tell apart those that differ.
func setPrefixes(results []Result, full []string) {
	for i := range results {
		n := min(prefixBytes, len(full[i]))
		for j := range full {
			if j == i || full[j] == full[i] {
				continue
			}
			if same := commonPrefix(full[i], full[j]); same >= n {
				n = min(same+1, len(full[i]))
			}
		}
		results[i].SignaturePrefix = full[i][:n]
	}
}

// commonPrefix counts the octets in which two texts agree from the start.
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
