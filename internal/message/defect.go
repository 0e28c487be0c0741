package message

import (
	"fmt"
	"sort"
	"sync"
	"unicode/utf8"
)

// DefectKind names one way in which a message is broken.
type DefectKind uint8

// The kinds of defects. Each is found at its place and never stops parsing.
const (
	DefectNone DefectKind = iota

	// Lines and bytes.
	BareLF    // lines end in LF in a message that also uses CRLF
	BareCR    // a CR that no LF follows
	NulByte   // a NUL byte in header or text
	LongLine  // a line longer than 998 bytes (RFC 5322 section 2.1.1)
	Truncated // the message ends inside the header or a part

	// Header.
	JunkHeaderLine     // a header line that is neither a field nor a fold
	NoBlankLine        // the body begins without an empty line
	EmptyHeader        // the message has no header fields
	SpaceBeforeColon   // blanks between a field's name and its colon
	EightBitHeader     // 8-bit octets in a header that are not UTF-8
	BadEncodedWord     // an encoded word that cannot be decoded cleanly
	BadFold            // a fold of only blanks, or one before the first field
	DuplicateField     // a field that may stand only once stands again
	BadAddress         // an address that cannot be understood
	BadDate            // a date that cannot be understood
	BadMessageID       // a Message-ID without <id@domain>
	BadParameter       // a parameter that breaks RFC 2045 or RFC 2231
	DuplicateParameter // a parameter given twice with different values
	BadContentType     // a Content-Type that is not type/subtype
	DuplicateMIMEField // a Content-* field of a part given twice

	// MIME structure.
	MissingBoundary    // a multipart without a boundary parameter
	EmptyBoundary      // a boundary of no characters
	BoundaryNotFound   // the boundary never occurs
	UnclosedMultipart  // the closing boundary is missing
	RepeatedBoundary   // an inner multipart uses an outer one's boundary
	EmptyMultipart     // a multipart without parts
	EncodedMultipart   // base64 or quoted-printable on a multipart or message
	SuspectBoundary    // a boundary that readers disagree about
	MissingMIMEVersion // MIME fields without MIME-Version

	// Content.
	BadBase64       // characters outside the alphabet, or data after padding
	TruncatedBase64 // base64 that ends inside a group
	BadQuotedPrintable
	UnknownEncoding // an unknown content transfer encoding
	UnknownCharset  // an unknown charset label
	WrongCharset    // bytes that the declared charset does not have
	EightBitIn7Bit  // 8-bit octets in a part declared 7bit
	TypeMismatch    // the content is not of the declared type
	UUEncoded       // a file uuencoded within a text
	BadUUEncode

	// Bounds.
	TooManyFields
	HeaderTooLong
	TooManyParts
	TooDeep
	TooMuchDecoded
	TooManyLinks
	TextTooLong

	defectCount
)

// Defect is one thing that is broken, with its place.
type Defect struct {
	Kind DefectKind
	// Offset into the received bytes.
	Offset int
	// Part is the Path of the part it was found in.
	Part string
	// Detail quotes what is broken, bounded and printable.
	Detail string
}

// String gives the defect in words, with its place.
func (d Defect) String() string {
	s := fmt.Sprintf("%s at byte %d", d.Kind, d.Offset)
	if d.Part != "" {
		s += " in part " + d.Part
	}
	if d.Detail != "" {
		s += ": " + d.Detail
	}
	return s
}

// String gives the kind's name, such as "bare LF".
func (k DefectKind) String() string {
	if k < defectCount {
		return defectNames[k]
	}
	return fmt.Sprintf("defect %d", uint8(k))
}

