package main

import (
	"fmt"
	"io"
	"math"
	"time"
)

// progressInterval is how often the line of progress is drawn anew.
const progressInterval = 200 * time.Millisecond

// progress is one line on a terminal that says how far the work is.
type progress struct {
	w     io.Writer // nil where nobody looks
	drawn time.Duration
	shown bool
}

// newProgress makes a line of progress, which stays empty unless a person
// sees it and it is wanted.
func newProgress(c *console, wanted bool) *progress {
	if !wanted || !c.errTerminal {
		return &progress{}
	}
	return &progress{w: c.err}
}

// show draws the line if it is time to.
func (p *progress) show(s *summary, took time.Duration) {
	if p.w == nil || took < p.drawn+progressInterval {
		return
	}
	p.drawn, p.shown = took, true
	rate := int(math.Round(float64(s.mails) / took.Seconds()))
	fmt.Fprintf(p.w, "\r\x1b[K%s mails, %s/s, %s spam", thousands(s.mails), thousands(rate), thousands(s.spam))
}

// clear removes the line.
func (p *progress) clear() {
	if p.shown {
		io.WriteString(p.w, "\r\x1b[K")
		p.shown = false
	}
}
