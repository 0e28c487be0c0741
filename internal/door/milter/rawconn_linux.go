package milter

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawConn reads and writes a connection by system calls that never block, of
// which the Go scheduler is not told. Package net tells it, and each time the
// scheduler wakes a thread of its own that watches for calls that take long:
// behind a mail server that sends a mail's packets one by one this costs as
// much as examining the mail. The waiting itself is package net's.
type rawConn struct {
	net.Conn
	raw syscall.RawConn

	// The call under way; kept here so that it needs no memory of its own.
	p     []byte
	n     int
	errno syscall.Errno
	read  func(fd uintptr) bool
	write func(fd uintptr) bool
}

// newRawConn wraps a connection, or returns it as it is where it gives no
// access to its descriptor.
func newRawConn(conn net.Conn) net.Conn {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return conn
	}
	c := &rawConn{Conn: conn, raw: raw}
	c.read = func(fd uintptr) bool { return c.call(unix.SYS_READ, fd) }
	c.write = func(fd uintptr) bool { return c.call(unix.SYS_WRITE, fd) }
	return c
}

// call makes the system call, and tells whether it is done: not when it would
// have to wait.
func (c *rawConn) call(number, fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(c.p))), uintptr(len(c.p)))
		if errno == syscall.EINTR {
			continue
		}
		c.n, c.errno = int(n), errno
		return errno != syscall.EAGAIN
	}
}

// Read reads what is there, waiting until something is.
func (c *rawConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.p = p
	err := c.raw.Read(c.read)
	c.p = nil
	switch {
	case err != nil:
		return 0, err
	case c.errno != 0:
		return 0, &net.OpError{Op: "read", Net: c.LocalAddr().Network(), Err: os.NewSyscallError("read", c.errno)}
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// Write writes all of p.
func (c *rawConn) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		c.p = p[done:]
		err := c.raw.Write(c.write)
		c.p = nil
		if err != nil {
			return done, err
		}
		if c.errno != 0 {
			return done, &net.OpError{Op: "write", Net: c.LocalAddr().Network(), Err: os.NewSyscallError("write", c.errno)}
		}
		done += c.n
	}
	return done, nil
}
