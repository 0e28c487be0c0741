package sqlite

import (
	"math/bits"

	"postern/internal/store"
)

// recordTable is a hash table of records without pointers: 24 bytes a record
// and no more than a third of that for room to grow, since the garbage
// collector lets the heap become twice as large as what lives.
type recordTable struct {
	slots []recordSlot // those with key 0 are empty
	n     int
}

type recordSlot struct {
	key store.Key
	rec store.Record
}

// A table grows by a quarter when more than 13 of 16 slots are taken.
const (
	firstSlots = 16
	fullParts  = 13
	allParts   = 16
)

// home is where a key would like to be. The highest bits chose the shard and
// are the same for all keys of a table.
func (t *recordTable) home(key store.Key) int {
	high, _ := bits.Mul64(uint64(key)<<shardBits, uint64(len(t.slots)))
	return int(high)
}

// find gives the slot of a key, or the empty one where it would be.
func (t *recordTable) find(key store.Key) (at int, found bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for at = t.home(key); t.slots[at].key != 0; {
		if t.slots[at].key == key {
			return at, true
		}
		if at++; at == len(t.slots) {
			at = 0
		}
	}
	return at, false
}

// get gives a record.
func (t *recordTable) get(key store.Key) (store.Record, bool) {
	at, found := t.find(key)
	if !found {
		return store.Record{}, false
	}
	return t.slots[at].rec, true
}

// put keeps a record.
func (t *recordTable) put(key store.Key, rec store.Record) {
	at, found := t.find(key)
	if !found {
		if (t.n+1)*allParts > len(t.slots)*fullParts {
			t.grow()
			at, _ = t.find(key)
		}
		t.n++
	}
	t.slots[at] = recordSlot{key, rec}
}

// grow makes room.
func (t *recordTable) grow() {
	old := t.slots
	t.slots = make([]recordSlot, max(firstSlots, len(old)+len(old)/4))
	for _, s := range old {
		if s.key != 0 {
			at, _ := t.find(s.key)
			t.slots[at] = s
		}
	}
}

// remove forgets a record and moves those behind it up, so that no gap stands
// between a record and its home.
func (t *recordTable) remove(key store.Key) bool {
	gap, found := t.find(key)
	if !found {
		return false
	}
	t.n--
	for at := gap; ; {
		if at++; at == len(t.slots) {
			at = 0
		}
		if t.slots[at].key == 0 {
			break
		}
		if home := t.home(t.slots[at].key); !between(gap, home, at) {
			t.slots[gap] = t.slots[at]
			gap = at
		}
	}
	t.slots[gap] = recordSlot{}
	return true
}

// between tells whether home is behind gap and not behind at, going round.
func between(gap, home, at int) bool {
	if gap <= at {
		return gap < home && home <= at
	}
	return gap < home || home <= at
}

// soonest gives, of some records from a place on, the one that expires first.
func (t *recordTable) soonest(from uint64, sample int) (key store.Key) {
	high, _ := bits.Mul64(from, uint64(len(t.slots)))
	at := int(high)
	var expires uint32
	for seen := 0; seen < min(sample, t.n); {
		if s := t.slots[at]; s.key != 0 {
			if seen++; key == 0 || s.rec.Expires < expires {
				key, expires = s.key, s.rec.Expires
			}
		}
		if at++; at == len(t.slots) {
			at = 0
		}
	}
	return key
}
