package content

import (
	"context"
	"strings"
	"unicode/utf8"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// AttachmentNames looks at the names of attachments: programs, names that
// hide what the file is, and types that do not fit the name. What is inside
// archives is not looked at here.
func AttachmentNames() check.Check {
	return check.New(check.Info{
		Name: "attachment_names", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "MIME_BAD_EXTENSION", Group: "mime_types", Score: 2, Description: "An attachment's name is that of a program or script"},
			{Name: "MIME_DOUBLE_BAD_EXTENSION", Group: "mime_types", Score: 3, Description: "A program's name feigns a harmless file"},
			{Name: "MIME_BAD_UNICODE", Group: "mime_types", Score: 2, Description: "An attachment's name has characters that hide its end"},
			{Name: "MIME_BAD_ATTACHMENT", Group: "mime_types", Score: 4, Description: "An attachment's type does not fit its name"},
			{Name: "MIME_HIDDEN_PROGRAM", Group: "mime_types", Score: 4, Description: "An attachment is a program whose name says otherwise"},
		},
	}, attachmentNames)
}

func attachmentNames(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Attachments() {
		if name := p.Filename(); name != "" {
			attachmentNamed(p, name, out)
		} else if program(p.DetectedType()) && !program(p.MediaType()) {
			out.Add("MIME_HIDDEN_PROGRAM", partName(p), "is "+p.DetectedType())
		}
	}
	return nil
}

func attachmentNamed(p *message.Part, name string, out *check.Report) {
	if c, bad := hidingRune(name); bad {
		out.Add("MIME_BAD_UNICODE", attachmentName(p), "U+"+strings.ToUpper(hexRune(c)))
	}
	last, before := extensions(name)
	weight := badExtensions[last]
	switch {
	case weight > 0 && feigned(before):
		out.AddWeighted("MIME_DOUBLE_BAD_EXTENSION", weight, attachmentName(p), "."+before+"."+last)
	case weight > 0:
		out.AddWeighted("MIME_BAD_EXTENSION", weight, attachmentName(p))
	case program(p.DetectedType()):
		out.Add("MIME_HIDDEN_PROGRAM", attachmentName(p), "is "+p.DetectedType())
	}
	if !typeFits(last, p.MediaType()) {
		out.Add("MIME_BAD_ATTACHMENT", attachmentName(p))
	}
}

// extensions gives the last and the last but one extension of a file's name
// in lower case. Blanks and dots at the end, which Windows drops, are taken
// off.
func extensions(name string) (last, before string) {
	name = strings.TrimRight(strings.ToLower(name), ". \t")
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", ""
	}
	last, name = name[i+1:], strings.TrimRight(name[:i], " _\t")
	if j := strings.LastIndexByte(name, '.'); j >= 0 {
		before = name[j+1:]
	}
	return last, before
}

// feigned tells whether the last but one extension is that of a kind of file
// people open without a thought.
func feigned(extension string) bool {
	switch extension {
	case "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf", "odt", "ods", "txt", "csv", "htm", "html",
		"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "mp3", "mp4", "avi", "mov", "wav", "zip", "rar", "eml", "xml":
		return true
	}
	return false
}

// badExtensions are files that run when opened, by how seldom anybody mails
// them in earnest. What is not here, an administrator can forbid by a rule.
var badExtensions = map[string]float64{
	"exe": 2, "com": 1.5, "scr": 2, "pif": 2, "bat": 2, "cmd": 1.5, "cpl": 2, "msi": 1.5, "msp": 1.5, "mst": 1,
	"vbs": 2, "vbe": 2, "vb": 1, "js": 1, "jse": 2, "wsf": 2, "wsh": 2, "wsc": 2, "sct": 2, "hta": 2, "jar": 1.5,
	"lnk": 2, "url": 1, "website": 1, "scf": 2, "library-ms": 2, "search-ms": 2, "settingcontent-ms": 2,
	"ps1": 1, "ps1xml": 1, "psm1": 1, "psc1": 1.5, "msh": 1, "reg": 1, "inf": 0.5, "ins": 1.5, "isp": 1.5,
	"chm": 1.5, "hlp": 1, "msc": 1.5, "gadget": 2, "application": 1, "appref-ms": 1.5, "appx": 1, "msix": 1,
	"shs": 2, "shb": 2, "vxd": 2, "sys": 1, "dll": 1, "ocx": 1, "drv": 1, "ade": 1, "adp": 1, "mde": 1, "xll": 2,
	"iqy": 2, "slk": 1, "rdp": 1.5, "diagcab": 1.5, "jnlp": 2, "ace": 2, "arj": 1, "iso": 1, "img": 1, "vhd": 1.5,
	"vhdx": 1.5, "one": 1, "wim": 1.5, "cab": 1, "apk": 1, "dmg": 0.5, "xbap": 2, "pcd": 1, "fxp": 1.5,
}

// program tells whether a media type by content is one that runs.
func program(mediaType string) bool {
	switch mediaType {
	case "application/vnd.microsoft.portable-executable", "application/x-msdownload", "application/x-dosexec",
		"application/x-ms-shortcut", "application/x-msi", "application/x-ms-installer", "application/java-archive":
		return true
	}
	return false
}

// hidingRune finds a character that makes a name read otherwise than it ends:
// direction marks and overrides, blanks of no width, and long runs of blanks.
func hidingRune(name string) (rune, bool) {
	if ascii7(name) {
		if strings.Contains(name, "          ") {
			return ' ', true
		}
		return 0, false
	}
	for _, c := range name {
		switch {
		case c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == 0x200b, c == 0x2060, c == 0xfeff, c == 0x00ad:
			return c, true
		case c >= 0xff01 && c <= 0xff5e && c == 0xff0e, c == 0x2024, c == 0xfe52:
			return c, true // dots that are none
		}
	}
	return 0, false
}

func ascii7(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func hexRune(c rune) string {
	const digits = "0123456789abcdef"
	b := [4]byte{digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15]}
	return string(b[:])
}

// typeFits tells whether a declared type can be that of a file with that
// extension. Only types of which nobody errs are judged.
func typeFits(extension, mediaType string) bool {
	switch extension {
	case "pdf":
		return octets(mediaType) || hasFold(mediaType, "pdf")
	case "txt":
		return !prefixFold(mediaType, "image/") && !prefixFold(mediaType, "audio/") && !prefixFold(mediaType, "video/") && !program(mediaType)
	case "htm", "html", "shtml":
		return octets(mediaType) || prefixFold(mediaType, "text/") || mediaType == "application/xhtml+xml"
	case "jpg", "jpeg", "png", "gif":
		return octets(mediaType) || prefixFold(mediaType, "image/")
	case "zip", "rar", "7z":
		return !prefixFold(mediaType, "image/") && !prefixFold(mediaType, "text/") && !prefixFold(mediaType, "audio/") && !prefixFold(mediaType, "video/")
	case "exe", "scr", "pif", "com", "bat":
		return !prefixFold(mediaType, "image/") && !prefixFold(mediaType, "audio/") && !prefixFold(mediaType, "video/") && mediaType != "text/html"
	}
	return true
}

// octets tells whether a type says nothing of the content.
func octets(mediaType string) bool {
	switch mediaType {
	case "application/octet-stream", "application/octetstream", "application/download", "application/x-download", "application/force-download", "application/unknown", "application/x-unknown", "application/binary":
		return true
	}
	return false
}
