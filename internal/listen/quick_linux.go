package listen

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// quickConn reads and writes a connection by system calls that never block, of
// which the Go scheduler is not told. Package net tells it, and each time the
// scheduler wakes a thread of its own that watches for calls that take long:
// behind a mail server that sends a mail's packets one by one this costs as
// much as examining the mail. The waiting itself is package net's.
type quickConn struct {
	net.Conn
	raw         syscall.RawConn
	read, write quickCall
}

// quickCall is a system call under way; kept with the connection so that it
// needs no memory of its own.
type quickCall struct {
	number uintptr
	try    func(fd uintptr) bool
	p      []byte
	n      int
	errno  syscall.Errno
}

// Quick gives a connection whose reads and writes cost less, for doors with
// many small messages; or the connection as it is where it gives no access to
// its descriptor. One read and one write may be under way at a time.
func Quick(conn net.Conn) net.Conn {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return conn
	}
	c := &quickConn{Conn: conn, raw: raw}
	c.read.number, c.write.number = unix.SYS_READ, unix.SYS_WRITE
	c.read.try, c.write.try = c.read.call, c.write.call
	return c
}

// call makes the system call, and tells whether it is done: not when it would
// have to wait.
func (q *quickCall) call(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(q.number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(q.p))), uintptr(len(q.p)))
		if errno == syscall.EINTR {
			continue
		}
		q.n, q.errno = int(n), errno
		return errno != syscall.EAGAIN
	}
}

// Read reads what is there, waiting until something is.
func (c *quickConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.read.p = p
	err := c.raw.Read(c.read.try)
	c.read.p = nil
	switch {
	case err != nil:
		return 0, err
	case c.read.errno != 0:
		return 0, c.failed("read", c.read.errno)
	case c.read.n == 0:
		return 0, io.EOF
	}
	return c.read.n, nil
}

// Write writes all of p.
func (c *quickConn) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		c.write.p = p[done:]
		err := c.raw.Write(c.write.try)
		c.write.p = nil
		if err != nil {
			return done, err
		}
		if c.write.errno != 0 {
			return done, c.failed("write", c.write.errno)
		}
		done += c.write.n
	}
	return done, nil
}

// failed is the error that package net would give.
func (c *quickConn) failed(op string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, errno)}
}
