package content

import (
	"encoding/base64"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/session"
)

// mimeMail makes a mail with a MIME header and body of its own.
func mimeMail(mime, body string) string {
	return `Received: from mail.example.com (mail.example.com [192.0.2.1])
	by mx.example.net (Postfix) with ESMTPS id 4A1B2C3D4E
	for <bob@example.net>; Mon,  2 Mar 2026 11:59:58 +0000 (UTC)
Date: Mon, 2 Mar 2026 11:59:30 +0000
From: Alice Example <alice@example.com>
To: Bob Example <bob@example.net>
Subject: Minutes
Message-ID: <20260302115930.4711@mail.example.com>
MIME-Version: 1.0
` + mime + "\n" + body
}

// textMail makes a mail of one plain text.
func textMail(text string) string {
	return mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", text)
}

// htmlMail makes a mail of one HTML text.
func htmlMail(html string) string {
	return mimeMail("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", html)
}

// headerMail adds header fields, each with its line end, to the clean mail.
func headerMail(fields string) string { return fields + checktest.Clean }

func TestGTUBE(t *testing.T) {
	line := func(first string) string { return "Hello,\n\n" + first + gtubeTail + "\n" }
	wrapped := base64.StdEncoding.EncodeToString([]byte(line("X")))
	checktest.Run(t, GTUBE(), []checktest.Case{
		{Name: "plain", Symbol: "GTUBE", Fires: true, Message: textMail(line("X"))},
		{Name: "logged in", Symbol: "GTUBE", Fires: true, Message: textMail(line("X")), Session: func(s *session.Session) { s.User = "bob" }},
		{Name: "base64", Symbol: "GTUBE", Fires: true, Message: mimeMail("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n", wrapped+"\n")},
		{Name: "quoted-printable", Symbol: "GTUBE", Fires: true,
			Message: mimeMail("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n", "X"+gtubeTail[:30]+"=\n"+gtubeTail[30:]+"\n")},
		{Name: "HTML", Symbol: "GTUBE", Fires: true, Message: htmlMail("<p>X" + gtubeTail[:10] + "<b>" + gtubeTail[10:] + "</b></p>")},
		{Name: "spelt otherwise", Symbol: "GTUBE", Message: textMail(line("x"))},
		{Name: "other variant", Symbol: "GTUBE", Message: textMail(line("Y"))},
		{Name: "clean", Symbol: "GTUBE"},
		{Name: "plain", Symbol: "GTUBE_ADD_HEADER", Fires: true, Message: textMail(line("Y"))},
		{Name: "other variant", Symbol: "GTUBE_ADD_HEADER", Message: textMail(line("X"))},
		{Name: "plain", Symbol: "GTUBE_REWRITE_SUBJECT", Fires: true, Message: textMail(line("Z"))},
		{Name: "other variant", Symbol: "GTUBE_REWRITE_SUBJECT", Message: textMail(line("X"))},
		{Name: "plain", Symbol: "GTUBE_NO_ACTION", Fires: true, Message: textMail(line("A"))},
		{Name: "second line", Symbol: "GTUBE_NO_ACTION", Fires: true, Message: textMail(line("X") + line("A"))},
		{Name: "other variant", Symbol: "GTUBE_NO_ACTION", Message: textMail(line("X"))},
		{Name: "nothing before", Symbol: "GTUBE_NO_ACTION", Message: textMail(gtubeTail)},
	})
}
