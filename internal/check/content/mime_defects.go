package content

import (
	"context"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MIMEDefects reports what is broken in the structure and the encodings of a
// message, each kind by a symbol of its own. Broken mail is no spam for that;
// but many of these are ways of showing a filter another message than the
// reader. What is broken in the message's own header, BrokenHeader tells.
func MIMEDefects() check.Check {
	return check.New(check.Info{
		Name: "mime_defects", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "MIME_JUNK_LINE", Group: defectGroup, Score: 1, Description: "A line of a part's header is no field"},
			{Name: "MIME_ODD_FIELD", Group: defectGroup, Score: 1, Description: "A field of a part is written so that not every reader sees it"},
			{Name: "HEADER_NO_BLANK_LINE", Group: defectGroup, Score: 1, Description: "No empty line stands between header and body"},
			{Name: "MIME_BOUNDARY_MISSING", Group: defectGroup, Score: 2, Description: "A multipart has no boundary parameter"},
			{Name: "MIME_BOUNDARY_EMPTY", Group: defectGroup, Score: 3, Description: "A multipart's boundary is empty"},
			{Name: "MIME_BOUNDARY_NOT_FOUND", Group: defectGroup, Score: 1, Description: "A multipart's boundary never occurs"},
			{Name: "MIME_BOUNDARY_REPEATED", Group: defectGroup, Score: 2, Description: "An inner multipart uses an outer one's boundary"},
			{Name: "MIME_BOUNDARY_SUSPECT", Group: defectGroup, Score: 2, Description: "Mail programs read a boundary differently"},
			{Name: "MIME_UNCLOSED", Group: defectGroup, Score: 0.5, Description: "A multipart is not closed"},
			{Name: "MIME_EMPTY_MULTIPART", Group: defectGroup, Score: 1, Description: "A multipart has no parts"},
			{Name: "MIME_ENCODED_MULTIPART", Group: defectGroup, Score: 2, Description: "A multipart itself is encoded"},
			{Name: "MIME_DUPLICATE_FIELD", Group: defectGroup, Score: 2, Description: "A part has the same MIME field twice"},
			{Name: "MIME_DUPLICATE_PARAMETER", Group: defectGroup, Score: 2, Description: "A MIME parameter is given twice with different values"},
			{Name: "MIME_BAD_PARAMETER", Group: defectGroup, Score: 0.2, Description: "A MIME parameter is malformed"},
			{Name: "MIME_BAD_BASE64", Group: defectGroup, Score: 1, Description: "Base64 with foreign characters or data behind its end"},
			{Name: "MIME_TRUNCATED_BASE64", Group: defectGroup, Score: 0.5, Description: "Base64 that ends amid a group"},
			{Name: "MIME_BAD_QP", Group: defectGroup, Score: 0.2, Description: "Malformed quoted-printable"},
			{Name: "MIME_UNKNOWN_ENCODING", Group: defectGroup, Score: 2, Description: "An unknown content transfer encoding"},
			{Name: "MIME_UNKNOWN_CHARSET", Group: defectGroup, Score: 0.5, Description: "An unknown charset"},
			{Name: "MIME_WRONG_CHARSET", Group: defectGroup, Score: 0.2, Description: "A text that is not in its declared charset"},
			{Name: "MIME_TYPE_MISMATCH", Group: defectGroup, Score: 0.5, Description: "A part is not of its declared type"},
			{Name: "MIME_UUENCODED", Group: defectGroup, Description: "A file is uuencoded within a text"},
			{Name: "MIME_BAD_UUENCODE", Group: defectGroup, Score: 0.5, Description: "Malformed uuencode"},
			{Name: "MIME_NUL_BYTE", Group: defectGroup, Score: 2, Description: "NUL bytes in header or text"},
			{Name: "MIME_BARE_CR", Group: defectGroup, Score: 1, Description: "A CR stands without LF"},
			{Name: "MIME_LONG_LINE", Group: defectGroup, Description: "A line is longer than 998 bytes"},
			{Name: "MIME_TRUNCATED", Group: defectGroup, Score: 0.5, Description: "The message ends inside a header or a part"},
			{Name: "MIME_BOUNDS_EXCEEDED", Group: defectGroup, Score: 3, Description: "More parts, depth, fields or bytes than are examined"},
		},
	}, mimeDefects)
}

