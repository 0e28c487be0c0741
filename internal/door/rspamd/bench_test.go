package rspamd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"postern/internal/engine"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// usualVerdict has as many findings as ordinary mail gets.
func usualVerdict() verdict.Verdict {
	v := clean()
	for i := range 15 {
		v.Findings = append(v.Findings, verdict.Finding{
			Symbol: fmt.Sprintf("SYMBOL_NUMBER_%d", i), Group: "headers", Description: "What the symbol is about",
			Evidence: []string{"some evidence"}, Weight: 1, Score: 0.3, FullScore: 0.3,
		})
	}
	v.Headers = []verdict.HeaderChange{
		{Op: verdict.AddHeaderField, Name: "X-Spam-Status", Value: "No, score=1.0"},
		{Op: verdict.AddHeaderField, Name: "X-Spamd-Result", Value: "default: False [1.0 / 15.0];\n\tSYMBOL_NUMBER_1(0.30)[some evidence]"},
	}
	return v
}

// benchServer answers with a fixed verdict, so that what is measured is the
// door alone.
func benchServer(b *testing.B) *Server {
	v := usualVerdict()
	return start(b, &fakeEngine{mute: true, answer: func(_ context.Context, s *session.Session, m *message.Message) engine.Outcome {
		return outcome(s, m, v)
	}}, nil)
}

const benchHead = "POST /checkv2 HTTP/1.%s\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: text/plain\r\nUser-Agent: rspamc\r\n" +
	"IP: 192.0.2.1\r\nHelo: mail.example.org\r\nHostname: mail.example.org\r\nFrom: a@example.org\r\nRcpt: b@example.com\r\nQueue-ID: 4Zabc\r\n\r\n"

// benchMail is of the size of ordinary mail.
var benchMail = plainMail + strings.Repeat("A line of some text that is seventy characters long, as mail has it.\r\n", 60)

// BenchmarkCheckKeepAlive is the door's cost of one request, client included,
// on a connection that stays open.
func BenchmarkCheckKeepAlive(b *testing.B) {
	s := benchServer(b)
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	request := fmt.Sprintf(benchHead, "1", len(benchMail)) + benchMail
	defer reportCPU(b)()
	for b.Loop() {
		benchOne(b, c, r, request)
	}
}

// BenchmarkCheckConnect opens a connection for each request, as rspamc does.
func BenchmarkCheckConnect(b *testing.B) {
	s := benchServer(b)
	request := fmt.Sprintf(benchHead, "0", len(benchMail)) + benchMail
	defer reportCPU(b)()
	for b.Loop() {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		benchOne(b, c, bufio.NewReader(c), request)
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchOne(b *testing.B, c net.Conn, r *bufio.Reader, request string) {
	if _, err := io.WriteString(c, request); err != nil {
		b.Fatal(err)
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
		b.Fatal(resp.Status, err)
	}
	if err := resp.Body.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReply is the cost of the JSON alone.
func BenchmarkReply(b *testing.B) {
	res := &result{
		outcome: outcome(&session.Session{}, nil, usualVerdict()),
		message: message.Parse([]byte(benchMail), message.DefaultLimits()),
	}
	b.ReportAllocs()
	for b.Loop() {
		if n := len(newReply(&request{}, res).encode()); n < 1000 {
			b.Fatal(n)
		}
	}
}

// BenchmarkReadRequest is the cost of headers to session.
func BenchmarkReadRequest(b *testing.B) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(fmt.Sprintf(benchHead, "1", 0))))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, f := readRequest(r, now); f != nil {
			b.Fatal(f)
		}
	}
}

// reportCPU reports the CPU time of each operation, client and server
// together.
func reportCPU(b *testing.B) func() {
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := cpu()
	return func() { b.ReportMetric(float64(cpu()-before)/1e3/float64(b.N), "cpu-µs/op") }
}
