package milter

import (
	"net"

	"golang.org/x/sys/unix"
)

// quickAck gives a function that makes the kernel send a delayed
// acknowledgement at once. It does nothing where there is none to delay.
func quickAck(conn net.Conn) func() {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return func() {}
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return func() {}
	}
	set := func(fd uintptr) {
		// Only speed is lost where it fails.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	}
	return func() { _ = raw.Control(set) }
}
