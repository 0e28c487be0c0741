package rspamd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"postern/internal/check"
	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// post sends a request and gives status, header and body.
func post(t testing.TB, s *Server, path string, header map[string]string, body []byte) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequest("POST", "http://"+s.Addr().String()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, got
}

func TestPaths(t *testing.T) {
	s := start(t, &fakeEngine{}, nil)
	tests := []struct {
		path   string
		status int
		want   string
	}{
		{"/ping", 200, "pong\r\n"},
		{"/checkv2", 200, `{"is_skipped":false,"score":-0.1,"required_score":15,"action":"no action"`},
		{"/check", 200, `{"default":{"is_spam":false,"is_skipped":false,"score":-0.1`},
		{"/symbols", 200, `{"default":{`},
		{"/scan", 200, `{"default":{`},
		{"/report", 200, `{"default":{`},
		{"/report_ifspam", 200, `{"default":{`},
		{"/process", 200, `{"default":{`},
		{"/skip", 200, `{"default":{"is_spam":false,"is_skipped":true`},
		{"/checkv3", 400, `{"error":"invalid command"}`},
		{"/", 400, `{"error":"invalid command"}`},
		{"/checkv2/..%2f", 400, `{"error":"invalid command"}`},
	}
	for _, tt := range tests {
		status, h, body := post(t, s, tt.path, nil, []byte(plainMail))
		if status != tt.status || !strings.HasPrefix(string(body), tt.want) {
			t.Errorf("%s: got %d %.120s; want %d %s", tt.path, status, body, tt.status, tt.want)
		}
		if want := "application/json"; tt.path != "/ping" && h.Get("Content-Type") != want {
			t.Errorf("%s: content type %q, want %q", tt.path, h.Get("Content-Type"), want)
		}
	}
	if st := s.Stats(); st.Messages != 8 || st.Failures != 3 || st.Accepted == 0 {
		t.Errorf("stats: %+v", st)
	}
}

func TestRefusedRequests(t *testing.T) {
	s := start(t, &fakeEngine{}, nil)
	big := bytes.Repeat([]byte("x"), 1<<20+1)
	many := strings.Repeat("a@b.example,", maxRecipients+1)
	tests := []struct {
		name   string
		header map[string]string
		body   []byte
		status int
		text   string
	}{
		{"file", map[string]string{"File": "/etc/passwd"}, nil, 400, "never from a file"},
		{"path", map[string]string{"Path": "/etc/passwd"}, nil, 400, "never from a file"},
		{"shm", map[string]string{"Shm": "/x"}, nil, 400, "shared memory"},
		{"key", map[string]string{"Key": "a=b"}, nil, 400, "encrypted"},
		{"origin", map[string]string{"Origin": "http://evil.example"}, nil, 403, "web pages"},
		{"fetch", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, 403, "web pages"},
		{"recipients", map[string]string{"Rcpt": many}, nil, 400, "recipients"},
		{"large", nil, big, 413, "larger than 1MB"},
		{"coding", map[string]string{"Compression": "lz4"}, nil, 415, "only zstd and gzip"},
		{"bad zstd", map[string]string{"Compression": "zstd"}, []byte("no zstd"), 400, "damaged"},
		{"bad gzip", map[string]string{"Content-Encoding": "gzip"}, []byte("no gzip"), 400, "damaged"},
		{"zstd bomb", map[string]string{"Compression": "zstd"}, packZstd(t, make([]byte, 64<<20)), 413, "larger"},
		{"gzip bomb", map[string]string{"Content-Encoding": "gzip"}, packGzip(t, make([]byte, 64<<20)), 413, "larger"},
	}
	for _, tt := range tests {
		status, _, body := post(t, s, "/checkv2", tt.header, tt.body)
		var e struct{ Error string }
		if err := json.Unmarshal(body, &e); err != nil && tt.header["Compression"] == "" {
			t.Errorf("%s: %v in %s", tt.name, err, body)
		}
		if tt.header["Compression"] == "zstd" {
			if err := json.Unmarshal(unpackZstd(t, body), &e); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if status != tt.status || !strings.Contains(e.Error, tt.text) && tt.header["Compression"] != "lz4" {
			t.Errorf("%s: got %d %q; want %d %q", tt.name, status, e.Error, tt.status, tt.text)
		}
	}
}

func packZstd(t testing.TB, raw []byte) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	return enc.EncodeAll(raw, nil)
}