// defectNames are the words of String, one for each kind.
var defectNames = [defectCount]string{
	BareLF:             "bare LF",
	BareCR:             "bare CR",
	NulByte:            "NUL byte",
	LongLine:           "long line",
	Truncated:          "truncated",
	JunkHeaderLine:     "junk header line",
	NoBlankLine:        "no blank line",
	EmptyHeader:        "empty header",
	SpaceBeforeColon:   "space before colon",
	EightBitHeader:     "8-bit header",
	BadEncodedWord:     "bad encoded word",
	BadFold:            "bad fold",
	DuplicateField:     "duplicate field",
	BadAddress:         "bad address",
	BadDate:            "bad date",
	BadMessageID:       "bad Message-ID",
	BadParameter:       "bad parameter",
	DuplicateParameter: "duplicate parameter",
	BadContentType:     "bad Content-Type",
	DuplicateMIMEField: "duplicate MIME field",
	MissingBoundary:    "missing boundary",
	EmptyBoundary:      "empty boundary",
	BoundaryNotFound:   "boundary not found",
	UnclosedMultipart:  "unclosed multipart",
	RepeatedBoundary:   "repeated boundary",
	EmptyMultipart:     "empty multipart",
	EncodedMultipart:   "encoded multipart",
	SuspectBoundary:    "suspect boundary",
	MissingMIMEVersion: "missing MIME-Version",
	BadBase64:          "bad base64",
	TruncatedBase64:    "truncated base64",
	BadQuotedPrintable: "bad quoted-printable",
	UnknownEncoding:    "unknown encoding",
	UnknownCharset:     "unknown charset",
	WrongCharset:       "wrong charset",
	EightBitIn7Bit:     "8-bit in 7bit",
	TypeMismatch:       "type mismatch",
	UUEncoded:          "uuencoded file",
	BadUUEncode:        "bad uuencode",
	TooManyFields:      "too many fields",
	HeaderTooLong:      "header too long",
	TooManyParts:       "too many parts",
	TooDeep:            "too deep",
	TooMuchDecoded:     "too much decoded",
	TooManyLinks:       "too many links",
	TextTooLong:        "text too long",
}

// lastHeaderDefect is the last of the kinds found in headers; those after it
// belong to the body.
const lastHeaderDefect = DuplicateMIMEField

// detailBytes bounds what a defect quotes.
const detailBytes = 80

// defectLog keeps the defects of one message. Some are found only when
// something is decoded at first need, by whichever check asks, so it is locked.
type defectLog struct {
	mu   sync.Mutex
	list []Defect
	seen [defectCount]bool
	// sorted tells that list is in the order of its places.
	sorted bool
}

// defect notes that the message is broken at offset within the part of that
// path. Beyond Limits.Defects only the kind is kept, so that Has stays true.
func (m *Message) defect(kind DefectKind, offset int, part string, detail string) {
	for m.outer != nil {
		m, offset = m.outer, m.outerOffset
	}
	l := &m.flaws
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[kind] = true
	if len(l.list) >= m.limits.Defects {
		return
	}
	l.sorted = false
	l.list = append(l.list, Defect{Kind: kind, Offset: offset, Part: part, Detail: quoteDetail(detail)})
}

// quoteDetail bounds s and replaces what does not print.
func quoteDetail(s string) string {
	cut := len(s) > detailBytes
	if cut {
		s = s[:detailBytes]
	}
	clean := make([]rune, 0, len(s))
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			r = '?'
		}
		clean = append(clean, r)
	}
	if cut {
		return string(clean) + "..."
	}
	return string(clean)
}

// Defects gives everything that is broken, in the order of its place. What
// is examined only at need is examined now.
func (m *Message) Defects() []Defect {
	m.examineHeaders()
	m.examineBody()
	l := &m.flaws
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.sorted {
		sort.SliceStable(l.list, func(i, j int) bool { return l.list[i].Offset < l.list[j].Offset })
		l.sorted = true
	}
	return append([]Defect(nil), l.list...)
}

// Has tells whether the message has a defect of that kind.
func (m *Message) Has(kind DefectKind) bool {
	if kind >= defectCount {
		return false
	}
	m.examineHeaders()
	if kind < JunkHeaderLine || kind > lastHeaderDefect {
		m.examineBody()
	}
	m.flaws.mu.Lock()
	defer m.flaws.mu.Unlock()
	return m.flaws.seen[kind]
}
