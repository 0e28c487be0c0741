package content

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// RepeatedFields looks for fields that may stand only once (RFC 5322 section
// 3.6) and stand again: mail programs disagree about which one they show, and
// filters about which one they examine.
func RepeatedFields() check.Check {
	return check.New(check.Info{
		Name:  "repeated_fields",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			// rspamd: 7. Capped: no single heuristic reaches the junk threshold of 6.
			headerSymbol("MULTIPLE_UNIQUE_HEADERS", 4.5, "A field that may stand only once stands again"),
			// rspamd: 8. Capped as above.
			headerSymbol("MULTIPLE_FROM", 5, "The From fields hold several addresses and no Sender says whose mail it is"),
			headerSymbol("REPEATED_SUBJECT", 1, "There are several Subject fields with different texts"),
			headerSymbol("REPEATED_FROM", 1, "There are several From fields with different contents"),
		},
	}, repeatedFields)
}

// uniqueFields are the fields that may stand only once, with how much a
// second one speaks for spam: sloppy but honest programs repeat some of them.
var uniqueFields = [...]struct {
	name   string
	weight float64
}{
	{"From", 1}, {"Subject", 0.7}, {"Message-ID", 0.7}, {"Reply-To", 0.7}, {"Sender", 0.7},
	{"In-Reply-To", 0.5}, {"References", 0.3}, {"To", 0.3}, {"Cc", 0.2}, {"Date", 0.2}, {"Bcc", 0.2},
	{"MIME-Version", 0.2}, {"Content-Type", 0.5}, {"Content-Transfer-Encoding", 0.3},
}

func repeatedFields(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	for _, u := range uniqueFields {
		if n := h.Count(u.name); n > 1 {
			weight := u.weight
			if allSame(h.All(u.name)) {
				weight /= 2
			}
			out.AddWeighted("MULTIPLE_UNIQUE_HEADERS", weight, u.name+" stands "+strconv.Itoa(n)+" times")
		}
	}
	reportDifferent(h, "Subject", "REPEATED_SUBJECT", out)
	reportDifferent(h, "From", "REPEATED_FROM", out)
	reportSeveralAuthors(tx.Message, out)
	return nil
}

// allSame tells whether all fields have the same text.
func allSame(fields []*message.Field) bool {
	for _, f := range fields[1:] {
		if f.Value() != fields[0].Value() {
			return false
		}
	}
	return true
}

// reportDifferent reports fields of one name whose texts differ.
func reportDifferent(h *message.Header, name, symbol string, out *check.Report) {
	if h.Count(name) < 2 {
		return
	}
	fields := h.All(name)
	if allSame(fields) {
		return
	}
	for _, f := range fields {
		out.Add(symbol, fmt.Sprintf("line %d: %s", f.Line(), f.Text()))
	}
}

// reportSeveralAuthors reports more than one address in From. That is allowed
// where a Sender field names the one who sent it (RFC 5322 section 3.6.2).
func reportSeveralAuthors(m *message.Message, out *check.Report) {
	first := author(m)
	if first == nil || len(m.From()) < 2 {
		return
	}
	different := false
	var names []string
	for _, f := range m.From() {
		if f.Address.Domain != "" {
			different = different || !f.Address.Equal(first.Address)
			names = append(names, f.Address.String())
		}
	}
	if !different {
		return
	}
	weight := 1.0
	if len(m.Sender()) == 1 {
		weight = 0.2
	}
	out.AddWeighted("MULTIPLE_FROM", weight, strings.Join(names, ", "))
}
