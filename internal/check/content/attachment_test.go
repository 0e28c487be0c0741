package content

import (
	"testing"

	"postern/internal/check/checktest"
)

// programBytes begin a Windows program.
const programBytes = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n8AAAAA4fug4AtAnNIbgBTM0hVGhpcyBwcm9ncmFtIGNhbm5vdCBiZSBydW4gaW4gRE9TIG1vZGUu"

func TestAttachmentNames(t *testing.T) {
	attached := func(mediaType, name, body string) string {
		return multipart("mixed", plainPart, file(mediaType, name, body))
	}
	program := func(name string) string {
		p := file("application/octet-stream", name, programBytes)
		p.header += "\nContent-Transfer-Encoding: base64"
		return multipart("mixed", plainPart, p)
	}
	pdf := attached("application/pdf", "minutes.pdf", "%PDF-1.4\n")
	checktest.Run(t, AttachmentNames(), []checktest.Case{
		{Name: "program", Symbol: "MIME_BAD_EXTENSION", Fires: true, Message: attached("application/octet-stream", "setup.EXE", "x"), Evidence: "setup.EXE"},
		{Name: "dot at the end", Symbol: "MIME_BAD_EXTENSION", Fires: true, Message: attached("application/octet-stream", "setup.scr. ", "x")},
		{Name: "PDF", Symbol: "MIME_BAD_EXTENSION", Message: pdf},
		{Name: "no extension", Symbol: "MIME_BAD_EXTENSION", Message: attached("application/octet-stream", "exe", "x")},
		{Name: "feigned", Symbol: "MIME_DOUBLE_BAD_EXTENSION", Fires: true, Message: attached("application/octet-stream", "invoice.pdf.exe", "x"), Evidence: ".pdf.exe"},
		{Name: "feigned with blanks", Symbol: "MIME_DOUBLE_BAD_EXTENSION", Fires: true, Message: attached("application/octet-stream", "invoice.pdf   .js", "x")},
		{Name: "version number", Symbol: "MIME_DOUBLE_BAD_EXTENSION", Message: attached("application/octet-stream", "setup-1.2.exe", "x")},
		{Name: "two harmless", Symbol: "MIME_DOUBLE_BAD_EXTENSION", Message: attached("application/octet-stream", "paper.txt.pdf", "x")},
		{Name: "right to left", Symbol: "MIME_BAD_UNICODE", Fires: true, Message: attached("application/octet-stream", "invoice\u202efdp.exe", "x"), Evidence: "U+202E"},
		{Name: "many blanks", Symbol: "MIME_BAD_UNICODE", Fires: true, Message: attached("application/octet-stream", "invoice.pdf                          .exe", "x")},
		{Name: "umlaut", Symbol: "MIME_BAD_UNICODE", Message: attached("application/pdf", "Grüße.pdf", "%PDF-1.4\n")},
		{Name: "Arabic", Symbol: "MIME_BAD_UNICODE", Message: attached("application/pdf", "\u0641\u0627\u062a\u0648\u0631\u0629.pdf", "%PDF-1.4\n")},
		{Name: "PDF as sound", Symbol: "MIME_BAD_ATTACHMENT", Fires: true, Message: attached("audio/x-wav", "minutes.pdf", "x")},
		{Name: "program as sound", Symbol: "MIME_BAD_ATTACHMENT", Fires: true, Message: attached("audio/x-wav", "readme.exe", "x")},
		{Name: "PDF", Symbol: "MIME_BAD_ATTACHMENT", Message: pdf},
		{Name: "PDF as octets", Symbol: "MIME_BAD_ATTACHMENT", Message: attached("application/octet-stream", "minutes.pdf", "%PDF-1.4\n")},
		{Name: "renamed", Symbol: "MIME_HIDDEN_PROGRAM", Fires: true, Message: program("minutes.pdf")},
		{Name: "as what it is", Symbol: "MIME_HIDDEN_PROGRAM", Message: program("setup.exe")},
		{Name: "PDF", Symbol: "MIME_HIDDEN_PROGRAM", Message: pdf},
	})
}

func TestAttachmentTypes(t *testing.T) {
	attached := func(mediaType string) string { return multipart("mixed", plainPart, file(mediaType, "a.bin", "x")) }
	checktest.Run(t, AttachmentTypes(), []checktest.Case{
		{Name: "text", Symbol: "MIME_GOOD", Fires: true},
		{Name: "document", Symbol: "MIME_GOOD", Fires: true, Message: attached("application/vnd.oasis.opendocument.text")},
		{Name: "unknown", Symbol: "MIME_GOOD", Message: attached("x-strange/thing")},
		{Name: "program", Symbol: "MIME_BAD", Fires: true, Message: attached("application/x-msdownload")},
		{Name: "document", Symbol: "MIME_BAD", Message: attached("application/pdf")},
		{Name: "strange", Symbol: "MIME_UNKNOWN", Fires: true, Message: attached("x-strange/thing")},
		{Name: "strange application", Symbol: "MIME_UNKNOWN", Fires: true, Message: attached("application/x-strange")},
		{Name: "text", Symbol: "MIME_UNKNOWN"},
		{Name: "Outlook", Symbol: "HAS_TNEF", Fires: true, Message: attached("application/ms-tnef")},
		{Name: "text", Symbol: "HAS_TNEF"},
		{Name: "forwarded", Symbol: "MIME_NESTED_MESSAGE", Fires: true, Message: multipart("mixed", plainPart, part{"Content-Type: message/rfc822", "Subject: Hello\n\nHello"})},
		{Name: "text", Symbol: "MIME_NESTED_MESSAGE"},
	})
}
