package engine

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// caseAlphabet leaves out letters that people mix up, and sorts as ASCII does.
const caseAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var caseEncoding = base32.NewEncoding(caseAlphabet).WithPadding(base32.NoPadding)

// newCaseID makes the name of a decision: 16 characters that sort by time
// (milliseconds in 48 bits) and that nobody can guess (32 random bits).
func newCaseID(now time.Time) string {
	var b [10]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	// crypto/rand.Read never fails (it ends the program instead).
	_, _ = rand.Read(b[6:])
	return caseEncoding.EncodeToString(b[:])
}
