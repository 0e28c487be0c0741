package dkim

import (
	"bytes"
	"fmt"
)

// What follows lets ARC (RFC 8617) make its own signatures of the same parts.

// AppendField appends a whole field in its canonical form, with CRLF at its
// end.
func AppendField(dst []byte, c Canon, raw []byte) []byte { return appendField(dst, c, raw) }

// AppendUnsigned appends a signature's own field in its canonical form: with
// nothing in b=, and without a line end. It is an error when the field is no
// list of tags with b=.
func AppendUnsigned(dst []byte, c Canon, raw []byte) ([]byte, error) {
	at := 1 + bytes.IndexByte(raw, ':')
	tags, err := ParseTagList(string(raw[at:]))
	if err != nil {
		return dst, err
	}
	b := tags.find("b")
	if b == nil {
		return dst, fmt.Errorf("the signature itself is missing (b=)")
	}
	return appendSignature(dst, c, raw, at+b.start, at+b.end), nil
}

// Digest hashes text as the algorithm does.
func Digest(a Algorithm, text []byte) []byte { return digestOf(a, text) }

// ParseAlgorithm reads the value of a=.
func ParseAlgorithm(s string) (Algorithm, bool) { return parseAlgorithm(s) }

// DecodeBase64 reads base64 with folds in it, as b= has it.
func DecodeBase64(s string) ([]byte, error) { return decodeBase64(s) }

// Algorithm is what the key signs with unless told otherwise.
func (k *PrivateKey) Algorithm() Algorithm { return k.algorithm() }
