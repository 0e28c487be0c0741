package listen

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// pair gives both ends of a connection.
func pair(t *testing.T, network, address string) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if theirs, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if ours, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ours.Close()
		theirs.Close()
	})
	return Quick(ours), theirs
}

// TestQuick sends more than a socket's buffers hold both ways at the same
// time, and looks at how a connection ends.
func TestQuick(t *testing.T) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			ours, theirs := pair(t, network, address)
			data := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
			go func() { _, _ = theirs.Write(data) }()
			back := make(chan []byte)
			go func() {
				got := make([]byte, len(data))
				_, _ = io.ReadFull(theirs, got)
				back <- got
			}()
			wrote := make(chan error)
			go func() {
				_, err := ours.Write(data)
				wrote <- err
			}()
			got := make([]byte, len(data))
			if _, err := io.ReadFull(ours, got); err != nil || !bytes.Equal(got, data) {
				t.Errorf("what was read is not what was sent: %v", err)
			}
			if err := <-wrote; err != nil {
				t.Error(err)
			}
			if !bytes.Equal(<-back, data) {
				t.Error("what arrived is not what was written")
			}
			if err := ours.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := ours.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("past the deadline: %v", err)
			}
			if err := ours.SetReadDeadline(time.Time{}); err != nil {
				t.Fatal(err)
			}
			theirs.Close()
			if n, err := ours.Read(got); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("after the end: %d, %v", n, err)
			}
			ours.Close()
			if _, err := ours.Write(got); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after closing: %v", err)
			}
		})
	}
}
