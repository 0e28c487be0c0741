package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestHeaderForm(t *testing.T) {
	cases := append(quietOnClean(HeaderForm()), []checktest.Case{
		{Name: "small m", Symbol: "XM_CASE", Fires: true, Message: mailWith("X-mailer: Mail 1.0")},
		{Name: "usual", Symbol: "XM_CASE", Message: mailWith("X-Mailer: Mail 1.0")},
		{Name: "small v", Symbol: "MV_CASE", Fires: true, Message: mailWith("-MIME-Version", "Mime-version: 1.0")},
		{Name: "Apple Mail", Symbol: "MV_CASE", Message: mailWith("-MIME-Version", "Mime-Version: 1.0")},
		{Name: "fold at once", Symbol: "HEADER_TO_EMPTY_DELIMITER", Message: mailWith("To:\n bob@example.net")},
		{Name: "tab", Symbol: "HEADER_FROM_EMPTY_DELIMITER", Message: mailWith("From:\talice@example.com")},
	}...)
	for _, d := range delimitedFields {
		cases = append(cases, checktest.Case{Name: "none", Symbol: d.symbol, Fires: true, Message: mailWith(d.name + ":alice@example.com")})
	}
	checktest.Run(t, HeaderForm(), cases)
}
