package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

// withID replaces the Message-ID of the clean mail and adds fields.
func withID(id, fields string) string {
	return fields + strings.Replace(checktest.Clean, "<20260302115930.4711@mail.example.com>", "<"+id+">", 1)
}

func TestMailers(t *testing.T) {
	mailer := func(name string) string { return headerMail("X-Mailer: " + name + "\n") }
	http := func(host, name string) string {
		return headerMail("Received: by " + host + " with HTTP; Mon, 2 Mar 2026 11:59:31 +0000\nX-Mailer: " + name + "\n")
	}
	checktest.Run(t, Mailers(), []checktest.Case{
		{Name: "neither", Symbol: "MISSING_XM_UA", Fires: true},
		{Name: "agent", Symbol: "MISSING_XM_UA", Message: headerMail("User-Agent: Mutt/2.2.13\n")},
		{Name: "Mac", Symbol: "APPLE_MAILER", Fires: true, Message: mailer("Apple Mail (2.3774.600.62)")},
		{Name: "other", Symbol: "APPLE_MAILER", Message: mailer("Pineapple Mail (1)")},
		{Name: "iPhone", Symbol: "APPLE_IOS_MAILER", Fires: true, Message: mailer("iPhone Mail (21G93)")},
		{Name: "beta", Symbol: "APPLE_IOS_MAILER", Fires: true, Message: mailer("iPad Mail (18G5023c)")},
		{Name: "no build", Symbol: "APPLE_IOS_MAILER", Message: mailer("iPhone Mail (x)")},
		{Name: "Mail.Ru", Symbol: "MAIL_RU_MAILER", Fires: true, Message: http("e.mail.ru", "Mail.Ru Mailer 1.0")},
		{Name: "from elsewhere", Symbol: "MAIL_RU_MAILER", Message: mailer("Mail.Ru Mailer 1.0")},
		{Name: "Yandex", Symbol: "YANDEX_RU_MAILER", Fires: true, Message: http("web12j.yandex.ru", "Yamail [ http://yandex.ru ] 5.0")},
		{Name: "from elsewhere", Symbol: "YANDEX_RU_MAILER", Message: mailer("Yamail [ http://yandex.ru ] 5.0")},
		{Name: "1C", Symbol: "MAILER_1C_8", Fires: true, Message: mailer("1C:Enterprise 8.3")},
		{Name: "other", Symbol: "MAILER_1C_8", Message: mailer("1C:Enterprise 7.7")},
		{Name: "Outlook Express", Symbol: "OLD_X_MAILER", Fires: true, Message: mailer("Microsoft Outlook Express 6.00.2900.5512")},
		{Name: "in its time", Symbol: "OLD_X_MAILER", Message: strings.Replace(mailer("Microsoft Outlook Express 6.00.2900.5512"), "Date: Mon, 2 Mar 2026", "Date: Sun, 2 Mar 2003", 1)},
		{Name: "of today", Symbol: "OLD_X_MAILER", Message: mailer("Microsoft Outlook 16.0")},
		{Name: "Thunderbird", Symbol: "FORGED_X_MAILER", Fires: true, Message: mailer("Mozilla Thunderbird 1.0.2 (Windows/20050317)")},
		{Name: "its own name", Symbol: "FORGED_X_MAILER", Fires: true, Message: mailer("X-Mailer: The Program")},
		{Name: "no iPhone", Symbol: "FORGED_X_MAILER", Fires: true, Message: mailer("iPhone Mail (unknown)")},
		{Name: "iPhone", Symbol: "FORGED_X_MAILER", Message: mailer("iPhone Mail (21G93)")},
	})
}

