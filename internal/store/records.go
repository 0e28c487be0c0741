package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Key names a record. It is a hash of what the record is about, see KeyOf:
// the store never learns names and addresses. Among ten million records the
// chance that a new key meets a wrong one is 1 in 10^12.
type Key uint64

// KeyOf hashes what a record is about. secret is the administrator's (several
// hosts that share a store need the same); without one, whoever has the store
// can test guesses. kind keeps apart records of different meaning.
func KeyOf(secret, kind string, parts ...string) Key {
	// Every part stands behind its length, so that "a", "bc" is not "ab", "c".
	buf := make([]byte, 0, 256)
	buf = appendPart(buf, secret)
	buf = appendPart(buf, kind)
	for _, p := range parts {
		buf = appendPart(buf, p)
	}
	sum := sha256.Sum256(buf)
	// 0 is what tables use for "nothing here".
	return Key(max(binary.BigEndian.Uint64(sum[:8]), 1))
}

func appendPart(buf []byte, part string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(part))), part...)
}

// Record is what is kept under a key.
type Record struct {
	// Numbers mean what their owner says: times in Unix seconds, counts.
	Numbers [3]uint32
	// Expires is from when the record may be forgotten, in Unix seconds. It
	// may still be given for a while afterwards: whoever cares for the exact
	// moment looks at Numbers.
	Expires uint32
}

// Records keeps millions of small records, each until it expires. It is safe
// for concurrent use.
type Records interface {
	// Get gives the record of a key, found being false where there is none.
	Get(ctx context.Context, key Key) (r Record, found bool, err error)
	// Update changes the record of a key in one step that nobody else's comes
	// between. change gets what is there (the zero Record where nothing is)
	// and gives what shall be; Expires 0 removes it. change may be called
	// several times, of which the last counts, and must not use the store.
	Update(ctx context.Context, key Key, change func(old Record, found bool) Record) error
	// Health tells how the back end fares.
	Health() Health
}

// Seconds gives a time as Record has it. Times before 1970 are 0, those after
// 2106 are the last second that can be told.
func Seconds(t time.Time) uint32 {
	const last = 1<<32 - 1
	return uint32(min(max(t.Unix(), 0), last))
}
