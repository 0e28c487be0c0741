package greylist

import "sync"

// instances remembers the last messages that got the header, so that one to
// several recipients gets it once.
type instances struct {
	mu    sync.Mutex
	known map[string]struct{}
	ring  []string
	next  int
}

// How many are remembered, and how long their names may be. postgrey has ten,
// which a busy host outruns.
const (
	maxInstances   = 4096
	maxInstanceLen = 256
)

func newInstances() *instances {
	return &instances{known: map[string]struct{}{}, ring: make([]string, maxInstances)}
}

// first tells whether a message is seen for the first time. One without a
// name always is.
func (s *instances) first(instance string) bool {
	if instance == "" {
		return true
	}
	// What is kept must not hold on to a whole request.
	instance = string([]byte(instance[:min(len(instance), maxInstanceLen)]))
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.known[instance]; ok {
		return false
	}
	delete(s.known, s.ring[s.next])
	s.ring[s.next] = instance
	s.next = (s.next + 1) % maxInstances
	s.known[instance] = struct{}{}
	return true
}
