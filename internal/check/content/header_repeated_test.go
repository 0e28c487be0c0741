package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestRepeatedFields(t *testing.T) {
	checktest.Run(t, RepeatedFields(), append(quietOnClean(RepeatedFields()), []checktest.Case{
		{Name: "two Subjects", Symbol: "MULTIPLE_UNIQUE_HEADERS", Fires: true,
			Message: mailWith("+Subject: other"), Evidence: "Subject stands 2 times"},
		{Name: "many Received", Symbol: "MULTIPLE_UNIQUE_HEADERS", Message: mailWith("+Received: from a by b")},
		{Name: "two From fields", Symbol: "MULTIPLE_FROM", Fires: true,
			Message: mailWith("+From: eve@example.org"), Evidence: "alice@example.com, eve@example.org"},
		{Name: "two addresses", Symbol: "MULTIPLE_FROM", Fires: true,
			Message: mailWith("From: alice@example.com, eve@example.org")},
		{Name: "one address twice", Symbol: "MULTIPLE_FROM", Message: mailWith("From: a@example.com, A <a@example.com>")},
		{Name: "comma without quotes", Symbol: "MULTIPLE_FROM", Message: mailWith("From: Example, Alice <alice@example.com>")},
		{Name: "different Subjects", Symbol: "REPEATED_SUBJECT", Fires: true,
			Message: mailWith("+Subject: other"), Evidence: "other"},
		{Name: "same Subject again", Symbol: "REPEATED_SUBJECT", Message: mailWith("+Subject: Minutes of the meeting")},
		{Name: "different Froms", Symbol: "REPEATED_FROM", Fires: true, Message: mailWith("+From: eve@example.org")},
		{Name: "same From again", Symbol: "REPEATED_FROM", Message: mailWith("+From: Alice Example <alice@example.com>")},
	}...))
}

// TestRepeatedWeights shows that a repetition without a difference weighs
// half, and that Sender excuses several authors.
func TestRepeatedWeights(t *testing.T) {
	for _, tc := range []struct {
		name, symbol, message string
		want                  float64
	}{
		{"different From", "MULTIPLE_UNIQUE_HEADERS", mailWith("+From: eve@example.org"), 1},
		{"same From", "MULTIPLE_UNIQUE_HEADERS", mailWith("+From: Alice Example <alice@example.com>"), 0.5},
		{"authors with a Sender", "MULTIPLE_FROM", mailWith("From: a@example.com, b@example.com", "Sender: a@example.com"), 0.2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := weightOf(t, RepeatedFields(), tc.message, tc.symbol); got != tc.want {
				t.Errorf("weight %v, want %v", got, tc.want)
			}
		})
	}
}
