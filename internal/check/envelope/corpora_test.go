package envelope

import (
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
)

func TestEnvelopeChecksOnCorpora(t *testing.T) {
	checktest.Measure(t, []check.Check{Sender(), From(), Recipients()}, "spamassassin", "lists-modern")
}
