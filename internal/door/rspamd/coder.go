package rspamd

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// coder packs and unpacks bodies. Its zstd state is made at first need, since
// most installations never use it, and shared.
type coder struct {
	limit   int64
	decoder func() (*zstd.Decoder, error)
	encoder func() (*zstd.Encoder, error)
}

// maxWindow bounds the memory a zstd body may ask for.
const maxWindow = 64 << 20

// newCoder makes a coder that unpacks at most limit bytes.
func newCoder(limit int64) *coder {
	return &coder{
		limit: limit,
		decoder: sync.OnceValues(func() (*zstd.Decoder, error) {
			return zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxMemory(uint64(limit)), zstd.WithDecoderMaxWindow(maxWindow))
		}),
		encoder: sync.OnceValues(func() (*zstd.Encoder, error) {
			return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithEncoderLevel(zstd.SpeedFastest),
				zstd.WithWindowSize(128<<10), zstd.WithLowerEncoderMem(true))
		}),
	}
}

// unpack undoes a coding of requestCoding's names.
func (c *coder) unpack(coding string, packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	if coding == "gzip" {
		return unpackGzip(packed, c.limit)
	}
	dec, err := c.decoder()
	if err != nil {
		return nil, fmt.Errorf("starting zstd: %w", err)
	}
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("reading zstd body: %w", err)
	}
	return raw, nil
}

// pack applies a coding.
func (c *coder) pack(coding string, raw []byte) ([]byte, error) {
	if coding == "gzip" {
		var buf bytes.Buffer
		zw, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
		if err != nil {
			return nil, fmt.Errorf("starting gzip: %w", err)
		}
		if _, err := zw.Write(raw); err != nil {
			return nil, fmt.Errorf("writing gzip: %w", err)
		}
		if err := zw.Close(); err != nil {
			return nil, fmt.Errorf("ending gzip: %w", err)
		}
		return buf.Bytes(), nil
	}
	enc, err := c.encoder()
	if err != nil {
		return nil, fmt.Errorf("starting zstd: %w", err)
	}
	return enc.EncodeAll(raw, make([]byte, 0, len(raw)/2)), nil
}

// accepts tells whether an Accept-Encoding field admits a coding.
func accepts(field, coding string) bool {
	for item := range strings.SplitSeq(field, ",") {
		name, params, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000")
		}
	}
	return false
}
