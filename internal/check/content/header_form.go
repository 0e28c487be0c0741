package content

import (
	"context"

	"postern/internal/check"
	"postern/internal/verdict"
)

// HeaderForm looks at how field names and values are set, where mail programs
// differ from self-made ones.
func HeaderForm() check.Check {
	symbols := []verdict.Symbol{
		headerSymbol("XM_CASE", 0.5, "X-Mailer is spelt X-mailer"),
		headerSymbol("MV_CASE", 0.5, "MIME-Version is spelt as no usual mail program does"),
	}
	for _, f := range delimitedFields {
		symbols = append(symbols, headerSymbol(f.symbol, 1, "No blank stands between "+f.name+": and what follows"))
	}
	return check.New(check.Info{Name: "header_form", Stage: check.Header, Symbols: symbols}, headerForm)
}

// delimitedFields are the fields after whose colon mail programs set a blank.
var delimitedFields = [...]struct{ name, symbol string }{
	{"From", "HEADER_FROM_EMPTY_DELIMITER"},
	{"To", "HEADER_TO_EMPTY_DELIMITER"},
	{"Cc", "HEADER_CC_EMPTY_DELIMITER"},
	{"Date", "HEADER_DATE_EMPTY_DELIMITER"},
	{"Reply-To", "HEADER_REPLYTO_EMPTY_DELIMITER"},
}

func headerForm(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	for _, d := range delimitedFields {
		f := h.First(d.name)
		if f == nil {
			continue
		}
		if v := f.RawValue(); len(v) > 0 && v[0] != ' ' && v[0] != '\t' && v[0] != '\r' && v[0] != '\n' {
			out.Add(d.symbol, f.Value())
		}
	}
	if f := h.First("X-Mailer"); f != nil && f.Name() == "X-mailer" {
		out.Add("XM_CASE", f.Name())
	}
	if f := h.First("MIME-Version"); f != nil {
		switch name := f.Name(); name {
		case "MIME-Version", "Mime-Version", "MIME-version":
			// Mail programs that people use write these.
		default:
			out.Add("MV_CASE", name)
		}
	}
	return nil
}
