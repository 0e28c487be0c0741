package milter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/listen"
)

// errDrained ends a connection because the daemon stops.
var errDrained = errors.New("the daemon stops")

// stream reads and writes packets on one connection, each under a deadline:
// uint32 length of what follows, command byte, data.
type stream struct {
	*buffers
	conn      net.Conn
	maxPacket uint32
	silence   time.Duration // between two packets
	stall     time.Duration // for one packet, and for one write
	ackNow    func()

	// expires is when the read or write under way has taken too long, in
	// nanoseconds since 1970; 0 when none is.
	expires atomic.Int64
	// inPacket is when the packet being read has taken too long; 0 between
	// two packets.
	inPacket int64
	// unanswered tells that bytes were read and none written since.
	unanswered bool
	large      bytes.Buffer // data that does not fit into in

	mu       sync.Mutex // guards what follows
	busy     bool       // a message is under way
	draining bool
	cut      bool // the read under way was ended by drain
}

const (
	readBuffer  = 8 << 10
	writeBuffer = 4 << 10
	// keepLarge is how much memory a connection keeps for its next packet.
	keepLarge = 64 << 10
)

// buffers is a connection's memory, which the next connection takes over:
// Postfix opens one for each of its own.
type buffers struct {
	in      *bufio.Reader
	out     *bufio.Writer
	content []byte // see content.buf
}

func newBuffers() *buffers {
	return &buffers{in: bufio.NewReaderSize(nil, readBuffer), out: bufio.NewWriterSize(nil, writeBuffer)}
}

// free makes the buffers forget their connection.
func (b *buffers) free() {
	b.in.Reset(nil)
	b.out.Reset(nil)
}

func newStream(conn net.Conn, o Options, b *buffers) *stream {
	s := &stream{
		buffers: b, conn: listen.Quick(conn), maxPacket: uint32(o.MaxPacket), ackNow: quickAck(conn),
		silence: o.Timeout.Std(), stall: o.StallTimeout.Std(),
	}
	s.in.Reset((*wire)(s))
	s.out.Reset((*wire)(s))
	return s
}

// next reads the head of a packet: its command and the size of its data, all
// of which must be read before the next call.
func (s *stream) next() (command byte, size int, err error) {
	s.inPacket = 0
	if _, err := s.in.Peek(1); err != nil {
		return 0, 0, err
	}
	s.inPacket = time.Now().Add(s.stall).UnixNano()
	head, err := s.in.Peek(4)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the head of a packet: %w", noEOF(err))
	}
	n := binary.BigEndian.Uint32(head)
	if n == 0 {
		return 0, 0, errors.New("packet of length 0")
	}
	if n > s.maxPacket {
		return 0, 0, fmt.Errorf("packet of %d bytes where %d are the most", n, s.maxPacket)
	}
	if head, err = s.in.Peek(5); err != nil {
		return 0, 0, fmt.Errorf("reading the head of a packet: %w", noEOF(err))
	}
	command = head[4]
	_, err = s.in.Discard(5)
	return command, int(n) - 1, err
}

// data reads a packet's data. It stays valid until the next read. Memory is
// taken as the bytes come, not as they are announced.
func (s *stream) data(size int) ([]byte, error) {
	if size <= readBuffer {
		b, err := s.in.Peek(size)
		if err != nil {
			return nil, fmt.Errorf("reading a packet: %w", noEOF(err))
		}
		_, err = s.in.Discard(size)
		return b, err
	}
	if s.large.Cap() > keepLarge {
		s.large = bytes.Buffer{}
	}
	s.large.Reset()
	if _, err := io.CopyN(&s.large, s.in, int64(size)); err != nil {
		return nil, fmt.Errorf("reading a packet: %w", noEOF(err))
	}
	return s.large.Bytes(), nil
}

// skip reads a packet's data and forgets it.
func (s *stream) skip(size int) error {
	if _, err := s.in.Discard(size); err != nil {
		return fmt.Errorf("reading a packet: %w", noEOF(err))
	}
	return nil
}

// noEOF makes the end of the connection within a packet the error it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// write puts a packet made of pieces into the output buffer. An error comes
// out of flush.
func (s *stream) write(command byte, pieces ...[]byte) {
	size := 1
	for _, p := range pieces {
		size += len(p)
	}
	var head [5]byte
	binary.BigEndian.PutUint32(head[:], uint32(size))
	head[4] = command
	_, _ = s.out.Write(head[:]) // bufio remembers the error
	for _, p := range pieces {
		_, _ = s.out.Write(p)
	}
}

// flush sends what was written.
func (s *stream) flush() error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing an answer: %w", err)
	}
	return nil
}

// setBusy tells whether a message is under way, which is given time to finish
// when the daemon stops.
func (s *stream) setBusy(busy bool) {
	s.mu.Lock()
	s.busy = busy
	s.mu.Unlock()
}

// drain makes the connection end as soon as no message is under way.
func (s *stream) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	if !s.busy {
		s.cut = true
		// An error means that the connection is closed, which is the aim.
		_ = s.conn.SetReadDeadline(past)
	}
}

// past is a time that makes reads and writes end at once.
var past = time.Unix(1, 0)

// armRead tells until when the next read may take. The deadlines of package
// net would be simpler, but each of them wakes a thread that waits for the
// network, which costs more than the rest of the protocol.
func (s *stream) armRead() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining && !s.busy {
		return errDrained
	}
	if s.cut {
		// A message had begun at the moment in which the others were cut.
		s.cut = false
		if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
	}
	expires := s.inPacket
	if expires == 0 {
		expires = time.Now().Add(s.silence).UnixNano()
	}
	s.expires.Store(expires)
	return nil
}

// expire ends a read or write that has taken too long.
func (s *stream) expire(now time.Time) {
	if e := s.expires.Load(); e != 0 && e < now.UnixNano() {
		// An error means that the connection is closed, which is the aim.
		_ = s.conn.SetDeadline(past)
	}
}

// drained tells whether the connection was told to end.
func (s *stream) drained() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// wire is the stream as its buffers see it: bytes under a deadline.
type wire stream

// Read fills p with what the mail server sent.
//
// A mail server sends many small packets that nobody answers, and its kernel
// holds each back until the one before is acknowledged (RFC 896), while ours
// holds the acknowledgement back in the hope of an answer to send it with
// (RFC 1122 section 4.2.3.2): 40 ms a mail on Linux. So what was read and not
// answered is acknowledged at once before we wait for more.
func (w *wire) Read(p []byte) (int, error) {
	s := (*stream)(w)
	if s.unanswered {
		s.ackNow()
	}
	if err := s.armRead(); err != nil {
		return 0, err
	}
	n, err := s.conn.Read(p)
	s.expires.Store(0)
	s.unanswered = n > 0
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	s := (*stream)(w)
	s.expires.Store(time.Now().Add(s.stall).UnixNano())
	s.unanswered = false
	n, err := s.conn.Write(p)
	s.expires.Store(0)
	return n, err
}
