package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// AttachmentTypes looks at the declared types of the parts.
func AttachmentTypes() check.Check {
	return check.New(check.Info{
		Name: "attachment_types", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "MIME_GOOD", Group: "mime_types", Score: -0.1, Description: "All parts are of types that ordinary mail has"},
			{Name: "MIME_BAD", Group: "mime_types", Score: 1, Description: "A part is of a type for programs"},
			{Name: "MIME_UNKNOWN", Group: "mime_types", Score: 0.1, Description: "A part is of an unknown type"},
			{Name: "HAS_TNEF", Group: "mime_types", Description: "An attachment packed by Outlook (winmail.dat)"},
			{Name: "MIME_NESTED_MESSAGE", Group: "mime_types", Description: "A message is attached"},
		},
	}, attachmentTypes)
}

func attachmentTypes(_ context.Context, tx *check.Transaction, out *check.Report) error {
	good := true
	for _, p := range tx.Message.Parts() {
		switch typeClass(p.MediaType()) {
		case typeBad:
			out.Add("MIME_BAD", attachmentName(p))
		case typeUnknown:
			out.Add("MIME_UNKNOWN", attachmentName(p))
		case typeGood:
			special(p, out)
			continue
		}
		good = false
	}
	if good && len(tx.Message.Parts()) > 0 {
		out.Add("MIME_GOOD", tx.Message.Root().MediaType())
	}
	return nil
}

func special(p *message.Part, out *check.Report) {
	switch p.MediaType() {
	case "application/ms-tnef", "application/vnd.ms-tnef":
		out.Add("HAS_TNEF", attachmentName(p))
	case "message/rfc822", "message/global":
		out.Add("MIME_NESTED_MESSAGE", partName(p))
	}
}

type partClass uint8

const (
	typeGood partClass = iota
	typeBad
	typeUnknown
)

// typeClass sorts a declared media type.
func typeClass(mediaType string) partClass {
	kind, sub, _ := strings.Cut(mediaType, "/")
	switch kind {
	case "text", "multipart", "message", "image", "audio", "video", "font", "model":
		return typeGood
	case "application":
		return applicationClass(sub)
	}
	return typeUnknown
}

func applicationClass(sub string) partClass {
	switch sub {
	case "x-msdownload", "x-msdos-program", "x-dosexec", "exe", "x-exe", "x-winexe", "hta", "x-ms-shortcut",
		"x-vbscript", "x-javascript", "javascript", "x-java-archive", "java-archive", "x-ms-application", "x-bat":
		return typeBad
	case "octet-stream", "pdf", "x-pdf", "zip", "x-zip-compressed", "x-zip", "gzip", "x-gzip", "x-tar", "x-bzip2",
		"x-7z-compressed", "x-rar", "x-rar-compressed", "msword", "rtf", "xml", "json", "ics", "csv", "postscript",
		"ms-tnef", "vnd.ms-tnef", "pgp-signature", "pgp-encrypted", "pgp-keys", "pkcs7-signature", "x-pkcs7-signature",
		"pkcs7-mime", "x-pkcs7-mime", "applefile", "mac-binhex40", "x-patch", "x-sh", "x-shellscript", "x-perl",
		"x-tex", "x-gtar", "x-compressed-tar", "xhtml+xml", "emlx", "pkix-cert", "x-x509-ca-cert", "pkcs10", "epub+zip",
		"x-sqlite3", "sql", "x-wine-extension-ini", "x-download", "download", "force-download", "excel", "x-excel",
		"vnd.rar", "x-xz", "zstd", "x-zstd", "x-lzip", "x-lzma", "x-bzip", "x-lz4", "x-cpio", "x-rpm", "x-debian-package", "x-pem-file", "x-pkcs12", "rss+xml", "x-texinfo", "x-latex", "x-subrip", "x-tar-gz", "x-gtar-compressed", "x-diff", "x-python", "x-ruby", "x-php", "x-httpd-php", "toml", "x-troff-man",
		"x-iwork-pages-sffpages", "x-iwork-numbers-sffnumbers", "yaml", "x-yaml", "wasm", "geo+json":
		return typeGood
	}
	if strings.HasPrefix(sub, "vnd.") || strings.HasSuffix(sub, "+xml") || strings.HasSuffix(sub, "+json") || strings.HasSuffix(sub, "+zip") {
		return typeGood
	}
	return typeUnknown
}
