package content

import (
	"context"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// BrokenHeader scores what the parser found broken in the message's header,
// by the kind of defect. It leaves alone what is broken further below.
func BrokenHeader() check.Check {
	return check.New(check.Info{
		Name:  "broken_header",
		Stage: check.Message,
		Symbols: []verdict.Symbol{
			// rspamd: 10. Capped: no single heuristic reaches the junk threshold of 6.
			headerSymbol("BROKEN_HEADERS", 4, "The header has lines that are neither a field nor the continuation of one"),
			headerSymbol("HEADER_NONE", 3, "The message has no header"),
			headerSymbol("HEADER_SPACE_BEFORE_COLON", 1.5, "A field has blanks between its name and the colon"),
			headerSymbol("HEADER_8BIT", 0.5, "The header has 8-bit characters that are not UTF-8"),
			headerSymbol("HEADER_BAD_ENCODED_WORD", 0.5, "An encoded word in the header cannot be decoded"),
			headerSymbol("HEADER_BAD_FOLD", 0.5, "A continuation line is blank or continues nothing"),
			headerSymbol("HEADER_NUL", 3, "The header holds a NUL character"),
			headerSymbol("HEADER_BARE_CR", 1, "A line of the header ends in CR without LF"),
			headerSymbol("HEADER_LONG_LINE", 0.5, "A line of the header is longer than the 998 characters allowed"),
			headerSymbol("HEADER_BAD_ADDRESS", 0.2, "An address field holds something that is no address"),
			headerSymbol("HEADER_TOO_LARGE", 1, "The header has more fields or bytes than are examined"),
		},
	}, brokenHeader)
}

// headerDefects names the symbol of each kind of defect in a header.
var headerDefects = map[message.DefectKind]string{
	message.JunkHeaderLine:   "BROKEN_HEADERS",
	message.EmptyHeader:      "HEADER_NONE",
	message.SpaceBeforeColon: "HEADER_SPACE_BEFORE_COLON",
	message.EightBitHeader:   "HEADER_8BIT",
	message.BadEncodedWord:   "HEADER_BAD_ENCODED_WORD",
	message.BadFold:          "HEADER_BAD_FOLD",
	message.NulByte:          "HEADER_NUL",
	message.BareCR:           "HEADER_BARE_CR",
	message.LongLine:         "HEADER_LONG_LINE",
	message.BadAddress:       "HEADER_BAD_ADDRESS",
	message.TooManyFields:    "HEADER_TOO_LARGE",
	message.HeaderTooLong:    "HEADER_TOO_LARGE",
}

func brokenHeader(_ context.Context, tx *check.Transaction, out *check.Report) error {
	defects := tx.Message.Defects()
	if len(defects) == 0 {
		return nil
	}
	end := headerEnd(tx.Message.Header())
	for i := range defects {
		d := &defects[i]
		symbol, ok := headerDefects[d.Kind]
		if !ok {
			continue
		}
		// Many kinds happen further below too and count here in the header only.
		if d.Offset <= end {
			out.Add(symbol, d.String())
		}
	}
	return nil
}

// headerEnd is the offset behind the last field of a header.
func headerEnd(h *message.Header) int {
	fields := h.Fields()
	if len(fields) == 0 {
		return 0
	}
	last := &fields[len(fields)-1]
	return last.Offset() + len(last.Raw())
}
