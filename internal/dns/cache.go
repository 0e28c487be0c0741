package dns

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// shardCount is the number of parts of the cache, each with a lock of its own.
const shardCount = 16

// entry is what is known about one question until it expires: an answer, or
// why there is none.
type entry struct {
	key     question
	answer  Answer
	err     *Error // nil for an answer
	expires time.Time
	size    int64

	prev, next *entry // in the order of use
}

// flight is a question that is being asked; done is closed when entry is set.
type flight struct {
	done  chan struct{}
	entry *entry
}

// cache keeps answers until they expire, and knows the questions that are
// under way, so that each is asked once.
type cache struct {
	seed   maphash.Seed
	shards [shardCount]shard
	// The bounds of one shard.
	maxEntries int
	maxBytes   int64
	// What all shards hold together.
	entries, bytes atomic.Int64
	evicted        atomic.Uint64
}

type shard struct {
	mu      sync.Mutex
	entries map[question]*entry
	flights map[question]*flight
	recent  entry // the ring's anchor: next is the most, prev the least recent
	bytes   int64
}

// newCache makes an empty cache. With no entries allowed it still knows the
// questions under way.
func newCache(maxEntries int, maxBytes int64) *cache {
	c := &cache{
		seed:       maphash.MakeSeed(),
		maxEntries: (maxEntries + shardCount - 1) / shardCount,
		maxBytes:   maxBytes / shardCount,
	}
	for i := range c.shards {
		s := &c.shards[i]
		s.entries, s.flights = map[question]*entry{}, map[question]*flight{}
		s.recent.next, s.recent.prev = &s.recent, &s.recent
	}
	return c
}

func (c *cache) shard(k question) *shard {
	h := maphash.String(c.seed, k.name) + uint64(k.typ)
	return &c.shards[h%shardCount]
}

// get gives what is known about a question, nil for nothing.
func (c *cache) get(k question, now time.Time) *entry {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.fresh(s, k, now)
}

// fresh gives the entry of a locked shard if it has not expired.
func (c *cache) fresh(s *shard, k question, now time.Time) *entry {
	e := s.entries[k]
	if e == nil {
		return nil
	}
	if !now.Before(e.expires) {
		c.remove(s, e)
		return nil
	}
	e.unlink()
	s.front(e)
	return e
}

// join gives what is known about a question, or else the flight that asks it:
// start tells that there was none and the caller has to ask. With again, what
// is known does not count.
func (c *cache) join(k question, now time.Time, again bool) (e *entry, f *flight, start bool) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := c.fresh(s, k, now); e != nil && !again {
		return e, nil, false
	}
	if f := s.flights[k]; f != nil {
		return nil, f, false
	}
	f = &flight{done: make(chan struct{})}
	s.flights[k] = f
	return nil, f, true
}

// land ends a flight with what it found, and keeps that until it expires.
func (c *cache) land(f *flight, e *entry, now time.Time) {
	s := c.shard(e.key)
	s.mu.Lock()
	delete(s.flights, e.key)
	if c.maxEntries > 0 && now.Before(e.expires) {
		c.put(s, e)
	}
	s.mu.Unlock()
	f.entry = e
	close(f.done)
}

// put keeps an entry in a locked shard, at the cost of the longest unused.
func (c *cache) put(s *shard, e *entry) {
	e.size = e.bytes()
	if e.size > c.maxBytes {
		return
	}
	if old := s.entries[e.key]; old != nil {
		c.remove(s, old)
	}
	for len(s.entries) >= c.maxEntries || s.bytes+e.size > c.maxBytes {
		c.remove(s, s.recent.prev)
		c.evicted.Add(1)
	}
	s.entries[e.key] = e
	s.front(e)
	s.bytes += e.size
	c.entries.Add(1)
	c.bytes.Add(e.size)
}

func (c *cache) remove(s *shard, e *entry) {
	delete(s.entries, e.key)
	e.unlink()
	s.bytes -= e.size
	c.entries.Add(-1)
	c.bytes.Add(-e.size)
}

// front puts an entry before all others.
func (s *shard) front(e *entry) {
	e.prev, e.next = &s.recent, s.recent.next
	e.prev.next, e.next.prev = e, e
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }

// mapSlot is about what a map takes for one entry.
const mapSlot = 64

// bytes is about what an entry takes of the memory.
func (e *entry) bytes() int64 {
	n := int(unsafe.Sizeof(*e)) + mapSlot + len(e.key.name)
	if e.answer.Canonical != e.key.name {
		n += len(e.answer.Canonical)
	}
	for i := range e.answer.Records {
		r := &e.answer.Records[i]
		n += int(unsafe.Sizeof(*r)) + len(r.Name) + len(r.Host) + len(r.Text) + len(r.Data)
	}
	if e.err != nil {
		n += int(unsafe.Sizeof(*e.err)) + len(e.err.Reason)
	}
	return int64(n)
}
