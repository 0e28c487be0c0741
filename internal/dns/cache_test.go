package dns

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var epoch = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fill puts an answer with a text into the cache.
func fill(c *cache, name, text string, expires time.Time) {
	q := question{name, TypeTXT}
	_, f, _ := c.join(q, epoch, true)
	c.land(f, &entry{key: q, expires: expires, answer: Answer{Name: name, Canonical: name, Records: []Record{{Text: text}}}}, epoch)
}

func TestCacheBounds(t *testing.T) {
	const entries, size = 320, 1 << 20
	c := newCache(entries, size)
	for i := range 10 * entries {
		fill(c, fmt.Sprintf("n%d.example", i), strings.Repeat("x", 100), epoch.Add(time.Hour))
		if n, b := c.entries.Load(), c.bytes.Load(); n > entries || b > size {
			t.Fatalf("%d entries of %d bytes", n, b)
		}
	}
	if c.entries.Load() < entries/2 || c.evicted.Load() == 0 {
		t.Errorf("%d entries, %d evicted", c.entries.Load(), c.evicted.Load())
	}
	for i := range 1000 {
		fill(c, fmt.Sprintf("big%d.example", i), strings.Repeat("x", 20_000), epoch.Add(time.Hour))
		if b := c.bytes.Load(); b > size {
			t.Fatalf("%d bytes", b)
		}
	}
	fill(c, "huge.example", strings.Repeat("x", size), epoch.Add(time.Hour))
	if c.get(question{"huge.example", TypeTXT}, epoch) != nil {
		t.Error("what is larger than the cache was kept")
	}
	for i := range c.shards {
		s := &c.shards[i]
		for e := s.recent.next; e != &s.recent; {
			next := e.next
			c.remove(s, e)
			e = next
		}
		if len(s.entries) != 0 || s.bytes != 0 {
			t.Errorf("shard %d: %d entries, %d bytes left", i, len(s.entries), s.bytes)
		}
	}
	if c.entries.Load() != 0 || c.bytes.Load() != 0 {
		t.Errorf("%d entries of %d bytes left", c.entries.Load(), c.bytes.Load())
	}
}

// TestCacheOrder checks that the longest unused goes first.
func TestCacheOrder(t *testing.T) {
	c := newCache(1, 1<<20)
	for i := range c.shards {
		c.shards[i].bytes = 0
	}
	c.maxEntries = 3
	var names []string
	for i := 0; len(names) < 4; i++ { // names of one shard
		if n := fmt.Sprintf("n%d.example", i); c.shard(question{n, TypeTXT}) == &c.shards[0] {
			names = append(names, n)
		}
	}
	for _, n := range names[:3] {
		fill(c, n, "", epoch.Add(time.Hour))
	}
	if c.get(question{names[0], TypeTXT}, epoch) == nil {
		t.Fatal("not there")
	}
	fill(c, names[3], "", epoch.Add(time.Hour))
	for i, want := range []bool{true, false, true, true} {
		if got := c.get(question{names[i], TypeTXT}, epoch) != nil; got != want {
			t.Errorf("%s: there %v, want %v", names[i], got, want)
		}
	}
}

func TestCacheExpiry(t *testing.T) {
	c := newCache(100, 1<<20)
	fill(c, "a.example", "", epoch.Add(time.Minute))
	fill(c, "b.example", "", epoch) // expired already
	q := question{"a.example", TypeTXT}
	if c.get(q, epoch.Add(time.Minute-1)) == nil || c.get(q, epoch.Add(time.Minute)) != nil {
		t.Error("does not expire on time")
	}
	if c.entries.Load() != 0 {
		t.Errorf("%d entries left", c.entries.Load())
	}
	if _, f, start := c.join(q, epoch.Add(time.Minute), false); f == nil || !start {
		t.Error("what expired is not asked for")
	}
}
