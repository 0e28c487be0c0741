package content

import (
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
)

// headerChecks are the checks on the header and on phrases of the text.
func headerChecks() []check.Check {
	return []check.Check{
		MissingFields(), RepeatedFields(), BrokenHeader(), HeaderForm(), HeaderEncoding(), Date(), MessageID(),
		From(), FromName(), ReplyTo(), Recipients(), Freemail(), Subject(), DeceptiveText(), MailingList(),
		Forwarding(), Bounce(), ReadReceipt(), Marks(), ScriptOrigin(), FraudText(), MixedAlphabets(),
	}
}

func TestHeaderChecksOnCorpora(t *testing.T) {
	checktest.Measure(t, headerChecks(), "spamassassin", "lists-modern", "phishing-pot", "csdmc2010")
}

// BenchmarkHeaderChecks measures all checks on one parsed mail, and apart
// from them what they make the message parse.
func BenchmarkHeaderChecks(b *testing.B) {
	checks, raw := headerChecks(), []byte(mailWith("Reply-To: x@example.org", "List-Unsubscribe: <mailto:x@example.org>"))
	s := checktest.Session()
	b.Run("parsed", func(b *testing.B) {
		tx := &check.Transaction{Session: s, Now: checktest.Now, Message: message.Parse(raw, message.DefaultLimits())}
		runChecks(b, checks, func() *check.Transaction { return tx })
	})
	b.Run("parsing", func(b *testing.B) {
		runChecks(b, checks, func() *check.Transaction {
			return &check.Transaction{Session: s, Now: checktest.Now, Message: message.Parse(raw, message.DefaultLimits())}
		})
	})
}

func runChecks(b *testing.B, checks []check.Check, next func() *check.Transaction) {
	b.ReportAllocs()
	var r check.Report
	for b.Loop() {
		tx := next()
		for _, c := range checks {
			r.Reset()
			if err := c.Run(b.Context(), tx, &r); err != nil {
				b.Fatal(err)
			}
		}
	}
}
