package mailbox

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The first bytes of compressed files.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// zstdMemory bounds the memory that a .zst file may ask for, in bytes.
const zstdMemory = 128 << 20

// readBuffer is the size of the buffer a file is read through, in bytes.
const readBuffer = 64 << 10

// stream gives the mails of an open file: one, or those of an mbox.
func (w *walker) stream(name string, r io.Reader) bool {
	w.buffer.Reset(r)
	plain, done, err := decompress(w.buffer)
	if err != nil {
		return w.fail(name, err)
	}
	defer done()
	if head, _ := plain.Peek(len(separator)); bytes.Equal(head, separator) {
		return w.mbox(name, plain)
	}
	raw, err := readBounded(plain, w.options.MaxMail)
	if err != nil {
		return w.fail(name, err)
	}
	return w.yield(Mail{Name: name, Raw: raw}, nil)
}

// readBounded reads to the end, and fails beyond limit bytes.
func readBounded(r io.Reader, limit int) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > limit:
		return nil, tooLarge(limit)
	}
	return raw, nil
}

func tooLarge(limit int) error { return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit) }

// decompress looks at the first bytes and unpacks what is packed; done frees
// what was needed for it.
func decompress(r *bufio.Reader) (plain *bufio.Reader, done func(), err error) {
	head, err := r.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return bufio.NewReaderSize(z, readBuffer), func() {}, nil
	case bytes.Equal(head, zstdMagic):
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(zstdMemory), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return bufio.NewReaderSize(z, readBuffer), z.Close, nil
	}
	return r, func() {}, nil
}
