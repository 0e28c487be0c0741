package message

import "fmt"

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
func (k DefectKind) String() string { return fmt.Sprintf("defect %d", uint8(k)) }
