package policy

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// FuzzRequest reads anything: what is taken for a request is within the
// bounds, its session can be made, and it does not matter in which pieces it
// came.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(request("sender", "a@example.com", "recipient", "b@example.org", "client_address", "192.0.2.1")))
	f.Add([]byte("request=smtpd_access_policy\r\nsender=\"a b\"@[192.0.2.1]\r\n\r\nrequest=x\n\n"))
	f.Add([]byte("request=smtpd_access_policy\nccert_subject=a+20+zz+\nencryption_protocol=x\n\n"))
	f.Add([]byte("=\n\n"))
	f.Add([]byte(strings.Repeat("a=b\n", maxLines+1)))
	f.Add([]byte("a=" + strings.Repeat("b", maxValue+1) + "\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, pieces := newReader(bytes.NewReader(raw)), newReader(iotest.OneByteReader(bytes.NewReader(raw)))
		for {
			a, err := whole.read()
			b, err2 := pieces.read()
			if (err == nil) != (err2 == nil) || a != b {
				t.Fatalf("whole: %+v, %v; in pieces: %+v, %v", a, err, b, err2)
			}
			if err != nil {
				return
			}
			lines := 0
			for name, value := range a.All() {
				if lines++; name == "" || len(name) > maxName || len(value) > maxValue || strings.ContainsAny(name+value, "\n\x00") {
					t.Fatalf("attribute %q = %q", name, value)
				}
			}
			if lines > maxLines || len(a.text) > maxRequest {
				t.Fatalf("%d lines, %d bytes", lines, len(a.text))
			}
			s, r := Session(a, time.Now())
			line, err := Reject(s.Sender.String() + r.Recipient.String() + s.HELO).line()
			if err != nil || strings.ContainsAny(line, "\r\n\x00") || len(line) > maxAction {
				t.Fatalf("answer %q, %v", line, err)
			}
		}
	})
}
