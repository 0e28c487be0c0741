package content

import (
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

func TestHeaderEncoding(t *testing.T) {
	cases := append(quietOnClean(HeaderEncoding()), []checktest.Case{
		{Name: "Latin-1", Symbol: "SUBJECT_NEEDS_ENCODING", Fires: true, Message: mailWith("Subject: caf\xe9")},
		{Name: "UTF-8", Symbol: "SUBJECT_NEEDS_ENCODING", Fires: true, Message: mailWith("Subject: café")},
		{Name: "UTF-8 announced", Symbol: "SUBJECT_NEEDS_ENCODING", Message: mailWith("Subject: café"),
			Session: func(s *session.Session) { s.SenderArgs = []string{"SMTPUTF8"} }},
		{Name: "control character", Symbol: "SUBJECT_NEEDS_ENCODING", Fires: true, Message: mailWith("Subject: a\x1bb")},
		{Name: "encoded", Symbol: "SUBJECT_NEEDS_ENCODING", Message: mailWith("Subject: =?utf-8?Q?caf=C3=A9?=")},
		{Name: "UTF-8", Symbol: "FROM_NEEDS_ENCODING", Fires: true, Message: mailWith("From: René <alice@example.com>")},
		{Name: "UTF-8", Symbol: "TO_NEEDS_ENCODING", Fires: true, Message: mailWith("To: René <bob@example.net>")},
		{Name: "Latin-1", Symbol: "INVALID_FROM_8BIT", Fires: true, Message: mailWith("From: Ren\xe9 <alice@example.com>")},
		{Name: "UTF-8", Symbol: "INVALID_FROM_8BIT", Message: mailWith("From: René <alice@example.com>")},
		{Name: "Latin-1 in Cc", Symbol: "INVALID_RCPT_8BIT", Fires: true, Message: mailWith("Cc: Ren\xe9 <carol@example.net>")},
		{Name: "iso-2022-jp decodes to Japanese", Symbol: "SUBJ_EXCESS_BASE64",
			Message: mailWith("Subject: =?iso-2022-jp?B?GyRCJCIbKEI=?=")},
		{Name: "one word needs it", Symbol: "SUBJ_EXCESS_QP", Message: mailWith("Subject: =?utf-8?Q?plain?= =?utf-8?Q?=C3=A9?=")},
	}...)
	for _, f := range encodedFields {
		tail := ""
		if f.name != "Subject" {
			tail = " <someone@example.com>"
		}
		cases = append(cases,
			checktest.Case{Name: "needless", Symbol: f.stem + "_EXCESS_QP", Fires: true,
				Message: mailWith(f.name + ": =?utf-8?Q?plain?=" + tail), Evidence: "=?utf-8?Q?plain?="},
			checktest.Case{Name: "needless", Symbol: f.stem + "_EXCESS_BASE64", Fires: true,
				Message: mailWith(f.name + ": =?utf-8?B?cGxhaW4=?=" + tail)})
	}
	checktest.Run(t, HeaderEncoding(), cases)
}
