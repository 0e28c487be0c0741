package check

import "sync"

// Memory keeps what checks of one transaction want to know again at a later
// stage of it. Its zero value is empty; it is safe for concurrent use. A nil
// Memory forgets everything at once.
type Memory struct {
	mu   sync.Mutex
	kept map[string]any
}

// Keep gives what was kept under a name, or keeps and gives what first makes.
// Checks use their own name, so that they do not meet.
func (m *Memory) Keep(name string, first func() any) any {
	if m == nil {
		return first()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[name]; ok {
		return v
	}
	if m.kept == nil {
		m.kept = map[string]any{}
	}
	v := first()
	m.kept[name] = v
	return v
}
