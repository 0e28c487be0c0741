package storetest

import (
	"context"
	"sync"
	"time"

	"postern/internal/store"
)

// Memory is the plainest store.Records there is: a map, with faults on
// demand. It never forgets what expired.
type Memory struct {
	mu      sync.Mutex
	records map[store.Key]store.Record
	fault   error
}

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{records: map[store.Key]store.Record{}} }

// Fail makes every use fail with err, until nil is given.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = err
}

// Len is the number of records.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records)
}

// Get gives a record.
func (m *Memory) Get(_ context.Context, key store.Key) (store.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, found := m.records[key]
	return r, found, m.fault
}

// Update changes a record.
func (m *Memory) Update(_ context.Context, key store.Key, change func(store.Record, bool) store.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault != nil {
		return m.fault
	}
	old, found := m.records[key]
	if r := change(old, found); r.Expires != 0 {
		m.records[key] = r
	} else {
		delete(m.records, key)
	}
	return nil
}

// Health is that of the fault on demand.
func (m *Memory) Health() store.Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault != nil {
		return store.Health{Problem: m.fault.Error(), Since: time.Now()}
	}
	return store.Health{OK: true}
}

var _ store.Records = (*Memory)(nil)
