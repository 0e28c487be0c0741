package milter_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"postern/internal/door/milter"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// packet makes a packet as it goes over the wire.
func packet(code byte, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))
	return append(append(b, code), data...)
}

// join joins packets.
func join(packets ...[]byte) []byte { return bytes.Join(packets, nil) }

var (
	negotiation = packet('O', "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff")
	connected   = packet('C', "mail.example.com\x004\x9c\x40192.0.2.1\x00")
	mailed      = join(packet('M', "<a@example.com>\x00"), packet('R', "<b@example.net>\x00"))
)

// Each of these breaks the protocol: the connection is closed with a log line,
// and the next one is served as if nothing had been.
func TestBrokenDialogues(t *testing.T) {
	tests := []struct {
		name string
		say  []byte
		log  string
	}{
		{"packet of length 0", []byte{0, 0, 0, 0}, "packet of length 0"},
		{"packet of length 0 later", join(negotiation, []byte{0, 0, 0, 0}), "packet of length 0"},
		{"huge packet", join(negotiation, []byte{0xff, 0xff, 0xff, 0xff, 'L'}), "4294967295 bytes"},
		{"huge body chunk", join(negotiation, connected, mailed, []byte{0, 0x10, 0, 1, 'B'}), "1048577 bytes"},
		{"no negotiation", connected, "before negotiation"},
		{"macros before negotiation", packet('D', "Cj\x00a\x00"), "before negotiation"},
		{"short negotiation", packet('O', "\x00\x00\x00\x06"), "negotiation of 4 bytes"},
		{"empty negotiation", packet('O', ""), "negotiation of 0 bytes"},
		{"ancient version", packet('O', "\x00\x00\x00\x01\x00\x00\x01\xff\x00\x1f\xff\xff"), "version 1"},
		{"second negotiation", join(negotiation, negotiation), "second negotiation"},
		{"unknown command", join(negotiation, packet('?', "x")), "unknown command"},
		{"answer as a command", join(negotiation, packet('y', "550 no\x00")), "unknown command"},
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "1195725856 bytes"},
		{"connect without NUL", join(negotiation, packet('C', "mail.example.com")), "without an address family"},
		{"connect without family", join(negotiation, packet('C', "mail.example.com\x00")), "without an address family"},
		{"connect without address", join(negotiation, packet('C', "a\x004\x01")), "without an address"},
		{"connect with a bad address", join(negotiation, packet('C', "a\x004\x00\x19999.1.1.1\x00")), "not an IP address"},
		{"connect of unknown family", join(negotiation, packet('C', "a\x00Z\x00\x191.1.1.1\x00")), "unknown address family"},
		{"empty connect", join(negotiation, packet('C', "")), "without an address family"},
		{"empty mail", join(negotiation, connected, packet('M', "")), "MAIL without an address"},
		{"empty rcpt", join(negotiation, connected, packet('M', "<a@b>\x00"), packet('R', "")), "RCPT without an address"},
		{"empty macro", join(negotiation, packet('D', "")), "macros without the command"},
		{"rcpt before mail", join(negotiation, connected, packet('R', "<a@b>\x00")), "before MAIL"},
		{"header before mail", join(negotiation, connected, packet('L', "A\x00b\x00")), "content without MAIL"},
		{"body before mail", join(negotiation, connected, packet('B', "text")), "content without MAIL"},
		{"end before mail", join(negotiation, connected, packet('E', "")), "content without MAIL"},
		{"end twice", join(negotiation, connected, mailed, packet('E', ""), packet('E', "")), "content without MAIL"},
		{"header after body", join(negotiation, connected, mailed, packet('B', "x"), packet('L', "A\x00b\x00")), "after the body"},
		{"header without NUL", join(negotiation, connected, mailed, packet('L', "Subject: x")), "without name or value"},
		{"header without name", join(negotiation, connected, mailed, packet('L', "\x00x\x00")), "without name or value"},
		{"empty header", join(negotiation, connected, mailed, packet('L', "")), "without name or value"},
	}
	e := usual()
	d := open(t, e)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := d.dialRaw(t)
			if err := c.Write(tt.say); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c.Conn()); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatal(err)
			}
			d.log.waitFor(t, tt.log)
		})
	}
	deliver(t, d, e)
	if s := d.Stats(); s.Faults != int64(len(tests)) || s.Panics != 0 {
		t.Errorf("got %d faults and %d panics of %d broken dialogues", s.Faults, s.Panics, len(tests))
	}
}

