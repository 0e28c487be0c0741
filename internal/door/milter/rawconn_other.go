//go:build !linux

package milter

import "net"

// newRawConn wraps a connection where that saves time: on Linux only.
func newRawConn(conn net.Conn) net.Conn { return conn }
