package table

import (
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// foldKey brings a key to the case in which keys are stored, as Postfix does
// with smtputf8_enable: ASCII to lower case, other scripts by Unicode's full
// case folding.
func foldKey(key string) string {
	upper := false
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c >= utf8.RuneSelf {
			return cases.Fold().String(key)
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if !upper {
		return key
	}
	b := []byte(key)
	lowerASCII(b)
	return string(b)
}

// foldBytes does the same with bytes, in place where it can.
func foldBytes(key []byte) []byte {
	for _, c := range key {
		if c >= utf8.RuneSelf {
			return cases.Fold().Bytes(key)
		}
	}
	lowerASCII(key)
	return key
}

func lowerASCII(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
