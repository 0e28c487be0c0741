package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"postern/internal/check"
	"postern/internal/verdict"
)

// runner runs one check and keeps its counters.
type runner struct {
	check  check.Check
	info   check.Info
	failed symbolID
	stats  *checkStats
}

// result is what one check said.
type result struct {
	runner  *runner
	found   []check.Found
	changes []verdict.Change
	proved  []string
	took    time.Duration
	err     error
	late    bool
}

// errLate is why a check that did not answer in time has no findings.
var errLate = errors.New("no answer in time")

// run runs the check; a panic becomes an error.
func (r *runner) run(ctx context.Context, tx *check.Transaction, out *check.Report) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return r.check.Run(ctx, tx, out)
}

// panicError is a check's panic.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// runStage runs the given checks on one transaction: first those that wait
// are set going, then the others run in line, then all are waited for until
// the deadline. Every result is given to take, in the order of the checks
// that compute and then of those that wait.
func (e *Engine) runStage(ctx context.Context, list []*runner, tx *check.Transaction, take func(result)) {
	var answers chan result
	waiting := waiters(list)
	if len(waiting) > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.options.Deadline.Std())
		defer cancel()
		answers = start(ctx, waiting, tx)
	}
	var out check.Report
	last := time.Now()
	for _, r := range list {
		if r.info.Waits {
			continue
		}
		out.Reset()
		err := r.run(ctx, tx, &out)
		now := time.Now()
		take(result{runner: r, found: out.Found(), changes: out.Changes(), proved: out.Proved(), took: now.Sub(last), err: err})
		last = now
	}
	e.collect(ctx, answers, waiting, take)
}

// waiters gives the checks of the list that wait.
func waiters(list []*runner) map[*runner]bool {
	var waiting map[*runner]bool
	for _, r := range list {
		if r.info.Waits {
			if waiting == nil {
				waiting = map[*runner]bool{}
			}
			waiting[r] = true
		}
	}
	return waiting
}

// start sets the checks that wait going, each in a goroutine of its own with
// a report of its own, since one that is late goes on writing into it.
func start(ctx context.Context, waiting map[*runner]bool, tx *check.Transaction) chan result {
	answers := make(chan result, len(waiting))
	begin := time.Now()
	for r := range waiting {
		go func() {
			var out check.Report
			err := r.run(ctx, tx, &out)
			answers <- result{runner: r, found: out.Found(), changes: out.Changes(), proved: out.Proved(), took: time.Since(begin), err: err}
		}()
	}
	return answers
}

// collect takes the answers of the checks that wait, until the deadline.
func (e *Engine) collect(ctx context.Context, answers chan result, waiting map[*runner]bool, take func(result)) {
	begin := time.Now()
	for len(waiting) > 0 {
		select {
		case a := <-answers:
			delete(waiting, a.runner)
			a.late = errors.Is(a.err, context.DeadlineExceeded)
			take(a)
		case <-ctx.Done():
			for r := range waiting {
				take(result{runner: r, took: time.Since(begin), err: errLate, late: true})
			}
			return
		}
	}
}
