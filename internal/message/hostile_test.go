package message

import (
	"strings"
	"testing"
	"time"
)

// TestHostileFields makes sure that nothing in a field costs more than a
// linear parser may: each was quadratic somewhere.
func TestHostileFields(t *testing.T) {
	limit := linearTime()
	for _, unit := range []string{
		"(", "<(", `"`, `\"`, `"\"`, "<", "<a@", ";", "; ", " ", " (", " =", "=?", "=?a?q?", "=?a?b?", "=?a?q?=", "?=AA", ":", "a:", "a@b:",
		",", "a,", "a\"b\"", "@", "[", "[a@", "\\", "1", "1 ", "1:", "1(", "Mon,", " 1 Jan", "from ", "by a ", "x=\"", ";x=", "x*1*='", "\xe4", "\xb0\xa1", "+", "+A", "~{", "(from [",
	} {
		value := strings.Repeat(unit, (16<<10)/len(unit))
		for name, run := range map[string]func(){
			"words":     func() { decodeWords(value) },
			"mailboxes": func() { parseMailboxes(value, 2000) },
			"angle":     func() { parseMailboxes("<"+value, 2000) },
			"date":      func() { ParseDate(value) },
			"received":  func() { parseReceived(value) },
			"from":      func() { parseReceived("from (" + value) },
			"params":    func() { parseParams(value, 64) },
			"value":     func() { parseParams("a/b; c=x"+value, 64) },
			"charset":   func() { decodeCharset("", []byte(value)) },
			"utf-7":     func() { decodeCharset("utf-7", []byte(value)) },
			"ids":       func() { ParseIDs(value) },
		} {
			if took := leastTime(run, limit); took > limit {
				t.Errorf("%s of many %q took %v, more than %v", name, unit, took, limit)
			}
		}
	}
}

// leastTime gives the time run takes. What is over the limit is tried again, as
// a busy machine may hold up any one of them.
func leastTime(run func(), limit time.Duration) time.Duration {
	best := time.Hour
	for range 4 {
		start := time.Now()
		run()
		if best = min(best, time.Since(start)); best <= limit {
			break
		}
	}
	return best
}

// linearTime is what a parser that takes 2,000 steps for each byte of a value
// may take on this machine now, with the race detector or without.
func linearTime() time.Duration {
	data := make([]byte, 16<<10)
	start := time.Now()
	for range 500 {
		for i := range data {
			data[i]++
		}
	}
	return 4*time.Since(start) + 100*time.Millisecond
}
