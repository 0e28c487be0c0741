package milter_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"postern/internal/door/milter"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// FuzzSession says anything at all to the door: it must answer in bounded time
// and survive.
func FuzzSession(f *testing.F) {
	whole := join(negotiation, packet('D', "Cj\x00mx\x00"), connected, packet('H', "a.example\x00"), mailed,
		packet('L', "Subject\x00 x\n\ty\x00"), packet('N', ""), packet('B', "body"), packet('E', ""), packet('Q', ""))
	f.Add(whole)
	f.Add(join(negotiation, connected, mailed, packet('A', ""), packet('K', ""), packet('T', ""), packet('U', "x\x00")))
	f.Add(join(packet('O', "\x00\x00\x00\x02\x00\x00\x00\x3f\x00\x00\x00\x7f"), connected, mailed, packet('E', "x")))
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{0, 0, 0, 0, 0})
	e := everything().saying(verdict.Verdict{Action: verdict.Quarantine, Headers: []verdict.HeaderChange{
		{Op: verdict.RemoveHeaderField, Name: "Subject", Index: 1}, {Op: verdict.AddHeaderField, Name: "X", Value: "y"}}})
	e.blind = true
	d := open(f, e, func(o *milter.Options) { o.StallTimeout = unit.Duration(20 * time.Second) })
	f.Fuzz(func(t *testing.T, say []byte) {
		conn, err := net.Dial("tcp", d.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, conn)
			ended <- err
		}()
		if _, err := conn.Write(say); err == nil {
			_ = conn.(*net.TCPConn).CloseWrite() // the door may have closed
		}
		if err := <-ended; err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("the door does not end the connection: %v", err)
		}
		if s := d.Stats(); s.Panics > 0 {
			t.Errorf("the door panicked:\n%s", d.log)
		}
	})
}
