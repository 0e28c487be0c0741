package callout

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Memory is a Store that keeps a bounded number of entries in memory and
// forgets those first that were not wanted for longest.
type Memory struct {
	max int
	now func() time.Time

	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List // of *remembered, the one wanted last in front
}

type remembered struct {
	key     string
	entry   Entry
	expires time.Time
}

// NewMemory makes a Store for at most limit entries. now is the clock, nil
// for time.Now.
func NewMemory(limit int, now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{max: max(limit, 1), now: now, entries: map[string]*list.Element{}}
}

// Get gives the entry of a key.
func (m *Memory) Get(_ context.Context, key string) (Entry, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	el := m.entries[key]
	if el == nil {
		return Entry{}, false, nil
	}
	r := el.Value.(*remembered)
	if m.now().After(r.expires) {
		m.remove(el)
		return Entry{}, false, nil
	}
	m.order.MoveToFront(el)
	return r.entry, true, nil
}

// Put keeps an entry.
func (m *Memory) Put(_ context.Context, key string, e Entry, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if el := m.entries[key]; el != nil {
		m.remove(el)
	}
	if !expires.After(m.now()) {
		return nil
	}
	for m.order.Len() >= m.max {
		m.remove(m.order.Back())
	}
	m.entries[key] = m.order.PushFront(&remembered{key: key, entry: e, expires: expires})
	return nil
}

// Len gives the number of entries.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.order.Len()
}

func (m *Memory) remove(el *list.Element) {
	delete(m.entries, m.order.Remove(el).(*remembered).key)
}

var _ Store = (*Memory)(nil)
