package message

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// charsetProblem tells what was wrong with a charset label.
type charsetProblem uint8

const (
	charsetFine    charsetProblem = iota
	charsetUnknown                // nobody knows the label
	charsetWrong                  // the text is not in that charset
)

// decodeCharset turns text into valid UTF-8. label is the declared charset,
// "" for none. No text is lost because of a label: where it is unknown or
// does not fit, the byte order mark, valid UTF-8, and then a guess by the
// script decide.
func decodeCharset(label string, data []byte) (string, charsetProblem) {
	name := normalCharset(label)
	if isASCIIBytes(data) && !needsDecoding(name, data) {
		return string(data), charsetKnown(name)
	}
	switch name {
	case "utf-8":
		return decodeUTF8(data)
	case "":
		return guessCharset(data), charsetFine
	case "us-ascii":
		return guessCharset(data), charsetWrong
	}
	text, ok := decodeNamed(name, data)
	if !ok {
		return guessCharset(data), charsetUnknown
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		return unlessBetter(text, data)
	}
	return text, charsetFine
}

// isASCIIBytes tells whether data has only octets below 128.
func isASCIIBytes(data []byte) bool {
	for ; len(data) >= 8; data = data[8:] {
		if binary.LittleEndian.Uint64(data)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// needsDecoding tells whether octets below 128 may mean something other than
// ASCII in that charset.
func needsDecoding(name string, data []byte) bool {
	switch name {
	case "utf-7", "unicode-1-1-utf-7":
		return bytes.IndexByte(data, '+') >= 0
	case "hz-gb-2312":
		return bytes.Contains(data, []byte("~{"))
	case "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be":
		return bytes.IndexByte(data, 0) >= 0
	}
	return bytes.IndexByte(data, 0x1b) >= 0 || bytes.IndexByte(data, 0x0e) >= 0
}

// charsetKnown tells whether anyone knows the label.
func charsetKnown(name string) charsetProblem {
	switch name {
	case "", "us-ascii", "utf-8", "iso-8859-1", "windows-1252":
		return charsetFine
	}
	if ownDecoder(name) != nil || findEncoding(name) != nil {
		return charsetFine
	}
	return charsetUnknown
}

// normalCharset brings a label to lower case, takes off what broken senders
// leave around it, and resolves aliases; "" for labels that say nothing.
func normalCharset(label string) string {
	switch label { // by far the most frequent, without allocation
	case "utf-8", "UTF-8":
		return "utf-8"
	case "us-ascii", "US-ASCII":
		return "us-ascii"
	case "iso-8859-1", "ISO-8859-1":
		return "windows-1252"
	}
	name := strings.ToLower(strings.Trim(label, " \t\r\n\"'<>()[];,.=:?\\"))
	name = strings.TrimPrefix(name, "3d") // left over from quoted-printable
	name = strings.TrimPrefix(name, "charset=")
	name = strings.Trim(name, " \t\"'")
	if to, ok := charsetAliases[name]; ok {
		return to
	}
	return name
}

// charsetAliases are labels seen in mail that neither the WHATWG nor the IANA
// tables know, or that they map to something that loses text.
var charsetAliases = map[string]string{
	"ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "iso646-us": "us-ascii", "7bit": "us-ascii",
	"us_ascii": "us-ascii", "usascii": "us-ascii", "us": "us-ascii", "iso-ir-6": "us-ascii",
	"utf8": "utf-8", "utf_8": "utf-8", "utf 8": "utf-8", "utf-8n": "utf-8", "utf8mb4": "utf-8",
	"unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8", "unicode-2-0-utf-8": "utf-8", "cp65001": "utf-8",
	"iso-10646": "utf-8", "iso10646": "utf-8", "utf": "utf-8",
	"": "", "unknown": "", "x-unknown": "", "unknown-8bit": "", "8bit": "", "binary": "", "none": "",
	"default": "", "default_charset": "", "_autodetect": "", "_autodetect_all": "", "auto": "", "x-user-defined": "",
	"ansi": "windows-1252", "cp-1252": "windows-1252", "win-1252": "windows-1252", "cp819": "windows-1252",
	"latin-1": "windows-1252", "iso-8859": "windows-1252", "iso8859": "windows-1252", "iso_8859": "windows-1252",
	"iso8859_1": "windows-1252", "iso-latin-1": "windows-1252", "x-ansi": "windows-1252", "iso88591": "windows-1252",
	"western": "windows-1252", "windows1252": "windows-1252",
	"win-1251": "windows-1251", "win1251": "windows-1251", "cp-1251": "windows-1251", "windows1251": "windows-1251",
	"ansi-1251": "windows-1251", "x-windows-1251": "windows-1251", "cyrillic-1251": "windows-1251",
	"win-1250": "windows-1250", "win1250": "windows-1250", "cp-1250": "windows-1250", "windows1250": "windows-1250",
	"koi8": "koi8-r", "koi-8": "koi8-r", "koi8r": "koi8-r", "koi8u": "koi8-u",
	"cp932": "shift_jis", "windows-932": "shift_jis", "x-ms-cp932": "shift_jis", "shift-jisx0213": "shift_jis",
	"iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "jis": "iso-2022-jp",
	"eucjp": "euc-jp", "ujis": "euc-jp", "cp51932": "euc-jp", "eucjp-ms": "euc-jp",
	"cp949": "euc-kr", "uhc": "euc-kr", "euckr": "euc-kr", "x-windows-949": "euc-kr", "ksc5601-1987": "euc-kr",
	"ks_c_5601": "euc-kr", "ks-c-5601-1987": "euc-kr", "ks_c-5601-1987": "euc-kr",
	"cp936": "gb18030", "ms936": "gb18030", "windows-936": "gb18030", "gb2312": "gb18030", "gbk": "gb18030",
	"x-gbk": "gb18030", "gb_2312-80": "gb18030", "gb_2312": "gb18030", "euc-cn": "gb18030", "euccn": "gb18030",
	"gb18030-2000": "gb18030", "chinese": "gb18030", "csgb2312": "gb18030", "x-gb2312": "gb18030", "gb-2312": "gb18030",
	"simplified chinese": "gb18030",
	"chinesebig5":        "big5", "big-5": "big5", "cp950": "big5", "x-big5": "big5", "big5hkscs": "big5",
	"hz": "hz-gb-2312", "hz-gb2312": "hz-gb-2312",
	"utf7": "utf-7", "unicode-1-1-utf-7": "utf-7", "unicode-2-0-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7",
	"cp65000": "utf-7", "x-utf-7": "utf-7", "utf-7-imap": "utf-7",
	"utf16": "utf-16", "utf16le": "utf-16le", "utf16be": "utf-16be", "unicode": "utf-16",
	"ucs-4": "utf-32", "iso-10646-ucs-4": "utf-32", "utf32": "utf-32",
	"437": "ibm437", "cp437": "ibm437", "850": "ibm850", "cp850": "ibm850", "dos-850": "ibm850",
	"852": "ibm852", "cp852": "ibm852", "cp858": "ibm00858", "cp855": "ibm855", "cp860": "ibm860",
	"cp862": "ibm862", "cp863": "ibm863", "cp865": "ibm865",
	"thai": "windows-874", "cp874": "windows-874", "tis620": "windows-874", "iso8859_15": "iso-8859-15",
	"latin-9": "iso-8859-15", "latin9": "iso-8859-15", "latin-2": "iso-8859-2", "iso8859_2": "iso-8859-2",
}

// findEncoding finds the decoder of a normalised label; nil when there is
// none that keeps the text.
func findEncoding(name string) encoding.Encoding {
	if enc, err := htmlindex.Get(name); err == nil && enc != encoding.Replacement {
		return enc
	}
	if enc, err := ianaindex.IANA.Encoding(name); err == nil && enc != nil && enc != encoding.Replacement {
		return enc
	}
	// QUIRK: "cp1251", "cp-1251" and "ibm-1251" for the same table.
	for _, prefix := range []string{"cp-", "cp", "win-", "win", "ibm-", "x-"} {
		if number, ok := strings.CutPrefix(name, prefix); ok {
			if enc, err := htmlindex.Get("windows-" + number); err == nil {
				return enc
			}
			if enc, err := ianaindex.IANA.Encoding("ibm" + number); err == nil && enc != nil {
				return enc
			}
		}
	}
	return nil
}

// ownDecoder gives the decoders that x/text does not have.
func ownDecoder(name string) func([]byte) string {
	switch name {
	case "utf-7":
		return decodeUTF7
	case "iso-2022-kr", "csiso2022kr":
		return decodeISO2022KR
	case "iso-2022-cn", "iso-2022-cn-ext":
		return decodeISO2022CN
	case "hz-gb-2312":
		return decodeHZ
	case "utf-16":
		return decodeUTF16
	case "utf-32", "utf-32le", "utf-32be":
		return decodeUTF32
	}
	return nil
}

// decodeNamed decodes by a normalised label; ok is false when it is unknown.
// What the charset does not have becomes U+FFFD.
func decodeNamed(name string, data []byte) (text string, ok bool) {
	if own := ownDecoder(name); own != nil {
		return own(data), true
	}
	enc := findEncoding(name)
	if enc == nil {
		return "", false
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return "", false
	}
	return string(bytes.ToValidUTF8(out, []byte("\ufffd"))), true
}

// decodeUTF8 decodes text declared UTF-8. A few bad octets become U+FFFD; if
// most are bad the label is wrong.
func decodeUTF8(data []byte) (string, charsetProblem) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if utf8.Valid(data) {
		return string(data), charsetFine
	}
	good, bad := 0, 0
	for rest := data; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		rest = rest[n:]
	}
	if bad > good {
		return guessCharset(data), charsetWrong
	}
	return string(bytes.ToValidUTF8(data, []byte("\ufffd"))), charsetWrong
}

// unlessBetter keeps text, which was decoded by its label with losses, unless
// the octets are valid UTF-8 or far too much was lost.
func unlessBetter(text string, data []byte) (string, charsetProblem) {
	if utf8.Valid(data) && !isASCIIBytes(data) {
		return string(data), charsetWrong
	}
	lost := strings.Count(text, "\ufffd")
	if lost*10 > utf8.RuneCountInString(text) {
		return guessCharset(data), charsetWrong
	}
	return text, charsetWrong
}
