package rspamd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"postern/internal/unit"
)

// readBody takes the message out of a request, decompressed. It holds room in
// the buffer budget until release is called; release is never nil.
func (s *Server) readBody(ctx context.Context, r *http.Request) (raw []byte, release func(), err *failure) {
	release = func() {}
	limit := int64(s.opts.MaxSize)
	size := r.ContentLength
	if size > limit {
		return nil, release, s.tooLarge()
	}
	if size < 0 {
		size = limit
	}
	coding, err := requestCoding(r.Header)
	if err != nil {
		return nil, release, err
	}
	room := size
	if coding != "" {
		room += limit
	}
	if s.room.Acquire(ctx, room) != nil {
		return nil, release, fail(http.StatusServiceUnavailable, "too many messages at a time, come back later")
	}
	release = func() { s.room.Release(room) }
	raw, err = readAll(r, limit)
	if err == nil && coding != "" {
		raw, err = s.decompress(coding, raw)
	}
	return raw, release, err
}

func (s *Server) tooLarge() *failure { return tooLarge(int64(s.opts.MaxSize)) }

func tooLarge(limit int64) *failure {
	return fail(http.StatusRequestEntityTooLarge, "message is larger than %s", unit.Size(limit))
}

// readAll reads a body of at most limit bytes.
func readAll(r *http.Request, limit int64) ([]byte, *failure) {
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		// A claimed length is believed only as far as one read ahead; the
		// rest grows with what really comes.
		buf.Grow(int(min(r.ContentLength, 1<<20)) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return nil, readFailure(err)
	case n > limit:
		return nil, tooLarge(limit)
	}
	return buf.Bytes(), nil
}

// readFailure says why a body did not come.
func readFailure(err error) *failure {
	var nerr net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &nerr) && nerr.Timeout() {
		return fail(http.StatusRequestTimeout, "the message did not come in time")
	}
	return fail(http.StatusBadRequest, "the message did not come whole")
}

// requestCoding gives the coding of the body: "zstd", "gzip" or "". rspamd's
// own header is Compression, HTTP's Content-Encoding.
func requestCoding(h http.Header) (string, *failure) {
	for _, name := range []string{"Compression", "Content-Encoding"} {
		switch v := strings.ToLower(strings.TrimSpace(h.Get(name))); v {
		case "", "identity":
		case "zstd":
			return "zstd", nil
		case "gzip", "x-gzip":
			return "gzip", nil
		default:
			return "", fail(http.StatusUnsupportedMediaType, "%s: only zstd and gzip are understood", name)
		}
	}
	return "", nil
}

// decompress undoes a coding, never making more than MaxSize bytes.
func (s *Server) decompress(coding string, packed []byte) ([]byte, *failure) {
	raw, err := s.coder.unpack(coding, packed)
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, s.tooLarge()
	case err != nil:
		return nil, fail(http.StatusBadRequest, "the %s body is damaged", coding)
	}
	return raw, nil
}

var errTooLarge = errors.New("too large")

// unpackGzip undoes gzip up to limit bytes.
func unpackGzip(packed []byte, limit int64) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("reading gzip header: %w", err)
	}
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(zr, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading gzip body: %w", err)
	}
	if n > limit {
		return nil, errTooLarge
	}
	return buf.Bytes(), nil
}
