package content

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

// part is a body part with its header lines.
type part struct{ header, body string }

// multipart makes a mail of these parts.
func multipart(kind string, parts ...part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--XX\n" + p.header + "\n\n" + p.body + "\n")
	}
	b.WriteString("--XX--\n")
	return mimeMail("Content-Type: multipart/"+kind+"; boundary=XX\n", b.String())
}

var (
	plainPart  = part{"Content-Type: text/plain; charset=utf-8", "Dear Bob, here are the minutes."}
	htmlPart   = part{"Content-Type: text/html; charset=utf-8", "<p>Dear Bob, here are the minutes.</p>"}
	binaryPart = part{"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64", "AAECAwQFBgc="}
)

// file is an attachment of that type and name.
func file(mediaType, name, body string) part {
	return part{fmt.Sprintf("Content-Type: %s\nContent-Disposition: attachment; filename=\"%s\"", mediaType, name), body}
}

func TestMIMEStructure(t *testing.T) {
	inline := binaryPart
	inline.header += "\nContent-ID: <a@b>"
	nested := part{"Content-Type: multipart/related; boundary=YY", "--YY\n" + htmlPart.header + "\n\n" + htmlPart.body + "\n--YY--"}
	checktest.Run(t, MIMEStructure(), []checktest.Case{
		{Name: "html", Symbol: "MIME_HTML_ONLY", Fires: true, Message: htmlMail("<p>Hello</p>")},
		{Name: "both", Symbol: "MIME_HTML_ONLY", Message: multipart("alternative", plainPart, htmlPart)},
		{Name: "plain", Symbol: "MIME_HTML_ONLY"},
		{Name: "html alone", Symbol: "MIME_MA_MISSING_TEXT", Fires: true, Message: multipart("alternative", htmlPart)},
		{Name: "both", Symbol: "MIME_MA_MISSING_TEXT", Message: multipart("alternative", plainPart, htmlPart)},
		{Name: "plain alone", Symbol: "MIME_MA_MISSING_HTML", Fires: true, Message: multipart("alternative", plainPart)},
		{Name: "html within", Symbol: "MIME_MA_MISSING_HTML", Message: multipart("alternative", plainPart, nested)},
		{Name: "calendar", Symbol: "MIME_MA_MISSING_HTML", Message: multipart("alternative", plainPart, part{"Content-Type: text/calendar", "BEGIN:VCALENDAR"})},
		{Name: "digest of HTML", Symbol: "MIME_ODD_MULTIPART", Fires: true, Message: multipart("digest", htmlPart)},
		{Name: "form data", Symbol: "MIME_ODD_MULTIPART", Fires: true, Message: multipart("form-data", plainPart)},
		{Name: "digest of messages", Symbol: "MIME_ODD_MULTIPART", Message: multipart("digest", part{"", "Subject: Hello\n\nHello"})},
		{Name: "report", Symbol: "MIME_ODD_MULTIPART", Message: multipart("report", plainPart, part{"Content-Type: message/delivery-status", "Action: failed"})},
		{Name: "one text", Symbol: "CTYPE_MIXED_BOGUS", Fires: true, Message: multipart("mixed", plainPart)},
		{Name: "with a file", Symbol: "CTYPE_MIXED_BOGUS", Message: multipart("mixed", plainPart, file("application/pdf", "a.pdf", "%PDF-1.4"))},
		{Name: "with a footer", Symbol: "CTYPE_MIXED_BOGUS", Message: multipart("mixed", htmlPart, plainPart)},
		{Name: "bare", Symbol: "CTYPE_MISSING_DISPOSITION", Fires: true, Message: multipart("mixed", plainPart, binaryPart)},
		{Name: "part of the text", Symbol: "CTYPE_MISSING_DISPOSITION", Message: multipart("related", htmlPart, inline)},
		{Name: "attachment", Symbol: "CTYPE_MISSING_DISPOSITION", Message: multipart("mixed", plainPart, file("application/octet-stream", "a.bin", "x"))},
		{Name: "encrypted", Symbol: "CTYPE_MISSING_DISPOSITION", Message: multipart("encrypted", part{"Content-Type: application/pgp-encrypted", "Version: 1"}, binaryPart)},
		{Name: "file", Symbol: "HAS_ATTACHMENT", Fires: true, Message: multipart("mixed", plainPart, file("application/pdf", "minutes.pdf", "%PDF-1.4")), Evidence: "minutes.pdf"},
		{Name: "signature", Symbol: "HAS_ATTACHMENT", Message: multipart("signed", plainPart, part{"Content-Type: application/pgp-signature; name=signature.asc", "AAAA"})},
		{Name: "text only", Symbol: "HAS_ATTACHMENT", Message: multipart("alternative", plainPart, htmlPart)},
	})
}

