package milter

import (
	"encoding/binary"
	"fmt"
	"testing"

	"postern/internal/engine"
)

func offer(version, actions, protocol uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, version)
	b = binary.BigEndian.AppendUint32(b, actions)
	return binary.BigEndian.AppendUint32(b, protocol)
}

func TestAgree(t *testing.T) {
	all := engine.Wants{Connect: true, Helo: true, Mail: true, Rcpt: true, Header: true, Body: true}
	early := all
	early.Early = true
	const everything = ^uint32(0)
	tests := []struct {
		name                       string
		version, actions, protocol uint32
		wants                      engine.Wants
		want                       string
	}{
		{"Postfix", 6, 0x1ff, 0x1fffff, all, "6 1fd 1f73c0"},
		{"Postfix, verdicts before RCPT", 6, 0x1ff, 0x1fffff, early, "6 1fd 1f03c0"},
		{"Postfix, nothing but the envelope", 6, 0x1ff, 0x1fffff, engine.Wants{Mail: true}, "6 1fd 1ff3f0"},
		{"Postfix, nothing but headers", 6, 0x1ff, 0x1fffff, engine.Wants{Header: true}, "6 1fd 1ff3d0"},
		{"everything there may ever be", 99, everything, everything, all, "6 1fd 1f73c0"},
		{"no silence about the body", 6, 0x1ff, 0x400, all, "6 1fd 400"},
		{"nothing offered", 6, 0, 0, all, "6 0 0"},
		{"version 2", 2, everything, everything, all, "2 3d 40"},
		{"version 3", 3, everything, everything, all, "3 3d 140"},
		{"version 4", 4, everything, everything, all, "4 3d 340"},
		{"version 5", 5, everything, everything, all, "5 3d 340"},
	}
	for _, tt := range tests {
		a, err := agree(offer(tt.version, tt.actions, tt.protocol), tt.wants)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := fmt.Sprintf("%d %x %x", a.version, a.actions, a.protocol); got != tt.want {
			t.Errorf("%s: agreed on %s, want %s", tt.name, got, tt.want)
		}
		if lists := len(a.encode()) > 12; lists != (tt.version >= 6 && tt.actions != 0) {
			t.Errorf("%s: macro lists are sent: %v", tt.name, lists)
		}
	}
}

func TestSplitListen(t *testing.T) {
	for in, want := range map[string]string{
		"": " ", "127.0.0.1:11332": "tcp 127.0.0.1:11332", "[::1]:1": "tcp [::1]:1", ":11332": "tcp :11332",
		"unix:/run/x.sock": "unix /run/x.sock",
	} {
		network, address, err := splitListen(in)
		if got := network + " " + address; err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"11332", "localhost", "unix:x.sock", "unix:", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "::1:1"} {
		if _, _, err := splitListen(in); err == nil {
			t.Errorf("%q: accepted", in)
		}
	}
}