func unpackZstd(t testing.TB, packed []byte) []byte {
	t.Helper()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func packGzip(t testing.TB, raw []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	if _, err := zw.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestCompression(t *testing.T) {
	eng := &fakeEngine{answer: func(_ context.Context, s *session.Session, m *message.Message) engine.Outcome {
		v := clean()
		v.Reason = strings.Repeat("long ", 200)
		return outcome(s, m, v)
	}}
	s := start(t, eng, nil)
	tests := []struct {
		name, header, value string
		body                []byte
		replyHeader         string
		reply               string
	}{
		{"rspamd zstd", "Compression", "zstd", packZstd(t, []byte(plainMail)), "Compression", "zstd"},
		{"http zstd", "Content-Encoding", "zstd", packZstd(t, []byte(plainMail)), "Content-Encoding", ""},
		{"http gzip", "Content-Encoding", "gzip", packGzip(t, []byte(plainMail)), "Content-Encoding", ""},
		{"accept zstd", "Accept-Encoding", "gzip;q=0.5, zstd", []byte(plainMail), "Content-Encoding", "zstd"},
		{"accept gzip", "Accept-Encoding", "br, gzip", []byte(plainMail), "Content-Encoding", "gzip"},
		{"refuse gzip", "Accept-Encoding", "gzip;q=0", []byte(plainMail), "Content-Encoding", ""},
	}
	for _, tt := range tests {
		status, h, body := post(t, s, "/checkv2", map[string]string{tt.header: tt.value}, tt.body)
		if status != 200 || h.Get(tt.replyHeader) != tt.reply {
			t.Errorf("%s: got %d with %s %q, want %q", tt.name, status, tt.replyHeader, h.Get(tt.replyHeader), tt.reply)
		}
		switch tt.reply {
		case "zstd":
			body = unpackZstd(t, body)
		case "gzip":
			var err error
			if body, err = unpackGzip(body, 1<<20); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if !json.Valid(body) {
			t.Errorf("%s: got %q", tt.name, body)
		}
		if got := eng.last(t).raw; got != plainMail {
			t.Errorf("%s: engine got %q", tt.name, got)
		}
	}
}

func TestStages(t *testing.T) {
	refuse := func(code int, a verdict.Action) *verdict.Verdict {
		return &verdict.Verdict{Action: a, Observed: a, Reply: verdict.Reply{Code: code, Text: "no"}, Thresholds: verdict.NoThresholds()}
	}
	all := map[string]string{"Helo": "h.example", "From": "<a@b.example>", "Rcpt": "c@d.example, e@f.example"}
	tests := []struct {
		name   string
		eng    *fakeEngine
		header map[string]string
		stages string
		action string
		stage  string
		others int
	}{
		{name: "bare", eng: &fakeEngine{}, stages: "connect message", action: "no action", stage: "message"},
		{name: "all", eng: &fakeEngine{}, header: all, action: "no action", stage: "message",
			stages: "connect helo mail rcpt c@d.example rcpt e@f.example message"},
		{name: "refused at mail", header: all, stages: "connect helo mail", action: "reject", stage: "mail",
			eng: &fakeEngine{at: func(s check.Stage) *verdict.Verdict {
				if s != check.Mail {
					return nil
				}
				return refuse(550, verdict.Reject)
			}}},
		{name: "one recipient refused", header: all, action: "no action", stage: "message", others: 1,
			stages: "connect helo mail rcpt c@d.example rcpt e@f.example message",
			eng: &fakeEngine{recipient: func(r *session.Recipient) *verdict.Verdict {
				if r.Address.Local == "e" {
					return nil
				}
				return refuse(550, verdict.Reject)
			}}},
		{name: "all recipients refused", header: all, action: "soft reject", stage: "rcpt", others: 2,
			stages: "connect helo mail rcpt c@d.example rcpt e@f.example",
			eng: &fakeEngine{recipient: func(r *session.Recipient) *verdict.Verdict {
				if r.Address.Local == "e" {
					return refuse(451, verdict.SoftReject)
				}
				return refuse(550, verdict.Reject)
			}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, tt.eng, nil)
			_, _, body := post(t, s, "/checkv2", tt.header, []byte(plainMail))
			var got struct {
				Action  string
				Postern struct {
					Case, Stage string
					Recipients  []json.RawMessage
				}
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if stages := strings.Join(tt.eng.stages, " "); stages != tt.stages {
				t.Errorf("stages: got %s; want %s", stages, tt.stages)
			}
			if got.Action != tt.action || got.Postern.Stage != tt.stage || got.Postern.Case != "case-1" || len(got.Postern.Recipients) != tt.others {
				t.Errorf("got %+v; want %s at %s", got, tt.action, tt.stage)
			}
		})
	}
}

// TestWire sends bytes that no HTTP library would.
func TestWire(t *testing.T) {
	eng := &fakeEngine{}
	s := start(t, eng, func(o *Options) { o.ReadTimeout = unit.Duration(time.Second) })
	length := fmt.Sprintf("Content-Length: %d\r\n", len(plainMail))
	tests := []struct {
		name, send string
		half       bool
		want       string // prefix of the answer
		has        string
		raw        string // what the engine must get, "" when nothing
	}{
		{"http 1.0", "POST /checkv2 HTTP/1.0\r\n" + length + "\r\n" + plainMail, false, "HTTP/1.0 200 OK\r\n", `"action":"no action"`, plainMail},
		{"half closed", "POST /checkv2 HTTP/1.0\r\n" + length + "\r\n" + plainMail, true, "HTTP/1.0 200 OK\r\n", `"action":"no action"`, plainMail},
		{"bare LF", "POST /checkv2 HTTP/1.0\nContent-Length: 5\n\nhello", false, "HTTP/1.0 200 OK\r\n", `"action"`, "hello"},
		{"no length", "POST /checkv2 HTTP/1.0\r\n\r\n", false, "HTTP/1.0 200 OK\r\n", `"action"`, "empty"},
		{"get", "GET /checkv2 HTTP/1.0\r\n\r\n", false, "HTTP/1.0 200 OK\r\n", `"action"`, "empty"},
		{"get ping", "GET /ping HTTP/1.0\r\n\r\n", false, "HTTP/1.0 200 OK\r\n", "pong\r\n", ""},
		{"chunked", "POST /checkv2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nA: \r\n2\r\nb\n\r\n0\r\n\r\n", false, "HTTP/1.1 200 OK\r\n", `"action"`, "A: b\n"},
		{"expect", "POST /checkv2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", `"action"`, "hi"},
		{"bad chunk", "POST /checkv2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", false, "HTTP/1.1 400 Bad Request\r\n", "did not come whole", ""},
		{"short body", "POST /checkv2 HTTP/1.0\r\nContent-Length: 99\r\n\r\nhi", true, "HTTP/1.0 400 Bad Request\r\n", "did not come whole", ""},
		{"slow body", "POST /checkv2 HTTP/1.0\r\nContent-Length: 99\r\n\r\nhi", false, "HTTP/1.0 408 Request Timeout\r\n", "in time", ""},
		{"slow header", "POST /checkv2 HTTP/1.0\r\nContent-Le", false, "", "", ""},
		{"nothing", "", true, "", "", ""},
		{"garbage", "\x00\x01\x02\xff\r\n\r\n", false, "HTTP/1.1 400 Bad Request\r\n", "", ""},
		{"negative length", "POST /checkv2 HTTP/1.0\r\nContent-Length: -1\r\n\r\n", false, "HTTP/1.1 400 Bad Request\r\n", "", ""},
		{"two lengths", "POST /checkv2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", false, "HTTP/1.1 400 Bad Request\r\n", "", ""},
		{"huge length", "POST /checkv2 HTTP/1.0\r\nContent-Length: 99999999999\r\n\r\n", false, "HTTP/1.0 413 Request Entity Too Large\r\n", "larger than", ""},
		{"huge header", "POST /checkv2 HTTP/1.0\r\nRcpt: " + strings.Repeat("a", 300<<10) + "\r\n\r\n", false, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "", ""},
		{"options", "OPTIONS * HTTP/1.0\r\n\r\n", false, "HTTP/1.0 400 Bad Request\r\n", "invalid command", ""},
		{"text check", "CHECK RSPAMC/1.3\r\nContent-length: 2\r\nQueue-Id: q1\r\nFrom: <>\r\nRecipient-Number: 1\r\nRcpt: <a@b.example>\r\n\r\nhi", false,
			"RSPAMD/1.3 0 EX_OK\r\nMetric: default; False; -0.10 / 15.00 / 0.0\r\nAction: no action\r\n", "Symbol: MIME_GOOD(-0.10)\r\n", "hi"},
		{"text ping", "PING RSPAMC/1.3\r\n\r\n", false, "RSPAMD/1.3 0 PONG\r\n", "", ""},
		{"text too large", "CHECK RSPAMC/1.3\r\nContent-length: 9999999\r\n\r\n", false, "RSPAMD/1.3 413 ERROR\r\n", "larger than", ""},
		{"text unknown", "LEARN RSPAMC/1.3\r\n\r\n", false, "HTTP/1.1 400 Bad Request\r\n", "", ""},
		{"spamc", "CHECK SPAMC/1.2\r\n\r\n", false, "HTTP/1.1 400 Bad Request\r\n", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eng.mu.Lock()
			eng.seen = nil
			eng.mu.Unlock()
			got := talk(t, s, tt.send, tt.half)
			if !strings.HasPrefix(got, tt.want) || !strings.Contains(got, tt.has) {
				t.Errorf("got %q; want %q with %q", got, tt.want, tt.has)
			}
			switch tt.raw {
			case "":
				if len(eng.seen) > 0 {
					t.Errorf("the engine was asked about %q", eng.seen[0].raw)
				}
			case "empty":
				if raw := eng.last(t).raw; raw != "" {
					t.Errorf("engine got %q, want nothing", raw)
				}
			default:
				if raw := eng.last(t).raw; raw != tt.raw {
					t.Errorf("engine got %q; want %q", raw, tt.raw)
				}
			}
		})
	}
}

func TestTextSession(t *testing.T) {
	eng := &fakeEngine{}
	s := start(t, eng, nil)
	talk(t, s, "CHECK RSPAMC/1.3\r\nContent-length: 2\r\nQueue-Id: 1abc-def\r\nFrom: <>\r\nRecipient-Number: 2\r\n"+
		"Rcpt: <a@b.example>\r\nRcpt: <c@d.example>\r\nHelo: h.example\r\nHostname: n.example\r\nIP: 192.0.2.9\r\nUser: u\r\n\r\nhi", false)
	got := eng.last(t).session
	if !got.Bounce() || len(got.Recipients) != 2 || got.HELO != "h.example" || got.Client.Name != "n.example" ||
		got.Client.IP.String() != "192.0.2.9" || got.User != "u" || got.QueueID != "1abc-def" {
		t.Errorf("session: %+v", got)
	}
}

func TestKeepAlive(t *testing.T) {
	s := start(t, &fakeEngine{}, nil)
	one := "POST /checkv2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
	got := talk(t, s, one+one+strings.Replace(one, "Host", "Connection: close\r\nHost", 1), false)
	if n := strings.Count(got, "HTTP/1.1 200 OK"); n != 3 {
		t.Errorf("%d answers, want 3: %s", n, got)
	}
}

// TestNewTakesEngine keeps the promise that an engine's handle fits.
func TestNewTakesEngine(t *testing.T) {
	var eng Engine = (*engine.Handle)(nil)
	if New(DefaultOptions(), eng, message.DefaultLimits(), slog.New(slog.DiscardHandler)) == nil {
		t.Error("no server")
	}
}
