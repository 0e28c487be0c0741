package engine

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/verdict"
)

// Stats are an engine's counters since the daemon's start; a reload hands
// them on to the next engine.
type Stats struct {
	actions [verdict.ActionCount]atomic.Uint64
	skipped atomic.Uint64
	early   atomic.Uint64
	partial atomic.Uint64
	scan    histogram

	mu      sync.Mutex
	checks  map[string]*checkStats
	symbols map[string]*atomic.Uint64
	doors   map[string]*atomic.Uint64
}

// NewStats makes counters that all are zero.
func NewStats() *Stats {
	return &Stats{checks: map[string]*checkStats{}, symbols: map[string]*atomic.Uint64{}, doors: map[string]*atomic.Uint64{}}
}

// checkStats counts one check's runs.
type checkStats struct {
	runs, failed, late, nanos atomic.Uint64
}

func (c *checkStats) add(r result) {
	c.runs.Add(1)
	c.nanos.Add(uint64(r.took))
	if r.late {
		c.late.Add(1)
	} else if r.err != nil {
		c.failed.Add(1)
	}
}

// scanBounds are the upper bounds of the scan time's histogram.
var scanBounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond,
	2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond,
	250 * time.Millisecond, time.Second, 5 * time.Second,
}

// histogram counts durations by size.
type histogram struct {
	buckets [len(scanBounds) + 1]atomic.Uint64
	nanos   atomic.Uint64
}

func (h *histogram) add(d time.Duration) {
	i := 0
	for i < len(scanBounds) && d > scanBounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.nanos.Add(uint64(d))
}

func (s *Stats) check(name string) *checkStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.checks[name]
	if !ok {
		c = new(checkStats)
		s.checks[name] = c
	}
	return c
}

// addSymbols makes a counter for each symbol, so that counting needs no lock
// for writing later.
func (s *Stats) addSymbols(list []verdict.Symbol) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := maps.Clone(s.symbols)
	for _, sym := range list {
		if next[sym.Name] == nil {
			next[sym.Name] = new(atomic.Uint64)
		}
	}
	s.symbols = next
}

// outcome counts one decision.
func (s *Stats) outcome(o *Outcome) {
	v := o.Verdict()
	s.actions[v.Action].Add(1)
	if v.Skipped {
		s.skipped.Add(1)
	}
	if v.Incomplete {
		s.partial.Add(1)
	}
	if o.Message == nil {
		s.early.Add(1)
	} else {
		s.scan.add(o.Took)
	}
	s.mu.Lock()
	symbols := s.symbols
	door := s.doors[o.Session.Door]
	if door == nil {
		door = new(atomic.Uint64)
		s.doors[o.Session.Door] = door
	}
	s.mu.Unlock()
	door.Add(1)
	for i := range v.Findings {
		if c := symbols[v.Findings[i].Symbol]; c != nil {
			c.Add(1)
		}
	}
}

// Snapshot is the counters at one moment.
type Snapshot struct {
	// Actions counts decisions by action; Doors by the door they came by.
	Actions [verdict.ActionCount]uint64
	Doors   map[string]uint64
	// Skipped were not scored, Early decided before the message was there,
	// Incomplete decided with a check missing.
	Skipped, Early, Incomplete uint64
	// Symbols counts how often each was found.
	Symbols map[string]uint64
	// Checks in alphabetical order.
	Checks []CheckCount
	// ScanBounds are upper bounds, ScanCounts the messages up to each bound
	// and above the one before, the last one above all; ScanTotal is the sum.
	ScanBounds []time.Duration
	ScanCounts []uint64
	ScanTotal  time.Duration
}

// CheckCount is one check's counters.
type CheckCount struct {
	Name               string
	Runs, Failed, Late uint64
	Total              time.Duration
}

// Snapshot reads the counters.
func (s *Stats) Snapshot() Snapshot {
	s.mu.Lock()
	symbols, checks, doors := s.symbols, maps.Clone(s.checks), maps.Clone(s.doors)
	s.mu.Unlock()
	snap := Snapshot{
		Skipped: s.skipped.Load(), Early: s.early.Load(), Incomplete: s.partial.Load(),
		Symbols: map[string]uint64{}, Doors: map[string]uint64{},
		ScanBounds: scanBounds[:], ScanTotal: time.Duration(s.scan.nanos.Load()),
	}
	for i := range s.actions {
		snap.Actions[i] = s.actions[i].Load()
	}
	for name, n := range symbols {
		snap.Symbols[name] = n.Load()
	}
	for name, n := range doors {
		snap.Doors[name] = n.Load()
	}
	for i := range s.scan.buckets {
		snap.ScanCounts = append(snap.ScanCounts, s.scan.buckets[i].Load())
	}
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		c := checks[name]
		snap.Checks = append(snap.Checks, CheckCount{
			Name: name, Runs: c.runs.Load(), Failed: c.failed.Load(), Late: c.late.Load(),
			Total: time.Duration(c.nanos.Load()),
		})
	}
	return snap
}
