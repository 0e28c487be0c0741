// Package storetest is the suite that every storage back end passes, and a
// back end in memory for tests of those who use one.
package storetest

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"postern/internal/store"
)

// forever is an expiry that no test reaches.
const forever = 1<<32 - 1

// Records tests a back end. open gives an empty one, or where it is called
// again within one test, what the one before had: a back end that keeps
// nothing over a restart gives keeps false.
func Records(t *testing.T, keeps bool, open func(t *testing.T) (r store.Records, shut func())) {
	t.Run("one record", func(t *testing.T) {
		r, shut := open(t)
		defer shut()
		oneRecord(t, r)
	})
	t.Run("many records", func(t *testing.T) {
		r, shut := open(t)
		defer shut()
		manyRecords(t, r)
	})
	t.Run("at the same time", func(t *testing.T) {
		r, shut := open(t)
		defer shut()
		atOnce(t, r)
	})
	t.Run("restart", func(t *testing.T) {
		if !keeps {
			t.Skip("this back end keeps nothing over a restart")
		}
		restart(t, open)
	})
}

func oneRecord(t *testing.T, r store.Records) {
	key := store.KeyOf("", "test", "one")
	want(t, r, key, store.Record{}, false)
	rec := store.Record{Numbers: [3]uint32{1, 1<<32 - 1, 0}, Expires: forever}
	put(t, r, key, rec)
	want(t, r, key, rec, true)
	seen := false
	err := r.Update(t.Context(), key, func(old store.Record, found bool) store.Record {
		seen = found && old == rec
		return store.Record{}
	})
	if err != nil || !seen {
		t.Errorf("an update got what was there: %v, error %v", seen, err)
	}
	want(t, r, key, store.Record{}, false)
	// Removing what is not there is fine.
	put(t, r, key, store.Record{})
	want(t, r, key, store.Record{}, false)
	if h := r.Health(); !h.OK {
		t.Errorf("health %+v", h)
	}
}

// manyRecords compares the back end with a map over random changes.
func manyRecords(t *testing.T, r store.Records) {
	random := rand.New(rand.NewPCG(1, 2))
	model := map[store.Key]store.Record{}
	keys := make([]store.Key, 3000)
	for i := range keys {
		// Keys that lie together are put into the same places of a table.
		keys[i] = store.Key(random.Uint64())
		if i%3 == 1 {
			keys[i] = keys[i-1] + 1
		}
	}
	for i := range 30000 {
		key := keys[random.IntN(len(keys))]
		rec := store.Record{Numbers: [3]uint32{uint32(i), random.Uint32(), 7}, Expires: forever}
		if random.IntN(3) == 0 {
			rec = store.Record{}
			delete(model, key)
		} else {
			model[key] = rec
		}
		put(t, r, key, rec)
	}
	for _, key := range keys {
		rec, found := model[key]
		want(t, r, key, rec, found)
	}
}

// atOnce: no update is lost, and each sees the one before.
func atOnce(t *testing.T, r store.Records) {
	const writers, rounds = 8, 500
	key := store.KeyOf("", "test", "counter")
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range rounds {
				err := r.Update(context.Background(), key, func(old store.Record, _ bool) store.Record {
					old.Numbers[0]++
					old.Expires = forever
					return old
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	want(t, r, key, store.Record{Numbers: [3]uint32{writers * rounds}, Expires: forever}, true)
}

func restart(t *testing.T, open func(*testing.T) (store.Records, func())) {
	r, shut := open(t)
	const n = 5000
	for i := range n {
		put(t, r, store.Key(uint64(i)<<51|1), store.Record{Numbers: [3]uint32{uint32(i)}, Expires: forever})
	}
	for i := range n / 2 {
		put(t, r, store.Key(uint64(2*i)<<51|1), store.Record{})
	}
	shut()
	r, shut = open(t)
	defer shut()
	for i := range n {
		rec := store.Record{Numbers: [3]uint32{uint32(i)}, Expires: forever}
		if i%2 == 0 {
			rec = store.Record{}
		}
		want(t, r, store.Key(uint64(i)<<51|1), rec, i%2 == 1)
	}
}

func put(t *testing.T, r store.Records, key store.Key, rec store.Record) {
	t.Helper()
	if err := r.Update(t.Context(), key, func(store.Record, bool) store.Record { return rec }); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, r store.Records, key store.Key, rec store.Record, found bool) {
	t.Helper()
	got, ok, err := r.Get(t.Context(), key)
	if err != nil || ok != found || got != rec {
		t.Fatalf("key %x: got %+v, %v, error %v; want %+v, %v", key, got, ok, err, rec, found)
	}
}
