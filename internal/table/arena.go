package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"
)

// The store of keys and values is made for tables of ten million keys: all
// keys lie one behind the other in a few large pieces of memory, and an open
// hash table holds, in eight bytes a key, where each one is. A map of strings
// would take three times the memory and keep the garbage collector busy.

const (
	pieceBits = 20
	pieceSize = 1 << pieceBits
	// maxPieces is what offsets of 32 bits can reach: 4 GB.
	maxPieces = 1 << (32 - pieceBits)
	// maxEntry bounds a key with its value.
	maxEntry = pieceSize / 2
)

// errFull says that offsets are used up.
var errFull = errors.New("table holds more than 4 GB of keys or values")

// arena is memory that only grows, in pieces.
type arena struct{ pieces [][]byte }

// reserve gives the piece that n more bytes fit into, and the offset at which
// they will be.
func (a *arena) reserve(n int) (piece *[]byte, offset uint32, err error) {
	last := len(a.pieces) - 1
	if last < 0 || len(a.pieces[last])+n > pieceSize {
		if len(a.pieces) == maxPieces {
			return nil, 0, errFull
		}
		size := pieceSize
		if last < 0 {
			size = 512
		}
		a.pieces = append(a.pieces, make([]byte, 0, size))
		last++
	}
	piece = &a.pieces[last]
	return piece, uint32(last)<<pieceBits | uint32(len(*piece)), nil
}

// at gives the memory from an offset to the end of its piece.
func (a *arena) at(offset uint32) []byte {
	return a.pieces[offset>>pieceBits][offset&(pieceSize-1):]
}

// bytes counts the memory in use.
func (a *arena) bytes() int {
	n := 0
	for _, p := range a.pieces {
		n += cap(p)
	}
	return n
}

// keyStore maps keys to values. It is filled once and then only read.
type keyStore struct {
	seed  maphash.Seed
	slots []uint64 // upper half: hash, lower half: offset+1; 0 is free
	count int
	keys  arena
	// common are the values that were seen first, which most keys share;
	// the rest is in values.
	common []string
	values arena
	// intern finds common values while the store is filled.
	intern map[string]int
}

// maxCommon bounds the values that are looked for when one more is added.
const maxCommon = 4096

func newKeyStore() *keyStore {
	return &keyStore{seed: maphash.MakeSeed(), slots: make([]uint64, 16), intern: map[string]int{}}
}

// add stores a value under a key unless the key is there already, which added
// tells.
func (s *keyStore) add(key, value []byte) (added bool, err error) {
	if 4*(s.count+1) > 3*len(s.slots) {
		s.grow()
	}
	hash := uint32(maphash.Bytes(s.seed, key))
	slot, found := s.find(key, hash)
	if found {
		return false, nil
	}
	id, err := s.valueID(value)
	if err != nil {
		return false, err
	}
	piece, offset, err := s.keys.reserve(len(key) + 2*binary.MaxVarintLen64)
	if err != nil {
		return false, err
	}
	if offset == 1<<32-1 {
		return false, errFull
	}
	b := binary.AppendUvarint(*piece, uint64(len(key)))
	b = append(b, key...)
	*piece = binary.AppendUvarint(b, id)
	s.slots[slot] = uint64(hash)<<32 | uint64(offset+1)
	s.count++
	return true, nil
}

// valueID gives the number under which a value is found: below maxCommon it
// counts the common ones, from there on it is an offset.
func (s *keyStore) valueID(value []byte) (uint64, error) {
	if id, ok := s.intern[string(value)]; ok {
		return uint64(id), nil
	}
	if len(s.common) < maxCommon {
		text := string(value)
		s.intern[text] = len(s.common)
		s.common = append(s.common, text)
		return uint64(len(s.common) - 1), nil
	}
	piece, offset, err := s.values.reserve(len(value) + binary.MaxVarintLen64)
	if err != nil {
		return 0, err
	}
	*piece = append(binary.AppendUvarint(*piece, uint64(len(value))), value...)
	return uint64(offset) + maxCommon, nil
}

// find gives the slot of a key, or the free one where it belongs.
func (s *keyStore) find(key []byte, hash uint32) (slot int, found bool) {
	mask := len(s.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		e := s.slots[i]
		if e == 0 {
			return i, false
		}
		if uint32(e>>32) == hash {
			if k, _ := s.entry(uint32(e) - 1); bytes.Equal(k, key) {
				return i, true
			}
		}
	}
}

// entry gives the key at an offset, and the memory behind it, where the
// number of its value is.
func (s *keyStore) entry(offset uint32) (key, rest []byte) {
	b := s.keys.at(offset)
	n, w := binary.Uvarint(b)
	return b[w : w+int(n)], b[w+int(n):]
}

// get gives the value of a key.
func (s *keyStore) get(key string) (string, bool) {
	hash := uint32(maphash.String(s.seed, key))
	mask := len(s.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		e := s.slots[i]
		if e == 0 {
			return "", false
		}
		if uint32(e>>32) == hash {
			if k, rest := s.entry(uint32(e) - 1); string(k) == key {
				return s.value(rest), true
			}
		}
	}
}

// value gives the value whose number stands at the start of b.
func (s *keyStore) value(b []byte) string {
	id, _ := binary.Uvarint(b)
	if id < maxCommon {
		return s.common[id]
	}
	b = s.values.at(uint32(id - maxCommon))
	n, w := binary.Uvarint(b)
	return string(b[w : w+int(n)])
}

// grow doubles the hash table; the hashes in it say where the keys go.
func (s *keyStore) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	mask := len(s.slots) - 1
	for _, e := range old {
		if e == 0 {
			continue
		}
		i := int(uint32(e>>32)) & mask
		for s.slots[i] != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = e
	}
}

// seal drops what only filling needs.
func (s *keyStore) seal() { s.intern = nil }

// bytes counts the memory in use.
func (s *keyStore) bytes() int { return 8*len(s.slots) + s.keys.bytes() + s.values.bytes() }
