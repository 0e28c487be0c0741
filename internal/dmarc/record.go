package dmarc

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"postern/internal/addr"
)

// Mode is how near a proven domain must be to the author domain.
type Mode uint8

// The modes.
const (
	// Relaxed asks for the same organisational domain.
	Relaxed Mode = iota
	// Strict asks for the same domain.
	Strict
)

// String gives "relaxed" or "strict".
func (m Mode) String() string {
	if m == Strict {
		return "strict"
	}
	return "relaxed"
}

// PSD is what a record says of its domain's place in the tree (tag psd).
type PSD uint8

// The values of the tag.
const (
	// PSDUnknown leaves it to the tree walk (psd=u, or no tag).
	PSDUnknown PSD = iota
	// PSDYes says that others register names below the domain (psd=y).
	PSDYes
	// PSDNo says that the domain is the organisational domain (psd=n).
	PSDNo
)

// String gives the tag's value.
func (p PSD) String() string { return [...]string{"u", "y", "n"}[p] }

// URI is an address for reports.
type URI struct {
	// Text is the URI as it stands, without a size.
	Text string
	// Address is the mailbox of a mailto URI; zero for others.
	Address addr.Address
	// MaxSize is the greatest size in octets of what is sent there, as records
	// of RFC 7489 had it ("!10m"); RFC 9989 has it ignored. 0 for none.
	MaxSize uint64
}

// Record is a domain's DMARC policy record (RFC 9989 section 4.7). The tags pct,
// rf and ri of RFC 7489 are passed over.
type Record struct {
	// Text is the record as it stands.
	Text string
	// Policy is for the domain itself (p), Sub for what is below it (sp) and
	// Missing for what is below it and does not exist (np). What is not given
	// is taken from the one before. HasNP tells that np is given.
	Policy, Sub, Missing Policy
	HasSP, HasNP         bool
	// DKIM and SPF are the modes (adkim, aspf).
	DKIM, SPF Mode
	PSD       PSD
	// Testing asks for one step less than the policy (t=y).
	Testing bool
	// Failure are the options for failure reports (fo), "0" by default.
	Failure string
	// Aggregate (rua) and Reports (ruf) are where reports are wanted.
	Aggregate, Reports []URI
	// Problems names what was passed over, in words.
	Problems []string
}

// IsRecord tells whether a text record is a DMARC record: whether it begins
// with the version, the letters of which count.
func IsRecord(text string) bool {
	rest, ok := cutFold(text, "v")
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(trimLeft(rest), "=")
	if !ok {
		return false
	}
	rest, ok = strings.CutPrefix(trimLeft(rest), "DMARC1")
	rest = trimLeft(rest)
	return ok && (rest == "" || rest[0] == ';')
}

// cutFold cuts a prefix off, in upper or lower case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func trimLeft(s string) string { return strings.TrimLeft(s, blanks) }

const blanks = " \t\r\n"

// ErrNotRecord says that a text is no DMARC record at all.
var ErrNotRecord = errors.New(`no DMARC record: it does not begin with "v=DMARC1"`)

// recordScan gathers a record's tags.
type recordScan struct {
	rec  Record
	tags map[string]string
}

// ParseRecord reads a record. As RFC 9989 section 4.7 has it, unknown tags and
// values that make no sense are passed over, which Problems names. An error
// means that the record cannot be used: it has a policy that does not exist
// and no address for reports (section 4.10.1), or a tag twice (RFC 6376
// section 3.2). The record is given even then, for what the tree walk wants to
// know; it is nil only with ErrNotRecord.
func ParseRecord(text string) (*Record, error) {
	if !IsRecord(text) {
		return nil, ErrNotRecord
	}
	s := recordScan{rec: Record{Text: text, Failure: "0"}, tags: map[string]string{}}
	if len(text) > maxRecord {
		return &s.rec, fmt.Errorf("the record has %d octets, more than the %d that are read", len(text), maxRecord)
	}
	if err := s.split(text); err != nil {
		return &s.rec, err
	}
	s.modes()
	s.rec.Aggregate = s.uris("rua")
	s.rec.Reports = s.uris("ruf")
	return &s.rec, s.policies()
}

// split takes the text apart into tags.
func (s *recordScan) split(text string) error {
	n := 0
	var twice error
	for part := range strings.SplitSeq(text, ";") {
		part = strings.Trim(part, blanks)
		if part == "" {
			continue
		}
		if n++; n > maxTags {
			return fmt.Errorf("the record has more than %d tags", maxTags)
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimRight(name, blanks))
		if !ok || name == "" {
			s.problem("%.40q is not a tag", part)
			continue
		}
		if _, again := s.tags[name]; again && twice == nil {
			twice = fmt.Errorf("the tag %.20q stands twice", name)
			continue
		}
		s.tags[name] = strings.Trim(value, blanks)
	}
	return twice
}