func TestMailerOutlook(t *testing.T) {
	const own, foreign = "000001c3a1b2$c3d4e5f6$0100a8c0@pc", "4711.0815@mail.example.com"
	express := "X-Mailer: Microsoft Outlook Express 6.00.2900.5512\n"
	modern := "X-Mailer: Microsoft Outlook 16.0\n"
	html := modern + htmlMail("<b>Buy</b>")
	proper := modern + htmlMail("<html><head><meta name=a></head><body><b>Hello</b></body></html>")
	ims := "X-Mailer: Internet Mail Service (5.5.2653.19)\n"
	checktest.Run(t, MailerOutlook(), []checktest.Case{
		{Name: "foreign id", Symbol: "FORGED_MUA_OUTLOOK", Fires: true, Message: withID(foreign, express)},
		{Name: "own id", Symbol: "FORGED_MUA_OUTLOOK", Message: withID(own, express)},
		{Name: "id of letters", Symbol: "FORGED_MUA_OUTLOOK", Message: withID("EAEMILNLIEBAKPJKFCKJGEJPCDAA.alice@example.com", "X-Mailer: Microsoft Outlook IMO, Build 9.0.2416 (9.0.2910.0)\n")},
		{Name: "of a list", Symbol: "FORGED_MUA_OUTLOOK", Message: withID(foreign, express+"List-Unsubscribe: <mailto:leave@example.com>\n")},
		{Name: "newer program", Symbol: "FORGED_MUA_OUTLOOK", Message: withID(foreign, modern)},
		{Name: "html alone", Symbol: "FORGED_OUTLOOK_HTML", Fires: true, Message: html},
		{Name: "of a list", Symbol: "FORGED_OUTLOOK_HTML", Message: "List-Id: <a.example.com>\n" + html},
		{Name: "both", Symbol: "FORGED_OUTLOOK_HTML", Message: modern + multipart("alternative", plainPart, htmlPart)},
		{Name: "bare tags", Symbol: "FORGED_OUTLOOK_TAGS", Fires: true, Message: html},
		{Name: "all tags", Symbol: "FORGED_OUTLOOK_TAGS", Message: proper},
		{Name: "alone", Symbol: "MISSING_MIMEOLE", Fires: true, Message: headerMail("X-MSMail-Priority: Normal\n")},
		{Name: "both fields", Symbol: "MISSING_MIMEOLE", Message: headerMail("X-MSMail-Priority: Normal\nX-MimeOLE: Produced By Microsoft MimeOLE V6.00\n")},
		{Name: "newer program", Symbol: "MISSING_MIMEOLE", Message: headerMail("X-MSMail-Priority: Normal\n" + modern)},
		{Name: "id alone", Symbol: "RATWARE_MS_HASH", Fires: true, Message: withID(own, "")},
		{Name: "with the field", Symbol: "RATWARE_MS_HASH", Message: withID(own, "X-MimeOLE: Produced By Microsoft MimeOLE V6.00\n")},
		{Name: "through Exchange", Symbol: "RATWARE_MS_HASH", Message: withID(own, "Received: from a by b with Microsoft Exchange Server; Mon, 2 Mar 2026 11:59:31 +0000\n")},
		{Name: "no way", Symbol: "FORGED_IMS", Fires: true, Message: headerMail(ims)},
		{Name: "on the way", Symbol: "FORGED_IMS", Message: headerMail(ims + "Received: by EXCH with Internet Mail Service (5.5.2653.19)\n\tid <ABC>; Mon, 2 Mar 2026 11:59:31 +0000\n")},
	})
}

func TestMailerIDs(t *testing.T) {
	agent := func(name string) string { return "User-Agent: " + name + "\n" }
	programs := map[string]string{
		"MOZILLA_MAIL": agent("Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.4) Gecko/20030624"),
		"THUNDERBIRD":  agent("Mozilla Thunderbird"),
		"SEAMONKEY":    agent("Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 SeaMonkey/2.53.18"),
		"POSTBOX":      agent("Mozilla/5.0 (Macintosh; rv:60) Gecko/20100101 PostboxApp/7.0.60"),
	}
	bat := "X-Mailer: The Bat! (v9.1) Professional\n"
	cases := []checktest.Case{
		{Name: "impossible time", Symbol: "FORGED_MUA_THEBAT_MSGID", Fires: true, Message: withID("1234.5678@example.com", bat)},
		{Name: "own", Symbol: "FORGED_MUA_THEBAT_MSGID", Message: withID("1234567890.20260302115930@example.com", bat)},
		{Name: "another form", Symbol: "FORGED_MUA_THEBAT_MSGID_UNKNOWN", Fires: true, Message: withID("abc@example.com", bat)},
		{Name: "own", Symbol: "FORGED_MUA_THEBAT_MSGID_UNKNOWN", Message: withID("1234567890.20260302115930@example.com", bat)},
		{Name: "another form", Symbol: "FORGED_MUA_KMAIL_MSGID_UNKNOWN", Fires: true, Message: withID("abc@example.com", agent("KMail/1.9.10"))},
		{Name: "own", Symbol: "FORGED_MUA_KMAIL_MSGID_UNKNOWN", Message: withID("200903021159.30021.alice@example.com", agent("KMail/1.9.10"))},
		{Name: "another form", Symbol: "FORGED_MUA_OPERA_MSGID", Fires: true, Message: withID("abc@example.com", agent("Opera Mail/12.16 (Win32)"))},
		{Name: "own", Symbol: "FORGED_MUA_OPERA_MSGID", Message: withID("op.w0a1b2c3d4e5f6@example.com", agent("Opera Mail/12.16 (Win32)"))},
	}
	for name, fields := range programs {
		forged, unknown := "FORGED_MUA_"+name+"_MSGID", "FORGED_MUA_"+name+"_MSGID_UNKNOWN"
		cases = append(cases,
			checktest.Case{Name: "impossible number", Symbol: forged, Fires: true, Message: withID("4A1B2C3D.1234567@example.com", fields)},
			checktest.Case{Name: "old form", Symbol: forged, Message: withID("4A1B2C3D.1020304@example.com", fields)},
			checktest.Case{Name: "another form", Symbol: unknown, Fires: true, Message: withID("abc@example.com", fields)},
			checktest.Case{Name: "new form", Symbol: unknown, Message: withID("0f8fad5b-d9cb-469f-a165-70867728950e@example.com", fields)},
			checktest.Case{Name: "new form", Symbol: forged, Message: withID("0f8fad5b-d9cb-469f-a165-70867728950e@example.com", fields)},
			checktest.Case{Name: "of a list", Symbol: unknown, Message: withID("mailman.1.1.1.list@example.com", fields)},
			checktest.Case{Name: "no program named", Symbol: unknown})
	}
	checktest.Run(t, MailerIDs(), cases)
}

