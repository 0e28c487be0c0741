package callout

import (
	"context"
	"time"

	"postern/internal/store"
)

// recordKind names our records among all others of a store.
const recordKind = "callout"

// recordStore keeps entries in store.Records, which have no room for texts:
// those stay in memory, and are missing after a restart.
type recordStore struct {
	records store.Records
	secret  string
	texts   *Memory
	now     func() time.Time
}

// NewRecords makes a Store of records. secret goes into their keys, so that
// whoever has the store cannot test which addresses it knows; hosts that
// share the store need the same. texts bounds how many replies' texts are kept
// in memory; the reply code and the enhanced code are kept in the records. now
// is the clock, nil for time.Now.
func NewRecords(records store.Records, secret string, texts int, now func() time.Time) Store {
	if now == nil {
		now = time.Now
	}
	return &recordStore{records: records, secret: secret, texts: NewMemory(texts, now), now: now}
}

// Get gives the entry of a key.
func (s *recordStore) Get(ctx context.Context, key string) (Entry, bool, error) {
	r, found, err := s.records.Get(ctx, s.key(key))
	if err != nil || !found {
		return Entry{}, false, err
	}
	e := EntryOf(r.Numbers)
	text, found, _ := s.texts.Get(ctx, key) // memory never fails
	if n := text.Numbers(); found && n[0] == r.Numbers[0] && n[2] == r.Numbers[2] {
		e.Why = text.Why
	}
	return e, true, nil
}

// Put keeps an entry.
func (s *recordStore) Put(ctx context.Context, key string, e Entry, expires time.Time) error {
	record := store.Record{Numbers: e.Numbers()}
	if expires.After(s.now()) {
		record.Expires = store.Seconds(expires)
	}
	err := s.records.Update(ctx, s.key(key), func(store.Record, bool) store.Record { return record })
	if err != nil {
		return err
	}
	return s.texts.Put(ctx, key, e, expires)
}

func (s *recordStore) key(key string) store.Key { return store.KeyOf(s.secret, recordKind, key) }

var _ Store = (*recordStore)(nil)
