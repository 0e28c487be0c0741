package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestMarks(t *testing.T) {
	prio := func(v string) string { return mailWith("X-Priority: " + v) }
	checktest.Run(t, Marks(), append(quietOnClean(Marks()), []checktest.Case{
		{Name: "0", Symbol: "HAS_X_PRIO_ZERO", Fires: true, Message: prio("0")},
		{Name: "highest", Symbol: "HAS_X_PRIO_ONE", Fires: true, Message: prio("1 (Highest)")},
		{Name: "10", Symbol: "HAS_X_PRIO_ONE", Message: prio("10")},
		{Name: "2", Symbol: "HAS_X_PRIO_TWO", Fires: true, Message: prio("2")},
		{Name: "4", Symbol: "HAS_X_PRIO_THREE", Fires: true, Message: prio("4")},
		{Name: "10", Symbol: "HAS_X_PRIO_FIVE", Fires: true, Message: prio("10")},
		{Name: "word", Symbol: "HAS_X_PRIO_FIVE", Message: prio("normal")},
		{Name: "British", Symbol: "HAS_ORG_HEADER", Fires: true, Message: mailWith("Organisation: Example Ltd")},
		{Name: "webmail", Symbol: "HAS_XOIP", Fires: true, Message: mailWith("X-Originating-IP: [192.0.2.9]")},
		{Name: "some", Symbol: "HAS_CD_HEADER", Fires: true, Message: mailWith("Content-Description: letter")},
		{Name: "answer", Symbol: "AUTO_SUBMITTED", Fires: true, Message: mailWith("Auto-Submitted: auto-replied")},
		{Name: "by hand", Symbol: "AUTO_SUBMITTED", Message: mailWith("Auto-Submitted: no")},
	}...))
}
