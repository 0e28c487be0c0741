package listen

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "127.0.0.1:0": true, "[::1]:11333": true, ":11333": true, "unix:/run/x": true,
		"localhost": false, "127.0.0.1:http": false, "127.0.0.1:99999": false, "unix:x": false, "::1:11333": false,
	} {
		if err := Check(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	for mode, ok := range map[string]bool{"0660": true, "600": true, "": false, "0888": false, "7777": false} {
		if err := CheckMode(mode); (err == nil) != ok {
			t.Errorf("mode %q: %v", mode, err)
		}
	}
}

func open(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := Open(context.Background(), address, "0600")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestOpen(t *testing.T) {
	if l, err := Open(context.Background(), "", ""); l != nil || err != nil {
		t.Errorf("nowhere: %v, %v", l, err)
	}
	tcp := Name(open(t, "127.0.0.1:0"))
	if _, err := Open(context.Background(), tcp, ""); err == nil || !strings.Contains(err.Error(), tcp) {
		t.Errorf("a port in use is not named: %v", err)
	}
	path := filepath.Join(t.TempDir(), "s")
	if got := Name(open(t, "unix:"+path)); got != "unix:"+path {
		t.Errorf("name %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of socket: %v, %v", info, err)
	}
	if _, err := Open(context.Background(), "unix:"+path, "0600"); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("a socket in use: %v", err)
	}
}

func TestOpenOverOldSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	old, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	old.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, "unix:"+path)
}

func TestOpenSparesFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), "unix:"+path, "0600"); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("a file in the way: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "precious" {
		t.Errorf("the file is %q, %v", got, err)
	}
}
