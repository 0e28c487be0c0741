package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Recipients looks at the To and Cc fields: how many addresses they name, how
// these are written, and whether a list of victims can be seen in them.
func Recipients() check.Check {
	return check.New(check.Info{
		Name:  "recipients",
		Stage: check.Header,
		Symbols: []verdict.Symbol{
			headerSymbol("RCPT_COUNT_ZERO", 0, "To and Cc name nobody"),
			headerSymbol("RCPT_COUNT_ONE", 0, "To and Cc name one address"),
			headerSymbol("RCPT_COUNT_TWO", 0, "To and Cc name two addresses"),
			headerSymbol("RCPT_COUNT_THREE", 0, "To and Cc name three or four addresses"),
			headerSymbol("RCPT_COUNT_FIVE", 0, "To and Cc name five or six addresses"),
			headerSymbol("RCPT_COUNT_SEVEN", 0, "To and Cc name seven to eleven addresses"),
			headerSymbol("RCPT_COUNT_TWELVE", 0, "To and Cc name twelve to fifty addresses"),
			headerSymbol("RCPT_COUNT_GT_50", 0, "To and Cc name more than fifty addresses"),
			headerSymbol("TO_DN_ALL", 0, "All recipients have display names"),
			headerSymbol("TO_DN_SOME", 0, "Some recipients have display names"),
			headerSymbol("TO_DN_NONE", 0, "No recipient has a display name"),
			headerSymbol("TO_DN_EQ_ADDR_ALL", 0, "All recipients' display names repeat their addresses"),
			headerSymbol("TO_DN_EQ_ADDR_SOME", 0, "Some recipients' display names repeat their addresses"),
			headerSymbol("TO_DN_RECIPIENTS", 2, "A recipient's display name is \"Recipients\""),
			headerSymbol("TO_DOM_EQ_FROM_DOM", 0, "A recipient is in the From domain"),
			headerSymbol("TO_EQ_FROM", 0, "The From address is among the recipients"),
			headerSymbol("TO_WRAPPED_IN_SPACES", 2, "A To address has blanks within its angle brackets"),
			headerSymbol("R_UNDISC_RCPT", 3, "The To field names nobody, or undisclosed recipients"),
			// rspamd: 3.5. Tools that find a patch's reviewers sort as well.
			headerSymbol("SORTED_RECIPS", 2, "The list of recipients is sorted"),
			headerSymbol("SUSPICIOUS_RECIPS", 1.5, "The recipients' addresses resemble one another as in a list that a program made"),
			headerSymbol("INFO_TO_INFO_LU", 2, "An info address writes to an info address and offers to unsubscribe"),
		},
	}, recipients)
}

func recipients(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	to, cc := m.To(), m.Cc()
	boxes := to
	if len(cc) > 0 {
		boxes = append(append(make([]message.Mailbox, 0, len(to)+len(cc)), to...), cc...)
	}
	out.Add(countSymbol(len(boxes)))
	reportRecipientNames(boxes, out)
	reportSelf(m, boxes, out)
	reportToForm(m, to, cc, out)
	reportVictimList(boxes, out)
	return nil
}

// countSymbol gives the symbol for a number of recipients.
func countSymbol(n int) string {
	switch {
	case n == 0:
		return "RCPT_COUNT_ZERO"
	case n == 1:
		return "RCPT_COUNT_ONE"
	case n == 2:
		return "RCPT_COUNT_TWO"
	case n < 5:
		return "RCPT_COUNT_THREE"
	case n < 7:
		return "RCPT_COUNT_FIVE"
	case n < 12:
		return "RCPT_COUNT_SEVEN"
	case n <= 50:
		return "RCPT_COUNT_TWELVE"
	}
	return "RCPT_COUNT_GT_50"
}

// reportRecipientNames reports which recipients have display names.
func reportRecipientNames(boxes []message.Mailbox, out *check.Report) {
	if len(boxes) == 0 {
		return
	}
	named, repeating := 0, 0
	for i := range boxes {
		b := &boxes[i]
		if b.Name == "" {
			continue
		}
		named++
		if strings.EqualFold(strings.Trim(b.Name, `"'<>`), b.Address.String()) {
			repeating++
		}
		if strings.EqualFold(b.Name, "recipients") {
			out.Add("TO_DN_RECIPIENTS", b.Raw)
		}
	}
	out.Add(allSomeNone(named, len(boxes), "TO_DN_ALL", "TO_DN_SOME", "TO_DN_NONE"))
	if repeating > 0 {
		out.Add(allSomeNone(repeating, len(boxes), "TO_DN_EQ_ADDR_ALL", "TO_DN_EQ_ADDR_SOME", ""))
	}
}

func allSomeNone(n, total int, all, some, none string) string {
	switch n {
	case 0:
		return none
	case total:
		return all
	}
	return some
}

// reportSelf compares the recipients with the author.
func reportSelf(m *message.Message, boxes []message.Mailbox, out *check.Report) {
	from := author(m)
	if from == nil || from.Address.Domain == "" {
		return
	}
	if anyDomain(boxes, from.Address.Domain) {
		out.Add("TO_DOM_EQ_FROM_DOM", from.Address.Domain)
	}
	if anyAddress(boxes, from.Address) {
		out.Add("TO_EQ_FROM", from.Address.String())
	}
	if to := firstOf(boxes); to != nil && strings.EqualFold(from.Address.Local, "info") &&
		strings.EqualFold(to.Address.Local, "info") && m.Header().Has("List-Unsubscribe") {
		out.Add("INFO_TO_INFO_LU", from.Address.String(), to.Address.String())
	}
}

// reportToForm reports To fields that hide the recipients or have blanks
// where no mail program sets them.
func reportToForm(m *message.Message, to, cc []message.Mailbox, out *check.Report) {
	f := m.Header().First("To")
	if f == nil {
		return
	}
	value := f.Value()
	if i := strings.IndexByte(value, '<'); i >= 0 && i+1 < len(value) && value[i+1] == ' ' &&
		strings.Contains(value[i:], " >") {
		out.Add("TO_WRAPPED_IN_SPACES", value)
	}
	if len(cc) == 0 && (len(to) == 0 || containsFold(value, "undisclosed") && containsFold(value, "recipient")) {
		out.Add("R_UNDISC_RCPT", "To: "+value)
	}
}

// minVictims is the least number of recipients among which a list of victims
// is looked for; among fewer, order and likeness come about by chance.
const minVictims = 7

// reportVictimList reports recipients that are sorted by address, or most of
// whom begin with the same letters as their neighbour.
func reportVictimList(boxes []message.Mailbox, out *check.Report) {
	if len(boxes) < minVictims {
		return
	}
	sorted, alike, different := true, 0, false
	for i := 1; i < len(boxes); i++ {
		a, b := strings.ToLower(boxes[i-1].Address.String()), strings.ToLower(boxes[i].Address.String())
		sorted = sorted && a <= b
		different = different || a != b
		if len(a) > 3 && len(b) > 3 && a[:3] == b[:3] {
			alike++
		}
	}
	evidence := boxes[0].Address.String() + " … " + boxes[len(boxes)-1].Address.String()
	if sorted && different {
		out.Add("SORTED_RECIPS", evidence)
	}
	if different && alike*100 >= (len(boxes)-1)*65 {
		out.Add("SUSPICIOUS_RECIPS", evidence)
	}
}
