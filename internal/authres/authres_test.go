package authres

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParse reads fields as they come, also those that the grammar does not
// allow.
func TestParse(t *testing.T) {
	cases := []struct {
		name, value string
		want        *Header
		err         string
	}{
		{"none", " mx.example.net; none", &Header{Server: "mx.example.net", Version: 1}, ""},
		{"version", "mx.example.net 2 ; none;", &Header{Server: "mx.example.net", Version: 2}, ""},
		{"server alone", "mx.example.net", &Header{Server: "mx.example.net", Version: 1}, ""},
		{"quoted server", `(c) "mx \"1\"" (d) 1; none`, &Header{Server: `mx "1"`, Version: 1}, ""},
		{"UTF-8", "mx.bücher.example; none", &Header{Server: "mx.bücher.example", Version: 1}, ""},
		{"everything", "mx; DKIM/2=pass (2048 bits) reason=\"it is \\\"right\\\"\"\r\n\theader.D=a.example header.b=Qgi/Fo= (x); none",
			&Header{Server: "mx", Version: 1, Results: []Result{{Method: "dkim", Version: 2, Value: "pass", Comment: "2048 bits", Reason: `it is "right"`,
				Properties: []Property{{"header", "d", "a.example"}, {"header", "b", "Qgi/Fo="}}}}}, ""},
		{"property without a type", "mx; dmarc=pass (p=none (q)) action=none header.from=a.example; spf=pass smtp.mailfrom=<>",
			&Header{Server: "mx", Version: 1, Results: []Result{
				{Method: "dmarc", Version: 1, Value: "pass", Comment: "p=none (q)", Properties: []Property{{"", "action", "none"}, {"header", "from", "a.example"}}},
				{Method: "spf", Version: 1, Value: "pass", Properties: []Property{{"smtp", "mailfrom", "<>"}}}}}, ""},
		{"a bad one between", "mx; dkim=great header.d=a; spf=pass; =; dmarc=pass (x;y) =;arc=fail",
			&Header{Server: "mx", Version: 1, Results: []Result{{Method: "spf", Version: 1, Value: "pass"}, {Method: "arc", Version: 1, Value: "fail"}}}, "dkim has no result that is known"},
		{"hidden in quotes", `mx; spf=fail reason="; dkim=pass" x; dmarc=fail`,
			&Header{Server: "mx", Version: 1, Results: []Result{{Method: "dmarc", Version: 1, Value: "fail"}}}, "spf"},
		{"hidden in a comment", "mx; spf=fail (; dkim=pass", &Header{Server: "mx", Version: 1}, "does not end"},
		{"hidden in deep comments", "mx; spf=fail " + strings.Repeat("(", 40) + strings.Repeat(")", 20) + "; dkim=pass", &Header{Server: "mx", Version: 1}, "deeper"},
		{"no server", "; dkim=pass", nil, "server's name"},
		{"nothing", "", nil, "server's name"},
		{"no semicolon", "mx dkim=pass", &Header{}, "semicolon"},
		{"long", strings.Repeat("x", maxValue+1), nil, "longer"},
		{"not UTF-8", "mx\xff; none", nil, "UTF-8"},
		{"NUL in quotes", "mx; dkim=pass header.d=\"a\x00\"", &Header{Server: "mx", Version: 1}, "control"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.value)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if c.want != nil && c.want.Server != "" && !cmp.Equal(got, c.want) {
				t.Error(cmp.Diff(c.want, got))
			}
		})
	}
}

// TestBounds wants hostile fields to be cut.
func TestBounds(t *testing.T) {
	h, err := Parse("mx" + strings.Repeat("; a=b", maxResults+50))
	if err == nil || len(h.Results) != maxResults {
		t.Errorf("%d results, %v", len(h.Results), err)
	}
	h, err = Parse("mx; a=b" + strings.Repeat(" c.d=e", maxProperties+1) + "; f=g")
	if err == nil || len(h.Results) != 1 || h.Results[0].Method != "f" {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err = Parse("mx" + strings.Repeat("; a", 20000)); err == nil || strings.Count(err.Error(), "\n") >= maxFaults {
		t.Error(err)
	}
}

// TestWrite writes fields down.
func TestWrite(t *testing.T) {
	cases := []struct {
		h    Header
		want string
	}{
		{Header{Server: "mx.example.net"}, "mx.example.net; none"},
		{Header{Server: "mx 1", Version: 2}, `"mx 1" 2; none`},
		{Header{Server: "mx.example.net", Results: []Result{
			{Method: "dkim", Value: "pass", Comment: "2048 bits (good)", Properties: []Property{{"header", "d", "a.example"}, {"header", "b", "Qgi/Fo"}}},
			{Method: "iprev", Value: "pass", Reason: `"x"`, Properties: []Property{{"policy", "iprev", "2001:db8::1"}}},
			{Method: "spf", Value: "pass", Properties: []Property{{"smtp", "mailfrom", "somebody.with.a.long.name@a.long.domain.example"}, {"smtp", "helo", "mail.a.long.domain.example"}}},
		}}, "mx.example.net;\r\n\tdkim=pass (2048 bits \\(good\\)) header.d=a.example header.b=\"Qgi/Fo\";\r\n" +
			"\tiprev=pass reason=\"\\\"x\\\"\" policy.iprev=\"2001:db8::1\";\r\n" +
			"\tspf=pass\r\n\t smtp.mailfrom=somebody.with.a.long.name@a.long.domain.example\r\n\t smtp.helo=mail.a.long.domain.example"},
		{Header{Server: "mx", Results: []Result{{Method: "x\r\nFrom: y", Value: "", Comment: "a\r\nFrom: b\xff", Properties: []Property{{"p;", "", ""}}}}},
			"mx;\r\n\txfromy=unknown (a  From: b?) p.unknown=\"\""},
	}
	for _, c := range cases {
		if got := c.h.String(); got != c.want {
			t.Errorf("got\n%q\nwant\n%q", got, c.want)
		}
	}
}

// TestServer finds out under which name a field is written.
func TestServer(t *testing.T) {
	for value, want := range map[string]string{
		" mx.example.net; none": "mx.example.net", "(x)\r\n \"mx.example.net\" 1;": "mx.example.net", "": "", "(": "", "\"mx": "",
	} {
		if got := Server(value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

// FuzzParse wants fields to be read or refused; what was read is the same
// after it was written and read again, and one field only.
func FuzzParse(f *testing.F) {
	f.Add("mx.example.net 1; dkim/1=pass (c (d)) reason=\"x\" header.d=a; spf = Pass smtp . mailfrom = \"b\"")
	f.Add("mx; dmarc=pass action=none; none;; x=y")
	f.Fuzz(func(t *testing.T, value string) {
		h, err := Parse(value)
		if h == nil || err != nil || h.Version < 1 {
			return
		}
		for i := range h.Results {
			if h.Results[i].Version < 1 {
				return // which is not written
			}
		}
		text := h.String()
		for line := range strings.SplitSeq(text, "\n\t") {
			if strings.ContainsAny(strings.TrimSuffix(line, "\r"), "\r\n\x00") {
				t.Fatalf("%q", text)
			}
		}
		again, err := Parse(text)
		if err != nil || len(again.Results) != len(h.Results) {
			t.Fatalf("%q became %q: %v", value, text, err)
		}
		for i, r := range h.Results {
			if a := again.Results[i]; a.Method != r.Method || a.Value != r.Value || len(a.Properties) != len(r.Properties) {
				t.Fatalf("%+v became %+v", r, a)
			}
		}
	})
}
