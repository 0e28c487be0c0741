package content

import (
	"context"

	"postern/internal/check"
	"postern/internal/verdict"
)

// MissingFields looks for header fields that every mail should have (RFC 5322
// section 3.6) and that real mail programs always write.
func MissingFields() check.Check {
	return check.New(check.Info{
		Name:  "missing_fields",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("MISSING_FROM", 2, "There is no From field"),
			// rspamd: 2. RFC 5322 demands no To; 3.9 % of old ham has none.
			headerSymbol("MISSING_TO", 1, "There is no To field"),
			headerSymbol("MISSING_SUBJECT", 2, "There is no Subject field"),
			headerSymbol("EMPTY_SUBJECT", 1, "The Subject field is empty"),
			headerSymbol("MISSING_DATE", 1, "There is no Date field"),
			headerSymbol("MISSING_MID", 2.5, "There is no Message-ID field"),
			// rspamd: 7. Capped: no single heuristic reaches the junk threshold of 6.
			groupSymbol("blankspam", "MISSING_ESSENTIAL_HEADERS", 4,
				"From, To, Subject, Date and Message-ID are all missing"),
		},
	}, missingFields)
}

// essentialFields are the fields whose absence has a symbol of its own.
var essentialFields = [...]struct{ name, symbol string }{
	{"From", "MISSING_FROM"},
	{"To", "MISSING_TO"},
	{"Subject", "MISSING_SUBJECT"},
	{"Date", "MISSING_DATE"},
	{"Message-ID", "MISSING_MID"},
}

func missingFields(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	missing := 0
	for _, f := range essentialFields {
		if !h.Has(f.name) {
			missing++
			out.Add(f.symbol)
		}
	}
	if missing == len(essentialFields) {
		out.Add("MISSING_ESSENTIAL_HEADERS")
	}
	if f := h.First("Subject"); f != nil && f.Value() == "" {
		out.Add("EMPTY_SUBJECT")
	}
	return nil
}
