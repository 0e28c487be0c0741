package milter

import (
	"context"
	"sync"
	"time"
)

// heartbeat tells the mail server that a verdict is still being made, so that
// it does not give up, and ends the examination when the mail server is gone
// or the verdict takes too long.
type heartbeat struct {
	mu     sync.Mutex
	over   bool
	timer  *time.Timer
	stream *stream
	every  time.Duration
	left   time.Duration
	cancel context.CancelFunc
}

// startHeartbeat begins; nothing else may write to the stream until stop.
func startHeartbeat(s *stream, o Options, cancel context.CancelFunc) *heartbeat {
	h := &heartbeat{stream: s, every: min(o.Progress.Std(), o.VerdictTimeout.Std()), left: o.VerdictTimeout.Std(), cancel: cancel}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = time.AfterFunc(h.every, h.beat)
	return h
}

// beat says "in progress" once.
func (h *heartbeat) beat() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return
	}
	if h.left -= h.every; h.left <= 0 {
		h.cancel()
		return
	}
	h.stream.write(answerProgress)
	if h.stream.flush() != nil {
		h.cancel()
		return
	}
	h.timer.Reset(h.every)
}

// stop ends it. No beat is under way afterwards.
func (h *heartbeat) stop() {
	h.timer.Stop()
	h.mu.Lock()
	h.over = true
	h.mu.Unlock()
}
