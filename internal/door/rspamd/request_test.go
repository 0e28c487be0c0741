package rspamd

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/addr"
	"postern/internal/session"
)

// ask makes a request of "Name: value" lines.
func ask(t testing.TB, query string, lines ...string) *http.Request {
	t.Helper()
	r := &http.Request{Method: "POST", Header: http.Header{}, URL: &url.URL{Path: "/checkv2", RawQuery: query}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Add(name, strings.TrimSpace(value))
	}
	return r
}

func rcpt(local, domain string, args ...string) session.Recipient {
	return session.Recipient{Address: addr.Address{Local: local, Domain: domain}, Args: args}
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestReadRequest(t *testing.T) {
	tests := []struct {
		name  string
		query string
		lines []string
		want  session.Session
		notes int
	}{
		{name: "nothing"},
		{name: "client", lines: []string{"IP: 192.0.2.1", "Helo: h.example", "Hostname: n.example.", "User: bob"},
			want: session.Session{HELO: "h.example", User: "bob", Client: session.Client{
				IP: netip.MustParseAddr("192.0.2.1"), Name: "n.example", ReverseName: "n.example", NameKnown: true}}},
		{name: "v6 literal", lines: []string{"ip: [IPv6:2001:db8::1]"},
			want: session.Session{Client: session.Client{IP: netip.MustParseAddr("2001:db8::1")}}},
		{name: "mapped", lines: []string{"IP: ::ffff:192.0.2.1"},
			want: session.Session{Client: session.Client{IP: netip.MustParseAddr("192.0.2.1")}}},
		{name: "zone", lines: []string{"IP: fe80::1%eth0"},
			want: session.Session{Client: session.Client{IP: netip.MustParseAddr("fe80::1")}}},
		{name: "bad ip", lines: []string{"IP: localhost"}, notes: 1},
		{name: "unknown host name", lines: []string{"Hostname: unknown"},
			want: session.Session{Client: session.Client{NameKnown: true}}},
		{name: "sender", lines: []string{"From: <A@B.example>"},
			want: session.Session{HasSender: true, Sender: addr.Address{Local: "A", Domain: "b.example"}}},
		{name: "bounce", lines: []string{"From: <>"}, want: session.Session{HasSender: true}},
		{name: "empty sender", lines: []string{"From:"}, want: session.Session{HasSender: true}},
		{name: "bad sender", lines: []string{"From: <a b@c.example>"}, notes: 1,
			want: session.Session{HasSender: true, Sender: addr.Address{Local: "a b", Domain: "c.example"}}},
		{name: "endless sender", lines: []string{"From: " + strings.Repeat("a", 2000)}, notes: 1},
		{name: "recipients", lines: []string{"Rcpt: <a@b.example>, c@d.example", `Rcpt: <@r,@s:"x,y"@z.example>`, "Rcpt: ,,"},
			want: session.Session{Recipients: []session.Recipient{rcpt("a", "b.example"), rcpt("c", "d.example"), rcpt("x,y", "z.example")}}},
		{name: "deliver-to alone", lines: []string{"Deliver-To: a@b.example"},
			want: session.Session{Recipients: []session.Recipient{rcpt("a", "b.example")}, Macros: map[string]string{"deliver_to": "a@b.example"}}},
		{name: "deliver-to beside", lines: []string{"Deliver-To: a@b.example", "Rcpt: c@d.example"},
			want: session.Session{Recipients: []session.Recipient{rcpt("c", "d.example")}, Macros: map[string]string{"deliver_to": "a@b.example"}}},
		{name: "arguments", lines: []string{"From: a@b.example", "X-Rspamd-Mail-Esmtp-Args: SIZE=9", "X-Rspamd-Mail-Esmtp-Args: BODY=8BITMIME",
			"Rcpt: a@b.example", "Rcpt: c@d.example", "X-Rspamd-Rcpt-Esmtp-Args: 1:NOTIFY=NEVER", "X-Rspamd-Rcpt-Esmtp-Args: 7:NOTIFY=NEVER"},
			notes: 1,
			want: session.Session{HasSender: true, Sender: addr.Address{Local: "a", Domain: "b.example"},
				SenderArgs: []string{"SIZE=9", "BODY=8BITMIME"},
				Recipients: []session.Recipient{rcpt("a", "b.example"), rcpt("c", "d.example", "NOTIFY=NEVER")}}},
		{name: "facts", lines: []string{"Queue-ID: q1", "MTA-Name: mx.example", "Subject: told", "Settings-ID: strict", "MTA-Tag: in",
			"Mailer: m", "User-Agent: rspamc", "Filename: f", "Log-Tag: l", "Pass: all", "Log: no"},
			want: session.Session{QueueID: "q1", MTAName: "mx.example", Subject: "told", Profile: "strict", Macros: map[string]string{
				"mta_tag": "in", "mailer": "m", "user_agent": "rspamc", "filename": "f", "log_tag": "l", "pass": "all", "log": "no"}}},
		{name: "tls", lines: []string{"TLS-Cipher: AES", "TLS-Version: TLSv1.3", "TLS-Cert-Issuer: CA"},
			want: session.Session{TLS: &session.TLS{Version: "TLSv1.3", Cipher: "AES", CertIssuer: "CA"}}},
		{name: "query", query: "ip=192.0.2.7&rcpt=a@b.example&rcpt=c@d.example&helo=h%2Eexample&bad=%zz",
			want: session.Session{HELO: "h.example", Client: session.Client{IP: netip.MustParseAddr("192.0.2.7")},
				Recipients: []session.Recipient{rcpt("a", "b.example"), rcpt("c", "d.example")}}},
		{name: "header before query", query: "helo=q.example", lines: []string{"Helo: h.example"},
			want: session.Session{HELO: "h.example"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, f := readRequest(ask(t, tt.query, tt.lines...), now)
			if f != nil {
				t.Fatal(f)
			}
			tt.want.Door, tt.want.Started = Name, now
			if diff := cmp.Diff(tt.want, *req.session, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("session (-want +got):\n%s", diff)
			}
			if len(req.notes) != tt.notes {
				t.Errorf("notes %q, want %d", req.notes, tt.notes)
			}
		})
	}
}

func TestReadFlags(t *testing.T) {
	tests := []struct {
		lines []string
		want  request
	}{
		{[]string{"Flags: body_block"}, request{}},
		{[]string{"Flags: Groups, no_log , milter,ext_urls"}, request{groups: true, extendedURLs: true}},
		{[]string{"Flags: pass_all,skip"}, request{skip: true}},
		{[]string{"Flags: groups", "Flags: skip_process"}, request{groups: true, skip: true}},
		{[]string{"URL-Format: extended"}, request{extendedURLs: true}},
		{[]string{"Raw: yes"}, request{raw: true}},
		{[]string{"Raw: no"}, request{}},
	}
	for _, tt := range tests {
		got, f := readRequest(ask(t, "", tt.lines...), now)
		if f != nil {
			t.Fatal(f)
		}
		if got.skip != tt.want.skip || got.groups != tt.want.groups || got.extendedURLs != tt.want.extendedURLs || got.raw != tt.want.raw {
			t.Errorf("%q: got %+v", tt.lines, got)
		}
	}
}

func TestPathList(t *testing.T) {
	tests := map[string][]string{
		"":                        nil,
		" , ,":                    nil,
		"a@b":                     {"a@b"},
		"a@b,c@d":                 {"a@b", "c@d"},
		`"a,b"@c, "d\",e"@f`:      {`"a,b"@c`, `"d\",e"@f`},
		"<@a,@b:c@d>,e@f":         {"<@a,@b:c@d>", "e@f"},
		"<open@b, c@d":            {"<open@b, c@d"},
		`"open, c@d`:              {`"open, c@d`},
		"a@b>,c@d":                {"a@b>", "c@d"},
		strings.Repeat("a,", 300): slices.Repeat([]string{"a"}, 300),
	}
	for in, want := range tests {
		if got := slices.Collect(pathList(in)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	for field, want := range map[string]bool{
		"": false, "zstd": true, "gzip, ZSTD": true, "zstd;q=0.1": true, "zstd; q=0": false, "zstd;q=0.000": false, "br": false,
	} {
		if got := accepts(field, "zstd"); got != want {
			t.Errorf("%q: %v", field, got)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no port", func(o *Options) { o.Listen = "localhost" }, "listen: "},
		{"bad port", func(o *Options) { o.Listen = "localhost:http" }, "listen: "},
		{"relative socket", func(o *Options) { o.Listen = "unix:s" }, "listen: "},
		{"tiny", func(o *Options) { o.MaxSize = 1 }, "max_size: "},
		{"no room", func(o *Options) { o.MaxBuffered = o.MaxSize }, "max_buffered: "},
		{"no connections", func(o *Options) { o.MaxConnections = 0 }, "max_connections: "},
		{"no time", func(o *Options) { o.Timeout = 0 }, "timeout: "},
		{"no drain", func(o *Options) { o.Drain = 0 }, "drain: "},
	}
	for _, tt := range tests {
		o := DefaultOptions()
		tt.change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// FuzzReadRequest gives headers, one a line, and a query from outside.
func FuzzReadRequest(f *testing.F) {
	f.Add("", "IP: 192.0.2.1\nHelo: h\nFrom: <a@b>\nRcpt: <a@b>,\"c,d\"@e\nFlags: groups,skip\nX-Rspamd-Rcpt-Esmtp-Args: 0:A=B")
	f.Add("ip=::1&rcpt=a@b", "From: <>\nHostname: unknown\nTLS-Cipher: x\nRaw: yes")
	f.Fuzz(func(t *testing.T, query, lines string) {
		r := ask(t, query, strings.Split(lines, "\n")...)
		req, fail := readRequest(r, now)
		if fail != nil {
			if fail.status < 400 || fail.text == "" {
				t.Fatalf("refused with %+v", fail)
			}
			return
		}
		s := req.session
		if len(s.Recipients) > maxRecipients || len(s.SenderArgs) > maxArgs {
			t.Errorf("%d recipients, %d arguments", len(s.Recipients), len(s.SenderArgs))
		}
		for _, r := range s.Recipients {
			if r.Address.IsZero() {
				t.Error("a recipient without an address")
			}
		}
		if s.Client.IP.Is4In6() || s.Client.IP.Zone() != "" {
			t.Errorf("client %s", s.Client.IP)
		}
	})
}

func FuzzTextConn(f *testing.F) {
	f.Add([]byte("CHECK RSPAMC/1.3\r\nA: b\r\n\r\n"))
	f.Add([]byte("POST /checkv2 HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c := &textConn{Conn: readerConn{Reader: strings.NewReader(string(in))}}
		var out []byte
		buf := make([]byte, 7)
		for {
			n, err := c.Read(buf)
			out = append(out, buf[:n]...)
			if err != nil {
				break
			}
		}
		if !c.isText() && string(out) != string(in) {
			t.Errorf("HTTP changed: %q to %q", in, out)
		}
		if c.isText() && !strings.HasPrefix(string(out), "POST /") {
			t.Errorf("text became %q", out)
		}
	})
}
