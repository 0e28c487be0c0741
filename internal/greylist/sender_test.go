package greylist

import (
	"net/netip"
	"testing"
)

func TestNormalPostgrey(t *testing.T) {
	for in, want := range map[string]string{
		"a@example.com": "a@example.com", "": "", "noat": "noat", "a1@example.com": "a1@example.com",
		"user+ext@example.com":        "user@example.com",
		"list-123@example.com":        "list-#@example.com",
		"12.34-x@1.example":           "#.#-x@1.example",
		"a_12@example.com":            "a_12@example.com",
		"99@example.com":              "#@example.com",
		"a@b@example.com":             "a@b@example.com",
		"prvs=1234567890=u@e.example": "u@e.example",
		"prvs=u=1234567890@e.example": "u@e.example",
		"prvs=abc=u+x@e.example":      "u@e.example",
		"prvs=only@e.example":         "prvs=only@e.example",
		// Both look like tags: the second is the address.
		"prvs=1234567890=longusername@e.example": "longusername@e.example",
	} {
		if got := normalPostgrey(in, ""); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestNormalAuto(t *testing.T) {
	const rcpt = "user@example.org"
	for in, want := range map[string]string{
		"a": "a", "": "",
		"srs0=ab12=tt=example.com=joe":                   "srs0=#=#=example.com=joe",
		"srs1=ab12=fwd.example==ab12=tt=example.com=joe": "srs1=#=fwd.example==#=#=example.com=joe",
		"list+user=example.org":                          "list",
		"list-user=example.org":                          "list-RCPT",
		"list-user":                                      "list-RCPT",
		"listuser":                                       "listuser",
		"bounce-12345-6789":                              "bounce-#",
		"bounces":                                        "bounces",
		"m.bo.abc123":                                    "m.bo.#",
		"news-1a2b3c":                                    "news-#",
		"news-1a2b3c-zzz":                                "news-#-zzz",
		"ab-cd":                                          "ab-#",
		"0a1b2c-newsletter":                              "#-newsletter",
		"a-newsletter":                                   "a-newsletter",
	} {
		if got := normalAuto(in, rcpt); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestSource(t *testing.T) {
	for _, c := range []struct{ source, ip, name, want string }{
		{SourceSubnet, "192.0.2.77", "", "192.0.2.0/24"},
		{SourceSubnet, "2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"},
		{SourceHost, "192.0.2.77", "", "192.0.2.77/32"},
		{SourceHost, "2001:db8::4", "", "2001:db8::4/128"},
		{SourceSmart, "192.0.2.77", "", "192.0.2.77/32"},
		{SourceSmart, "192.0.2.77", "mail.example.com", "192.0.2.0/24"},
		{SourceSmart, "192.0.2.77", "mx-out77.example.com", "192.0.2.0/24"},
		{SourceSmart, "192.0.2.77", "big.example.com", "192.0.2.0/24"},
		{SourceSmart, "192.0.2.77", "host-77.example.com", "192.0.2.77/32"},
		{SourceSmart, "192.0.2.77", "077.isp.example", "192.0.2.77/32"},
		{SourceSmart, "192.0.2.7", "ip007.isp.example", "192.0.2.7/32"},
		{SourceSmart, "192.0.2.7", "a17b.isp.example", "192.0.2.0/24"},
		{SourceSmart, "192.0.2.77", "dsl-1-2-3.dynamic.isp.example", "192.0.2.77/32"},
		{SourceSmart, "2001:db8::211:22ff:fe33:4455", "", "2001:db8::/64"},
		{SourceSmart, "2001:db8::25", "mail.example.com", "2001:db8::25/128"},
		{SourceSmart, "fe80::211:22ff:fe33:4455", "", "fe80::211:22ff:fe33:4455/128"},
	} {
		o := DefaultOptions()
		o.Source = c.source
		g := newGreylist(t, o)
		if got := g.sourceOf(netip.MustParseAddr(c.ip), c.name).String(); got != c.want {
			t.Errorf("%s %s %q: got %s, want %s", c.source, c.ip, c.name, got, c.want)
		}
	}
}

func TestTemplate(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "%s": "<s>", "a %s b %r%": "a <s> b <r>%", "100%% %x %s": "100% %x <s>", "%%s": "%s",
	} {
		if got := newTemplate(in, "sr").fill(func(v byte) string { return "<" + string(v) + ">" }); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