func (s *recordScan) problem(format string, args ...any) {
	s.rec.Problems = append(s.rec.Problems, fmt.Sprintf(format, args...))
}

// choice gives the place of a tag's value among words, or 0 where the tag is
// not there or its value is none of them.
func (s *recordScan) choice(tag string, words ...string) int {
	value, ok := s.tags[tag]
	if !ok {
		return 0
	}
	for i, w := range words {
		if strings.EqualFold(value, w) {
			return i
		}
	}
	s.problem("%s=%.40q is passed over", tag, value)
	return 0
}

// modes reads the tags that have a default for anything that makes no sense.
func (s *recordScan) modes() {
	s.rec.DKIM = Mode(s.choice("adkim", "r", "s"))
	s.rec.SPF = Mode(s.choice("aspf", "r", "s"))
	s.rec.PSD = PSD(s.choice("psd", "u", "y", "n"))
	s.rec.Testing = s.choice("t", "n", "y") == 1
	fo, ok := s.tags["fo"]
	if !ok {
		return
	}
	for option := range strings.SplitSeq(fo, ":") {
		switch strings.ToLower(strings.Trim(option, blanks)) {
		case "0", "1", "d", "s":
		default:
			s.problem("fo=%.40q is passed over", fo)
			return
		}
	}
	s.rec.Failure = strings.ToLower(fo)
}

// policies reads the policies. A record without p asks for nothing; one whose
// policies make no sense still counts as one that asks for reports, if it
// does.
func (s *recordScan) policies() error {
	p, _, wrong := s.policy("p")
	sp, hasSP, wrongSub := s.policy("sp")
	np, hasNP, wrongMissing := s.policy("np")
	if err := errors.Join(wrong, wrongSub, wrongMissing); err != nil {
		if len(s.rec.Aggregate) == 0 {
			return err
		}
		s.problem("%v: counts as p=none", err)
		return nil
	}
	if !hasSP {
		sp = p
	}
	if !hasNP {
		np = sp
	}
	s.rec.Policy, s.rec.Sub, s.rec.Missing = p, sp, np
	s.rec.HasSP, s.rec.HasNP = hasSP, hasNP
	return nil
}

// policy reads one policy.
func (s *recordScan) policy(tag string) (p Policy, ok bool, err error) {
	value, ok := s.tags[tag]
	if !ok {
		return PolicyNone, false, nil
	}
	for i, name := range policyNames {
		if strings.EqualFold(value, name) {
			return Policy(i), true, nil
		}
	}
	return PolicyNone, false, fmt.Errorf("%s=%.40q is not a policy", tag, value)
}

// uris reads a list of addresses (RFC 9989 section 4.8).
func (s *recordScan) uris(tag string) []URI {
	value, ok := s.tags[tag]
	if !ok {
		return nil
	}
	var list []URI
	for text := range strings.SplitSeq(value, ",") {
		u, err := parseURI(strings.Trim(text, blanks))
		if err != nil {
			s.problem("%s: %.60q: %v", tag, text, err)
			continue
		}
		if list = append(list, u); len(list) == maxURIs {
			break
		}
	}
	return list
}

// parseURI reads one address with its size.
func parseURI(text string) (URI, error) {
	u := URI{Text: text}
	if before, size, ok := strings.Cut(text, "!"); ok {
		u.Text = strings.TrimRight(before, blanks)
		u.MaxSize = parseSize(size)
	}
	parsed, err := url.Parse(u.Text)
	if err != nil || parsed.Scheme == "" || strings.ContainsAny(u.Text, blanks) {
		return u, errors.New("not a URI")
	}
	if parsed.Scheme != "mailto" {
		if parsed.Host == "" && parsed.Opaque == "" && parsed.Path == "" {
			return u, errors.New("not a URI")
		}
		return u, nil
	}
	box, err := url.PathUnescape(parsed.Opaque)
	if err != nil {
		return u, errors.New("not a URI")
	}
	at := strings.LastIndexByte(box, '@')
	if at < 0 || strings.Trim(box[:at], blanks) == "" || !addr.ValidDomain(box[at+1:]) {
		return u, errors.New("no address")
	}
	u.Address = addr.Address{Local: strings.Trim(box[:at], blanks), Domain: addr.NormalDomain(box[at+1:])}
	return u, nil
}

// parseSize reads a size such as "10m"; what makes no sense is 0.
func parseSize(text string) uint64 {
	const maxDigits = 9
	text = strings.ToLower(strings.Trim(text, blanks))
	var n uint64
	i := 0
	for ; i < len(text) && i < maxDigits && '0' <= text[i] && text[i] <= '9'; i++ {
		n = n*10 + uint64(text[i]-'0')
	}
	switch strings.Trim(text[i:], blanks) {
	case "":
		return n
	case "k":
		return n << 10
	case "m":
		return n << 20
	case "g":
		return n << 30
	case "t":
		return n << 34 << 6
	}
	return 0
}
