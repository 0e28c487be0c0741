package milter_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"postern/internal/door/milter"
)

// benchMail is 40 header fields and a body of 20 KB.
func benchMail() []byte {
	var b bytes.Buffer
	for i := range 40 {
		fmt.Fprintf(&b, "X-Header-Field-%d: a value of usual length, number %d\r\n", i, i)
	}
	b.WriteString("\r\n")
	for range 20 << 10 / 64 {
		b.WriteString(strings.Repeat("x", 62) + "\r\n")
	}
	return b.Bytes()
}

// BenchmarkMail is the cost of the protocol for one mail, both sides of it,
// with an engine that does nothing.
func BenchmarkMail(b *testing.B) {
	for _, network := range []string{"tcp", "unix"} {
		b.Run(network, func(b *testing.B) {
			e := usual()
			e.blind = true
			d := open(b, e, func(o *milter.Options) {
				if network == "unix" {
					o.Listen = "unix:" + socketPath(b)
				}
			})
			c := d.dial(b)
			mail := benchMail()
			c.Macros('C', "j", "mx.example.net", "{daemon_name}", "smtpd", "_", "mail.example.com [192.0.2.1]")
			a, err := c.Connect("mail.example.com", '4', 40000, "192.0.2.1")
			step(b, a, err)
			a, err = c.Helo("mail.example.com")
			step(b, a, err)
			packets := mailPackets(mail)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if err := c.Write(packets); err != nil {
					b.Fatal(err)
				}
				a, err := c.Answer()
				must(b, a, err)('c')
			}
		})
	}
}

// mailPackets is a mail as a mail server sends it that waits for no answer
// before the last.
func mailPackets(mail []byte) []byte {
	header, body, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	packets := join(packet('D', "Mi\x00\x00{auth_authen}\x00\x00"), packet('M', "<alice@example.com>\x00SIZE=20000\x00"),
		packet('D', "Ri\x004ABCDEF\x00"), packet('R', "<bob@example.net>\x00"))
	for field := range strings.SplitSeq(string(header), "\r\n") {
		name, value, _ := strings.Cut(field, ":")
		packets = append(packets, packet('L', name+"\x00"+value+"\x00")...)
	}
	return append(packets, join(packet('B', string(body)), packet('D', "Ei\x004ABCDEF\x00"), packet('E', ""))...)
}
