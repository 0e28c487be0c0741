package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// Marks reports fields that inform about the message without being good or
// bad in themselves: priority, organization, origin.
func Marks() check.Check {
	return check.New(check.Info{
		Name:  "marks",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("HAS_X_PRIO_ZERO", 0, "X-Priority is 0, which does not exist"),
			headerSymbol("HAS_X_PRIO_ONE", 0, "X-Priority is 1, the highest"),
			headerSymbol("HAS_X_PRIO_TWO", 0, "X-Priority is 2, high"),
			headerSymbol("HAS_X_PRIO_THREE", 0, "X-Priority is 3 or 4, normal or low"),
			headerSymbol("HAS_X_PRIO_FIVE", 0, "X-Priority is 5 or more, the lowest"),
			headerSymbol("HAS_ORG_HEADER", 0, "There is an Organization field"),
			headerSymbol("HAS_XOIP", 0, "There is an X-Originating-IP field"),
			headerSymbol("HAS_CD_HEADER", 0, "There is a Content-Description field"),
			headerSymbol("AUTO_SUBMITTED", 0, "A program sent the message by itself (RFC 3834)"),
		},
	}, marks)
}

func marks(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	if f := h.First("X-Priority"); f != nil {
		if symbol := prioritySymbol(f.Value()); symbol != "" {
			out.Add(symbol, f.Value())
		}
	}
	for _, name := range [...]string{"Organization", "Organisation"} {
		if f := h.First(name); f != nil {
			out.Add("HAS_ORG_HEADER", f.Text())
		}
	}
	if f := h.First("X-Originating-IP"); f != nil {
		out.Add("HAS_XOIP", f.Value())
	}
	if f := h.First("Content-Description"); f != nil {
		out.Add("HAS_CD_HEADER", f.Text())
	}
	if f := h.First("Auto-Submitted"); f != nil && !strings.EqualFold(f.Value(), "no") {
		out.Add("AUTO_SUBMITTED", f.Value())
	}
	return nil
}

// prioritySymbol gives the symbol for a value such as "1 (Highest)"; "" for
// what is no number.
func prioritySymbol(value string) string {
	if value == "" || !isDigit(value[0]) {
		return ""
	}
	if len(value) > 1 && isDigit(value[1]) {
		return "HAS_X_PRIO_FIVE"
	}
	switch value[0] {
	case '0':
		return "HAS_X_PRIO_ZERO"
	case '1':
		return "HAS_X_PRIO_ONE"
	case '2':
		return "HAS_X_PRIO_TWO"
	case '3', '4':
		return "HAS_X_PRIO_THREE"
	}
	return "HAS_X_PRIO_FIVE"
}
