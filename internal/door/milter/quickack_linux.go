package milter

import (
	"net"
	"syscall"
	"unsafe"

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
	on := int32(1)
	set := func(fd uintptr) {
		// Only speed is lost where it fails.
		_, _, _ = syscall.RawSyscall6(unix.SYS_SETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK,
			uintptr(unsafe.Pointer(&on)), unsafe.Sizeof(on), 0)
	}
	return func() { _ = raw.Control(set) }
}
