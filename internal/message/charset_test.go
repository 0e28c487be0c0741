package message

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

func TestDecodeCharset(t *testing.T) {
	tests := []struct {
		name, label, in, want string
		problem               charsetProblem
	}{
		{"ascii", "us-ascii", "abc", "abc", charsetFine},
		{"no label", "", "abc", "abc", charsetFine},
		{"utf-8", "UTF-8", "café", "café", charsetFine},
		{"utf-8 mark", "utf-8", "\xef\xbb\xbfcafé", "café", charsetFine},
		{"latin", "ISO-8859-1", "caf\xe9 \x93x\x94", "café “x”", charsetFine},
		{"quoted label", `"iso-8859-15"`, "\xa4", "€", charsetFine},
		{"left over 3D", `3D"utf-8"`, "café", "café", charsetFine},
		{"ansi", "ansi", "caf\xe9", "café", charsetFine},
		{"default", "default_charset", "café", "café", charsetFine},
		{"unknown", "x-nothing", "caf\xe9", "café", charsetUnknown},
		{"unknown, ascii", "x-nothing", "abc", "abc", charsetUnknown},
		{"replacement label", "iso-2022-cn", "plain text", "plain text", charsetFine},
		{"hz label", "hz-gb-2312", "plain text", "plain text", charsetFine},
		{"hz", "hz-gb-2312", "a ~{VPND~} b~~", "a 中文 b~", charsetFine},
		{"hz, 8-bit", "hz-gb-2312", "~\xe9t\xe9", "~été", charsetFine},
		{"iso-2022-kr", "iso-2022-kr", "\x1b$)C a \x0e0!\x0f b", " a 가 b", charsetFine},
		{"iso-2022-cn", "iso-2022-cn", "\x1b$)A\x0eVPND\x0f.", "中文.", charsetFine},
		{"iso-2022-jp", "iso-2022-jp", "\x1b$BF|K\\\x1b(B", "日本", charsetFine},
		{"utf-7", "utf-7", "Hi +AOk- 1 +- 1, +ZeVnLIqe.", "Hi é 1 + 1, 日本語.", charsetFine},
		{"utf-7, bad", "utf-7", "a+b c+", "a+b c+", charsetFine},
		{"utf-16", "utf-16", "\xff\xfea\x00\xe9\x00", "aé", charsetFine},
		{"utf-16, no mark", "utf-16", "a\x00b\x00", "ab", charsetFine},
		{"utf-16 label on ascii", "utf-16", "plain text", "plain text", charsetFine},
		{"cp437", "cp437", "caf\x82", "café", charsetFine},
		{"cp932", "cp932", "\x93\xfa\x96{", "日本", charsetFine},
		{"8-bit in ascii", "us-ascii", "caf\xe9", "café", charsetWrong},
		{"utf-8 in ascii", "us-ascii", "café", "café", charsetWrong},
		{"utf-8 in euc-jp", "euc-jp", "Grüße aus Österreich", "Grüße aus Österreich", charsetWrong},
		{"latin in utf-8", "utf-8", "caf\xe9 cr\xe8me", "café crème", charsetWrong},
		{"one bad octet in utf-8", "utf-8", "日本\xff語", "日本\ufffd語", charsetWrong},
		{"marked", "us-ascii", "\xef\xbb\xbfé", "é", charsetWrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, problem := decodeCharset(tt.label, []byte(tt.in))
			if got != tt.want || problem != tt.problem {
				t.Errorf("decodeCharset(%q, %q) = %q, %d; want %q, %d", tt.label, tt.in, got, problem, tt.want, tt.problem)
			}
		})
	}
}

// TestDecodeCharsetKeepsText makes sure that no label whatever hides text.
func TestDecodeCharsetKeepsText(t *testing.T) {
	labels := []string{"replacement", "x-user-defined", "iso-2022-cn-ext", "csiso2022kr", "utf-16be", "utf-16le", "utf-32", "ucs-2", "unicode", "hz", "viscii", "x-unknown"}
	for label := range charsetAliases {
		labels = append(labels, label)
	}
	for _, label := range labels {
		if got, _ := decodeCharset(label, []byte("Buy now\r\n")); got != "Buy now\r\n" {
			t.Errorf("%s turns text into %q", label, got)
		}
	}
}

func TestGuessCharset(t *testing.T) {
	tests := []struct {
		name, text string
		enc        encoding.Encoding
	}{
		{"western", "Le café est fermé à midi, revenez après déjeuner", charmap.Windows1252},
		{"german", "Grüße aus München, schöne Ölgemälde für Sie", charmap.Windows1252},
		{"russian 1251", "Вы сможете заработать деньги, не выходя из дома", charmap.Windows1251},
		{"russian koi8", "Вы сможете заработать деньги, не выходя из дома", charmap.KOI8R},
		{"japanese sjis", "お支払い方法の更新をお願いいたします。株式会社", japanese.ShiftJIS},
		{"japanese euc", "お支払い方法の更新をお願いいたします。株式会社", japanese.EUCJP},
		{"korean", "안녕하세요 회원님 결제 정보를 확인해 주세요", korean.EUCKR},
		{"chinese gb", "尊敬的用户您的账户已被冻结请立即登录验证", simplifiedchinese.GBK},
		{"chinese big5", "親愛的客戶您的帳戶已被凍結請立即登入驗證", traditionalchinese.Big5},
		{"utf-16", "hello there", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := tt.enc.NewEncoder().Bytes([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := decodeCharset("", data); got != tt.text {
				t.Errorf("guessed %q, want %q", got, tt.text)
			}
		})
	}
}

func TestDefectNames(t *testing.T) {
	seen := map[string]bool{}
	for k := DefectNone + 1; k < defectCount; k++ {
		name := k.String()
		if name == "" || seen[name] || strings.Contains(name, "defect ") {
			t.Errorf("kind %d is named %q", k, name)
		}
		seen[name] = true
	}
}