// deliver shows that the door still works.
func deliver(t testing.TB, d *door, e *fake) {
	t.Helper()
	before := e.count()
	c := d.dial(t)
	begin(t, c)
	a, err := c.Content([]byte(plain))
	must(t, a, err)('c')
	if e.count() != before+1 {
		t.Error("the engine has not seen the message")
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
}

// What is odd but clear is accepted.
func TestOddPackets(t *testing.T) {
	tests := []struct {
		name string
		say  []byte
		want string
	}{
		{"mail and rcpt without NUL", join(packet('M', "<a@example.com>"), packet('R', "<b@example.net>"), packet('E', "")), "\r\n"},
		{"NUL within a header", join(mailed, packet('L', "A\x00 b\x00c\x00"), packet('E', "")), "A: b\x00c\r\n\r\n"},
		{"header without its last NUL", join(mailed, packet('L', "A\x00 b"), packet('E', "")), "A: b\r\n\r\n"},
		{"empty value", join(mailed, packet('L', "A\x00\x00"), packet('E', "")), "A:\r\n\r\n"},
		{"CRLF in a folded value", join(mailed, packet('L', "A\x00 b\r\n c\n d\x00"), packet('E', "")), "A: b\r\n c\r\n d\r\n\r\n"},
		{"last chunk with the end", join(mailed, packet('L', "A\x00 b\x00"), packet('B', "x"), packet('E', "yz")), "A: b\r\n\r\nxyz"},
		{"empty chunks", join(mailed, packet('B', ""), packet('B', "x"), packet('B', ""), packet('E', "")), "\r\nx"},
		{"end of header twice", join(mailed, packet('N', ""), packet('N', ""), packet('B', "x"), packet('E', "")), "\r\nx"},
		{"odd macros", join(packet('D', "M{x\x00"), packet('D', "M{}\x00\x00\x00"), packet('D', "Zi\x00a\x00"), packet('D', "Ei\x00a"), mailed, packet('E', "")), "\r\n"},
		{"abort and quit of nothing", join(packet('A', ""), packet('A', "x"), mailed, packet('E', "")), "\r\n"},
		{"unknown and data", join(packet('U', "HELP\x00"), mailed, packet('T', ""), packet('E', "")), "\r\n"},
		{"address that is none", join(packet('M', ">@<\x00"), packet('R', "\x00\x00\x00"), packet('E', "")), "\r\n"},
	}
	e := usual()
	d := open(t, e)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := e.count()
			c := d.dial(t)
			if err := c.Write(join(connected, tt.say)); err != nil {
				t.Fatal(err)
			}
			a, err := c.Answer()
			for err == nil && e.count() == before {
				a, err = c.Answer() // UNKNOWN and DATA have an answer
			}
			must(t, a, err)('c')
			if got := e.last(t).raw; got != tt.want {
				t.Errorf("got message %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStalls(t *testing.T) {
	e := usual()
	d := open(t, e, func(o *milter.Options) {
		o.StallTimeout, o.Timeout = unit.Duration(200*time.Millisecond), unit.Duration(500*time.Millisecond)
	})
	for name, say := range map[string][]byte{
		"half a head": {0, 0}, "half a packet": join(negotiation, packet('M', "<a@b>\x00")[:8]),
		"half a chunk": join(negotiation, connected, mailed, packet('B', "hello")[:7]), "silence": negotiation,
		"half a long packet": join(negotiation, []byte{0, 8, 0, 0, 'L'}, bytes.Repeat([]byte{'x'}, 100_000)),
	} {
		t.Run(name, func(t *testing.T) {
			c := d.dialRaw(t)
			if err := c.Write(say); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			if _, err := io.Copy(io.Discard, c.Conn()); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatal(err)
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("closed after %v", took)
			}
		})
	}
	deliver(t, d, e)
}

// A mail server that sends and never reads must not hold a goroutine.
func TestClientThatNeverReads(t *testing.T) {
	e := usual().saying(verdict.Verdict{Headers: []verdict.HeaderChange{
		{Op: verdict.AddHeaderField, Name: "X-Long", Value: strings.Repeat("x", 200_000)}}})
	d := open(t, e, func(o *milter.Options) { o.StallTimeout = unit.Duration(300 * time.Millisecond) })
	c := d.dial(t)
	c.Timeout = 10 * time.Second
	begin(t, c)
	go func() {
		for range 200 {
			if c.Write(join(mailed, packet('E', ""))) != nil {
				return
			}
		}
	}()
	d.log.waitFor(t, "writing an answer")
	deliver(t, d, e)
}

func TestPanic(t *testing.T) {
	e := usual()
	e.message = func(_ context.Context, _ *session.Session, m *message.Message) verdict.Verdict {
		if bytes.Contains(m.Raw(), []byte("bomb")) {
			panic("bomb")
		}
		return verdict.Verdict{}
	}
	d := open(t, e)
	c := d.dial(t)
	begin(t, c)
	a, err := c.Content([]byte("Subject: bomb\r\n\r\n"))
	must(t, a, err)('t')
	envelope(t, c)
	a, err = c.Content([]byte(plain))
	must(t, a, err)('c')
	d.log.waitFor(t, "panic while serving")
	if s := d.Stats(); s.Panics != 1 || s.Messages != 2 || s.Active != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestManyHeaders(t *testing.T) {
	e := usual()
	c := open(t, e).dial(t)
	begin(t, c)
	var want strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&want, "X-Field-%d: value %d\r\n", i, i)
	}
	want.WriteString("\r\nbody")
	a, err := c.Content([]byte(want.String()))
	must(t, a, err)('c')
	if got := e.last(t); got.raw != want.String() || got.session.Truncated {
		t.Errorf("10,000 header fields: got %d bytes, want %d", len(got.raw), want.Len())
	}
}

// Of a body beyond the limit only its beginning is kept, whether the mail
// server can be told to stop or not.
func TestLargeBody(t *testing.T) {
	const limit, size = 1 << 20, 100 << 20
	body := bytes.Repeat([]byte(strings.Repeat("x", 62)+"\r\n"), size/64)
	mail := append([]byte("Subject: large\r\n\r\n"), body...)
	for name, protocol := range map[string]uint32{"silent": 0x1fffff, "skip": 0x400, "neither": 0} {
		t.Run(name, func(t *testing.T) {
			e := usual()
			d := open(t, e, func(o *milter.Options) { o.MaxSize = limit })
			c := d.dialOffering(t, 6, 0x1ff, protocol)
			begin(t, c)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			a, err := c.Content(mail)
			must(t, a, err)('c')
			runtime.ReadMemStats(&after)
			got := e.last(t)
			if len(got.raw) != limit || !bytes.HasPrefix(mail, []byte(got.raw)) || !got.session.Truncated {
				t.Errorf("got %d bytes, truncated %v", len(got.raw), got.session.Truncated)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 8*limit {
				t.Errorf("took %d bytes of memory for a message of which %d are kept", grown, limit)
			}
			d.log.waitFor(t, "larger than max_size")
		})
	}
}

func TestLargeHeader(t *testing.T) {
	e := usual()
	d := open(t, e, func(o *milter.Options) { o.MaxSize = 64 << 10 })
	c := d.dial(t)
	begin(t, c)
	a, err := c.Content([]byte("A: b\r\nB: " + strings.Repeat("x", 100_000) + "\r\nC: d\r\n\r\nbody"))
	must(t, a, err)('c')
	if got := e.last(t); got.raw != "A: b\r\nC: d\r\n\r\nbody" || !got.session.Truncated {
		t.Errorf("got %d bytes, truncated %v", len(got.raw), got.session.Truncated)
	}
}

// Whatever mail servers do, the goroutines are gone afterwards.
func TestGoroutinesReturnToRest(t *testing.T) {
	rest := runtime.NumGoroutine()
	e := usual()
	d := open(t, e)
	for i := range 50 {
		c := d.dial(t)
		begin(t, c)
		switch i % 3 {
		case 0:
			a, err := c.Content([]byte(plain))
			must(t, a, err)('c')
		case 1:
			_ = c.Close()
		}
	}
	d.stop()
	for range 100 {
		if runtime.NumGoroutine() <= rest {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > rest {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", rest, n, buf[:runtime.Stack(buf, true)])
	}
	if s := d.Stats(); s.Active != 0 || s.Connections != 50 {
		t.Errorf("got %+v", s)
	}
}
