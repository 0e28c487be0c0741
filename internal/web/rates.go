package web

import (
	"sync"
	"time"
)

// Rates are messages per second over the last minutes.
type Rates struct {
	One     float64 `json:"1m"`
	Five    float64 `json:"5m"`
	Fifteen float64 `json:"15m"`
}

// rateStep is how often the count is sampled, rateSpan how far back samples
// reach.
const (
	rateStep = 5 * time.Second
	rateSpan = 15 * time.Minute
)

// rateMeter keeps samples of a growing count. It is safe for concurrent use.
type rateMeter struct {
	mu      sync.Mutex
	samples []sample // oldest first, at most rateSpan/rateStep+1
}

type sample struct {
	at    time.Time
	count uint64
}

// add takes a sample.
func (m *rateMeter) add(at time.Time, count uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.samples) > int(rateSpan/rateStep) {
		m.samples = append(m.samples[:0], m.samples[1:]...)
	}
	m.samples = append(m.samples, sample{at, count})
}

// rates gives the rates up to now.
func (m *rateMeter) rates(now time.Time, count uint64) Rates {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Rates{
		One:     m.rate(now, count, time.Minute),
		Five:    m.rate(now, count, 5*time.Minute),
		Fifteen: m.rate(now, count, rateSpan),
	}
}

// rate compares with the oldest sample that is not older than span.
func (m *rateMeter) rate(now time.Time, count uint64, span time.Duration) float64 {
	for _, s := range m.samples {
		past := now.Sub(s.at)
		if past > span {
			continue
		}
		if past < time.Second || count < s.count {
			return 0
		}
		return float64(count-s.count) / past.Seconds()
	}
	return 0
}