func TestMIMEFields(t *testing.T) {
	withoutVersion := func(fields string) string {
		return strings.Replace(mimeMail(fields, "Hello"), "MIME-Version: 1.0\n", "", 1)
	}
	checktest.Run(t, MIMEFields(), []checktest.Case{
		{Name: "html", Symbol: "MISSING_MIME_VERSION", Fires: true, Message: withoutVersion("Content-Type: text/html\n")},
		{Name: "encoding only", Symbol: "MISSING_MIME_VERSION", Fires: true, Message: withoutVersion("Content-Transfer-Encoding: 8bit\n")},
		{Name: "no MIME at all", Symbol: "MISSING_MIME_VERSION", Message: withoutVersion("")},
		{Name: "clean", Symbol: "MISSING_MIME_VERSION"},
		{Name: "html", Symbol: "MIME_HEADER_CTYPE_ONLY", Fires: true, Message: withoutVersion("Content-Type: text/html\n")},
		{Name: "plain", Symbol: "MIME_HEADER_CTYPE_ONLY", Message: withoutVersion("Content-Type: text/plain\n")},
		{Name: "with encoding", Symbol: "MIME_HEADER_CTYPE_ONLY", Message: withoutVersion("Content-Type: text/html\nContent-Transfer-Encoding: 8bit\n")},
		{Name: "no type", Symbol: "BROKEN_CONTENT_TYPE", Fires: true, Message: mimeMail("Content-Type: text\n", "Hello")},
		{Name: "clean", Symbol: "BROKEN_CONTENT_TYPE"},
		{Name: "semicolon", Symbol: "CT_EXTRA_SEMI", Fires: true, Message: mimeMail("Content-Type: text/plain; charset=utf-8;\n", "Hello")},
		{Name: "clean", Symbol: "CT_EXTRA_SEMI"},
		{Name: "7Bit", Symbol: "CTE_CASE", Fires: true, Message: mimeMail("Content-Transfer-Encoding: 7Bit\n", "Hello")},
		{Name: "7bit", Symbol: "CTE_CASE"},
		{Name: "original", Symbol: "STOX_REPLY_TYPE", Fires: true, Message: mimeMail("Content-Type: text/plain; charset=utf-8; reply-type=original\n", "Hello")},
		{Name: "clean", Symbol: "STOX_REPLY_TYPE"},
		{Name: "bulk mailer", Symbol: "CD_MM_BODY", Fires: true, Message: headerMail("Content-Description: Mail message body\n")},
		{Name: "Pegasus Mail", Symbol: "CD_MM_BODY", Message: headerMail("Content-Description: Mail message body\nX-Mailer: Pegasus Mail for Windows (4.41)\n")},
		{Name: "another", Symbol: "CD_MM_BODY", Message: headerMail("Content-Description: minutes\n")},
		{Name: "none", Symbol: "R_MISSING_CHARSET", Fires: true, Message: mimeMail("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n", "Grüße")},
		{Name: "7bit", Symbol: "R_MISSING_CHARSET", Message: mimeMail("Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n", "Hello")},
		{Name: "no body", Symbol: "R_MISSING_CHARSET", Message: mimeMail("Content-Type: text/plain\n", "\n")},
		{Name: "not declared", Symbol: "R_MISSING_CHARSET", Message: mimeMail("", "Hello")},
	})
}