func TestMailerMarks(t *testing.T) {
	bat := "X-Mailer: The Bat! (v1.62r) Personal\n"
	yahoo := func(fields string) string {
		return fields + strings.Replace(checktest.Clean, "alice@example.com", "alice@yahoo.com", 1)
	}
	checktest.Run(t, MailerMarks(), []checktest.Case{
		{Name: "another's boundary", Symbol: "FORGED_MUA_THEBAT_BOUN", Fires: true, Message: bat + multipart("mixed", plainPart)},
		{Name: "own boundary", Symbol: "FORGED_MUA_THEBAT_BOUN", Message: bat + strings.ReplaceAll(strings.Replace(multipart("mixed", plainPart), "boundary=XX", `boundary="----------0A1B2C3D"`, 1), "--XX", "------------0A1B2C3D")},
		{Name: "no parts", Symbol: "FORGED_MUA_THEBAT_BOUN", Message: headerMail(bat)},
		{Name: "from elsewhere", Symbol: "FORGED_MSGID_YAHOO", Fires: true, Message: withID("1.2@yahoo.com", "")},
		{Name: "from Yahoo", Symbol: "FORGED_MSGID_YAHOO", Message: strings.Replace(withID("1.2@yahoo.com", ""), "alice@example.com", "alice@yahoo.com", 1)},
		{Name: "Yahoo's mail host", Symbol: "FORGED_MSGID_YAHOO", Message: withID("1.2@mail.yahoo.com", "")},
		{Name: "quoted", Symbol: "REPTO_QUOTE_YAHOO", Fires: true, Message: yahoo("Reply-To: \"Alice\" <a@example.com>\n")},
		{Name: "not quoted", Symbol: "REPTO_QUOTE_YAHOO", Message: yahoo("Reply-To: Alice <a@example.com>\n")},
		{Name: "fields", Symbol: "HAS_INTERSPIRE_SIG", Fires: true, Message: headerMail("X-Mailer-LID: 1\nX-Mailer-RecptId: 2\nX-Mailer-SID: 3\nX-Mailer-Sent-By: 4\n")},
		{Name: "address", Symbol: "HAS_INTERSPIRE_SIG", Fires: true, Message: headerMail("List-Unsubscribe: <http://example.com/unsubscribe.php?M=1&C=2&L=3&N=4>\n")},
		{Name: "some fields", Symbol: "HAS_INTERSPIRE_SIG", Message: headerMail("X-Mailer-LID: 1\n")},
	})
}

func TestMailerPHP(t *testing.T) {
	checktest.Run(t, MailerPHP(), []checktest.Case{
		{Name: "name", Symbol: "HAS_PHPMAILER_SIG", Fires: true, Message: headerMail("X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)\n")},
		{Name: "boundary", Symbol: "HAS_PHPMAILER_SIG", Fires: true, Message: strings.ReplaceAll(multipart("mixed", plainPart), "XX", "b1_0123456789abcdef0123456789abcdef")},
		{Name: "other", Symbol: "HAS_PHPMAILER_SIG", Message: headerMail("X-Mailer: Other\n")},
		{Name: "seven digits", Symbol: "X_PHPOS_FAKE", Fires: true, Message: headerMail("X-PHP-Originating-Script: 1234567:mail.php\n")},
		{Name: "user", Symbol: "X_PHPOS_FAKE", Message: headerMail("X-PHP-Originating-Script: 1000:mail.php\n")},
	})
}