const defectGroup = "mime_defects"

// defectSymbols gives the symbol by the kind of defect. Kinds that are
// missing are of the header alone, or are told by another check.
var defectSymbols = map[message.DefectKind]string{
	message.JunkHeaderLine:     "MIME_JUNK_LINE",
	message.SpaceBeforeColon:   "MIME_ODD_FIELD",
	message.BadFold:            "MIME_ODD_FIELD",
	message.NoBlankLine:        "HEADER_NO_BLANK_LINE",
	message.MissingBoundary:    "MIME_BOUNDARY_MISSING",
	message.EmptyBoundary:      "MIME_BOUNDARY_EMPTY",
	message.BoundaryNotFound:   "MIME_BOUNDARY_NOT_FOUND",
	message.RepeatedBoundary:   "MIME_BOUNDARY_REPEATED",
	message.SuspectBoundary:    "MIME_BOUNDARY_SUSPECT",
	message.UnclosedMultipart:  "MIME_UNCLOSED",
	message.EmptyMultipart:     "MIME_EMPTY_MULTIPART",
	message.EncodedMultipart:   "MIME_ENCODED_MULTIPART",
	message.DuplicateMIMEField: "MIME_DUPLICATE_FIELD",
	message.DuplicateParameter: "MIME_DUPLICATE_PARAMETER",
	message.BadParameter:       "MIME_BAD_PARAMETER",
	message.BadBase64:          "MIME_BAD_BASE64",
	message.TruncatedBase64:    "MIME_TRUNCATED_BASE64",
	message.BadQuotedPrintable: "MIME_BAD_QP",
	message.UnknownEncoding:    "MIME_UNKNOWN_ENCODING",
	message.UnknownCharset:     "MIME_UNKNOWN_CHARSET",
	message.WrongCharset:       "MIME_WRONG_CHARSET",
	message.TypeMismatch:       "MIME_TYPE_MISMATCH",
	message.UUEncoded:          "MIME_UUENCODED",
	message.BadUUEncode:        "MIME_BAD_UUENCODE",
	message.NulByte:            "MIME_NUL_BYTE",
	message.BareCR:             "MIME_BARE_CR",
	message.LongLine:           "MIME_LONG_LINE",
	message.Truncated:          "MIME_TRUNCATED",
	message.TooManyFields:      "MIME_BOUNDS_EXCEEDED",
	message.HeaderTooLong:      "MIME_BOUNDS_EXCEEDED",
	message.TooManyParts:       "MIME_BOUNDS_EXCEEDED",
	message.TooDeep:            "MIME_BOUNDS_EXCEEDED",
	message.TooMuchDecoded:     "MIME_BOUNDS_EXCEEDED",
	message.TooManyLinks:       "MIME_BOUNDS_EXCEEDED",
	message.TextTooLong:        "MIME_BOUNDS_EXCEEDED",
}

// defectEvidence bounds the places told for one kind of defect: the first
// tells enough.
const defectEvidence = 3

func mimeDefects(_ context.Context, tx *check.Transaction, out *check.Report) error {
	defects := tx.Message.Defects()
	if len(defects) == 0 {
		return nil
	}
	var seen [256]uint8
	end := headerEnd(tx.Message.Header())
	for i := range defects {
		d := &defects[i]
		symbol := defectSymbols[d.Kind]
		if symbol == "" || seen[d.Kind] >= defectEvidence || d.Offset <= end && headerDefects[d.Kind] != "" {
			continue
		}
		if tx.Session.Truncated && oursToBreak[d.Kind] {
			continue
		}
		seen[d.Kind]++
		out.Add(symbol, d.String())
	}
	return nil
}