func TestMIMEEncoding(t *testing.T) {
	checktest.Run(t, MIMEEncoding(), []checktest.Case{
		{Name: "base64", Symbol: "MIME_BASE64_TEXT", Fires: true, Message: mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n", "R3LDvMOfZQ==\n")},
		{Name: "clean", Symbol: "MIME_BASE64_TEXT"},
		{Name: "ASCII", Symbol: "MIME_BASE64_TEXT_BOGUS", Fires: true, Message: mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n", "SGVsbG8sIEJvYiE=\n")},
		{Name: "umlauts", Symbol: "MIME_BASE64_TEXT_BOGUS", Message: mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n", "R3LDvMOfZQ==\n")},
		{Name: "declared 7bit", Symbol: "R_BAD_CTE_7BIT", Fires: true, Message: mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n", "Grüße")},
		{Name: "declared 8bit", Symbol: "R_BAD_CTE_7BIT", Message: textMail("Grüße")},
		{Name: "clean", Symbol: "R_BAD_CTE_7BIT"},
	})
}

func TestMIMEBoundary(t *testing.T) {
	bounded := func(b string) string {
		return mimeMail("Content-Type: multipart/mixed; boundary=\""+b+"\"\n", "--"+b+"\n\nHello\n--"+b+"--\n")
	}
	var cases []checktest.Case
	for symbol, b := range map[string]string{
		"SUSPICIOUS_BOUNDARY":  "----=_NextPart_000_0012_0102FFA4.6BD8E8F0",
		"SUSPICIOUS_BOUNDARY2": "----=_NextPart_000_0012_01C6527E.6BD8E8F0",
		"SUSPICIOUS_BOUNDARY3": "-----000-0012-01C6527E-6BD8E8F0",
		"SUSPICIOUS_BOUNDARY4": "----=_NextPart_000_0012_01C4527E.6BD8E8F0",
	} {
		cases = append(cases,
			checktest.Case{Name: "frozen", Symbol: symbol, Fires: true, Message: bounded(b), Evidence: b},
			checktest.Case{Name: "of the day", Symbol: symbol, Message: bounded("----=_NextPart_000_0012_01DCA9F1.6BD8E8F0")},
			checktest.Case{Name: "another program's", Symbol: symbol, Message: bounded("------------fZ3kQ81mPx4T")},
			checktest.Case{Name: "none", Symbol: symbol})
	}
	old := strings.Replace(bounded("----=_NextPart_000_0012_01C4527E.6BD8E8F0"), "Date: Mon, 2 Mar 2026", "Date: Thu, 2 Sep 2004", 1)
	cases = append(cases, checktest.Case{Name: "in its time", Symbol: "SUSPICIOUS_BOUNDARY4", Message: old})
	checktest.Run(t, MIMEBoundary(), cases)
}

func TestMIMEDefects(t *testing.T) {
	multi := func(parameters, body string) string {
		return mimeMail("Content-Type: multipart/mixed"+parameters+"\n", body)
	}
	encoded := func(encoding, body string) string {
		return mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "+encoding+"\n", body)
	}
	deep := strings.Builder{}
	for i := range 60 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	var cases []checktest.Case
	for _, tc := range []struct{ symbol, message string }{
		{"MIME_JUNK_LINE", multipart("mixed", plainPart, part{"Content-Type: text/plain\nsome words\nX-Other: y", "x"})},
		{"HEADER_NO_BLANK_LINE", multipart("mixed", plainPart, part{"Content-Type: text/plain\nno blank line here", "x"})},
		{"MIME_ODD_FIELD", multipart("mixed", part{"Content-Type: text/plain\nContent-Transfer-Encoding : base64", "SGVsbG8="})},
		{"MIME_BOUNDARY_MISSING", multi("", "--XX\n\nHello\n--XX--\n")},
		{"MIME_BOUNDARY_EMPTY", multi(`; boundary=""`, "--\n\nHello\n----\n")},
		{"MIME_BOUNDARY_NOT_FOUND", multi("; boundary=YY", "--XX\n\nHello\n--XX--\n")},
		{"MIME_BOUNDARY_REPEATED", multi("; boundary=XX", "--XX\nContent-Type: multipart/mixed; boundary=XX\n\n--XX\n\nHello\n--XX--\n")},
		{"MIME_BOUNDARY_SUSPECT", multi("; boundary=\"XX \"", "--XX \n\nHello\n--XX --\n")},
		{"MIME_UNCLOSED", multi("; boundary=XX", "--XX\n\nHello\n")},
		{"MIME_EMPTY_MULTIPART", multi("; boundary=XX", "--XX--\n")},
		{"MIME_ENCODED_MULTIPART", multi("; boundary=XX\nContent-Transfer-Encoding: base64", "LS1YWAoKSGVsbG8KLS1YWC0tCg==\n")},
		{"MIME_DUPLICATE_FIELD", multipart("mixed", part{"Content-Type: text/plain\nContent-Type: text/html", "Hello"})},
		{"MIME_DUPLICATE_PARAMETER", multi("; boundary=XX; boundary=YY", "--XX\n\nHello\n--XX--\n")},
		{"MIME_BAD_PARAMETER", mimeMail("Content-Type: text/plain; charset=\"utf-8\n", "Hello")},
		{"MIME_BAD_BASE64", encoded("base64", "SGVs!!!!bG8=\n")},
		{"MIME_TRUNCATED_BASE64", encoded("base64", "SGVsbG8\n")},
		{"MIME_BAD_QP", encoded("quoted-printable", "a=ZZb\n")},
		{"MIME_UNKNOWN_ENCODING", encoded("rot13", "Hello")},
		{"MIME_UNKNOWN_CHARSET", mimeMail("Content-Type: text/plain; charset=no-such-charset\nContent-Transfer-Encoding: 8bit\n", "Grüße")},
		{"MIME_WRONG_CHARSET", mimeMail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", "Gr\xfc\xdfe aus der Stadt")},
		{"MIME_TYPE_MISMATCH", multipart("mixed", plainPart, file("image/png", "a.png", "%PDF-1.4\n%\xe2\xe3\n1 0 obj"))},
		{"MIME_UUENCODED", textMail("begin 644 a.txt\n#0V%T\n`\nend\n")},
		{"MIME_BAD_UUENCODE", textMail("begin 644 a.txt\n#0V%T\n")},
		{"MIME_NUL_BYTE", textMail("Hel\x00lo")},
		{"MIME_BARE_CR", textMail("Hel\rlo")},
		{"MIME_LONG_LINE", textMail(strings.Repeat("long ", 300))},
		{"MIME_TRUNCATED", "Subject: a message without an end"},
		{"MIME_BOUNDS_EXCEEDED", mimeMail(deep.String(), "")},
	} {
		cases = append(cases,
			checktest.Case{Name: "broken", Symbol: tc.symbol, Fires: true, Message: tc.message},
			checktest.Case{Name: "clean", Symbol: tc.symbol},
			checktest.Case{Name: "multipart", Symbol: tc.symbol, Message: multipart("mixed", plainPart, file("application/pdf", "a.pdf", "%PDF-1.4\n"))})
	}
	checktest.Run(t, MIMEDefects(), cases)
}

func TestMIMESecurity(t *testing.T) {
	pgp := part{"Content-Type: application/pgp-signature", "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----"}
	smime := part{"Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64", "MIIB"}
	version := part{"Content-Type: application/pgp-encrypted", "Version: 1"}
	sealed := part{"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64", "MIIB"}
	checktest.Run(t, MIMESecurity(), []checktest.Case{
		{Name: "PGP", Symbol: "SIGNED_PGP", Fires: true, Message: multipart("signed", plainPart, pgp)},
		{Name: "in a wrong place", Symbol: "SIGNED_PGP", Message: multipart("mixed", plainPart, pgp)},
		{Name: "S/MIME", Symbol: "SIGNED_SMIME", Fires: true, Message: multipart("signed", plainPart, smime)},
		{Name: "opaque", Symbol: "SIGNED_SMIME", Fires: true, Message: mimeMail("Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n", "MIIB\n")},
		{Name: "in a wrong place", Symbol: "SIGNED_SMIME", Message: multipart("mixed", plainPart, smime)},
		{Name: "PGP", Symbol: "ENCRYPTED_PGP", Fires: true, Message: multipart("encrypted", version, binaryPart)},
		{Name: "clean", Symbol: "ENCRYPTED_PGP"},
		{Name: "S/MIME", Symbol: "ENCRYPTED_SMIME", Fires: true, Message: multipart("mixed", sealed)},
		{Name: "signed", Symbol: "ENCRYPTED_SMIME", Message: multipart("signed", plainPart, smime)},
		{Name: "beside text", Symbol: "BOGUS_ENCRYPTED_AND_TEXT", Fires: true, Message: multipart("mixed", plainPart, sealed)},
		{Name: "proper", Symbol: "BOGUS_ENCRYPTED_AND_TEXT", Message: multipart("encrypted", version, binaryPart)},
	})
}
