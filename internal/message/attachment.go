package message

import (
	"bytes"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// DetectedType is the media type by content, such as "application/pdf";
// "application/octet-stream" when unknown.
func (p *Part) DetectedType() string {
	if !p.leaf() {
		return "application/octet-stream"
	}
	p.typeOnce.Do(func() { p.detected = detectType(p.Decoded()) })
	return p.detected
}

// magic is a sequence of octets at a fixed place that tells a type.
type magic struct {
	at        int
	octets    string
	mediaType string
}

// magics are types that matter in mail and that the library does not know.
var magics = [...]magic{
	{0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"},
	{0x8001, "CD001", "application/x-iso9660-image"},
	{0x8801, "CD001", "application/x-iso9660-image"},
	{0x9001, "CD001", "application/x-iso9660-image"},
	{0x8001, "BEA01", "application/x-udf-image"},
	{0, "\x78\x9f\x3e\x22", "application/vnd.ms-tnef"},
	{7, "**ACE**", "application/x-ace-compressed"},
	{0, "ALZ\x01", "application/x-alz-compressed"},
	{0, "EGGA", "application/x-egg-compressed"},
	{0, "\x60\xea", "application/x-arj"},
	{2, "-lh", "application/x-lzh-compressed"},
	{0, "conectix", "application/x-vhd"},
	{0, "vhdxfile", "application/x-vhdx"},
	{0, "SZDD\x88\xf0\x27\x33", "application/x-ms-compress"},
	{0, "(This file must be converted with BinHex", "application/mac-binhex40"},
}

// macroTypes are the types of office documents that hold macros, by the type
// without.
var macroTypes = map[string]string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "application/vnd.ms-word.document.macroenabled.12",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "application/vnd.ms-excel.sheet.macroenabled.12",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
}

// detectType tells the media type of data by its content.
func detectType(data []byte) string {
	if len(data) == 0 {
		return "application/octet-stream"
	}
	for _, g := range magics {
		if g.at < len(data) && bytes.HasPrefix(data[g.at:], []byte(g.octets)) {
			return g.mediaType
		}
	}
	found, _, _ := strings.Cut(mimetype.Detect(data).String(), ";")
	found = strings.ToLower(strings.TrimSpace(found))
	if macro, ok := macroTypes[found]; ok && bytes.Contains(data, []byte("vbaProject.bin")) {
		return macro
	}
	return found
}

// mismatch tells whether content of the detected type contradicts the
// declared one. Types that say little contradict nothing.
func mismatch(declared, detected string) bool {
	if detected == "application/octet-stream" || detected == declared {
		return false
	}
	kind, _, _ := strings.Cut(declared, "/")
	found, _, _ := strings.Cut(detected, "/")
	switch kind {
	case "image", "audio", "video", "font":
		return found != kind && detected != "text/plain" && detected != "text/xml" && !(kind == "audio" && found == "video")
	case "text":
		return isBinaryType(detected)
	}
	if declared == "application/pdf" {
		return true
	}
	return isProgram(detected) && declared != "application/octet-stream" && !strings.HasPrefix(declared, "application/x-")
}

// isBinaryType tells whether no text is of that type.
func isBinaryType(t string) bool {
	kind, _, _ := strings.Cut(t, "/")
	switch kind {
	case "image":
		return t != "image/svg+xml"
	case "audio", "video", "font":
		return true
	case "application":
		switch t {
		case "application/json", "application/javascript", "application/xml", "application/xhtml+xml",
			"application/geo+json", "application/x-ndjson", "application/postscript", "application/atom+xml",
			"application/rss+xml", "application/mac-binhex40":
			return false
		}
		return !strings.HasSuffix(t, "+xml") && !strings.HasSuffix(t, "+json")
	}
	return false
}

// isProgram tells whether a system runs a file of that type.
func isProgram(t string) bool {
	switch t {
	case "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable",
		"application/x-mach-binary", "application/x-ms-shortcut", "application/x-ms-installer", "application/x-msdownload":
		return true
	}
	return false
}
